// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>

#include "tools/base/text.hpp"
#include "tools/client/control_client.hpp"
#include "tools/command/command.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string to;
  std::string client;
  bool all = false;
  bool json = false;
};

Outcome<ExitStatus> run(const std::string& socket, const Options& options,
                        Environment& environment) {
  Json request{{"v", 1}, {"command", "move"}, {"to", options.to}};
  if (!options.client.empty()) request["client"] = options.client;
  const auto answer =
      ask_control(socket, request.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!answer) return tl::make_unexpected(answer.error());
  Json object = Json::parse(*answer, nullptr, false);
  if (!object.is_object()) object = Json::object();
  if (object.contains("error") && object["error"].is_string()) {
    return refused(object["error"].get<std::string>());
  }
  const bool whole = object.contains("moved") && object["moved"].is_number_unsigned() &&
                     object.contains("stayed") && object["stayed"].is_number_unsigned() &&
                     object.contains("seconds") && object["seconds"].is_number();
  if (!whole) return trouble(socket + ": an answer that cannot be understood: " + *answer);
  const auto moved = object["moved"].get<std::uint64_t>();
  const auto stayed = object["stayed"].get<std::uint64_t>();
  const std::string why = object.value("why", Json("")).is_string() ? object.value("why", "") : "";
  if (options.json) {
    Json out{{"moved", moved}, {"seconds", object["seconds"]}, {"stayed", stayed}};
    if (!why.empty()) out["why"] = why;
    environment.out << dump(out);
  } else {
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.3f", object["seconds"].get<double>());
    environment.out << "moved: " << count_of(moved, "session") << " in " << seconds.data()
                    << " s\n";
  }
  if (stayed == 0 && why.empty()) return ExitStatus::ok;
  if (stayed == 0) return refused(why);
  return refused(count_of(stayed, "session") + " stayed: " + why);
}

}  // namespace

void add_ctl_move(CLI::App& group, std::shared_ptr<const std::string> socket, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* move = group.add_subcommand("move", "Give the sessions that it has to another host");
  move->add_option("--to", options->to, "which: a [[handover.peer]] with an address")
      ->type_name("NAME|HOST:PORT")
      ->required();
  auto* client = move->add_option("--client", options->client, "only those of clients from there")
                     ->type_name("ADDRESS/BITS");
  move->add_flag("--all", options->all, "those of all clients, as without --client")
      ->excludes(client);
  move->add_flag("--json", options->json, "print moved, seconds, stayed and why as JSON");
  move->footer(
      "Exit status: 0 all have gone; 1 some stayed, or it was refused, and why; 2 it cannot be\n"
      "reached.\n"
      "Example: mooring ctl --socket /run/mooring/control move --to back1");
  move->callback([socket = std::move(socket), options, &action] {
    action = [socket, options](Environment& environment) {
      return run(*socket, *options, environment);
    };
  });
}

}  // namespace mooring::tools
