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

constexpr const char* kRequest = R"({"v":1,"command":"upgrade"})";

struct Options {
  std::string socket;
  bool json = false;
};

/// What an upgrade came to.
struct Upgraded {
  std::uint64_t sessions = 0;
  double seconds = 0;
  std::int64_t pid = 0;
};

Outcome<Upgraded> upgraded_in(const std::string& path, const std::string& answer) {
  const Json object = Json::parse(answer, nullptr, false);
  const auto member = [&](const char* name) {
    return object.is_object() ? object.find(name) : object.end();
  };
  const auto error = member("error");
  if (error != object.end() && error->is_string()) return refused(error->get<std::string>());
  const auto sessions = member("sessions");
  const auto seconds = member("seconds");
  const auto pid = member("pid");
  const bool whole = sessions != object.end() && sessions->is_number_unsigned() &&
                     seconds != object.end() && seconds->is_number() && pid != object.end() &&
                     pid->is_number_integer();
  if (!whole) return trouble(path + ": an answer that cannot be understood: " + answer);
  return Upgraded{sessions->get<std::uint64_t>(), seconds->get<double>(), pid->get<std::int64_t>()};
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto answer = ask_control(options.socket, kRequest);
  if (!answer) return tl::make_unexpected(answer.error());
  const auto done = upgraded_in(options.socket, *answer);
  if (!done) return tl::make_unexpected(done.error());
  if (options.json) {
    environment.out << dump(
        Json{{"sessions", done->sessions}, {"seconds", done->seconds}, {"pid", done->pid}});
    return ExitStatus::ok;
  }
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.3f", done->seconds);
  environment.out << "upgraded: " << count_of(done->sessions, "session") << " in " << seconds.data()
                  << " s, process " << done->pid << "\n";
  return ExitStatus::ok;
}

}  // namespace

void add_ctl(CLI::App& parent, Action& action) {
  CLI::App* group = parent.add_subcommand("ctl", "Tell a running mooringd what to do");
  auto options = std::make_shared<Options>();
  group->add_option("--socket", options->socket, "its control socket (control.socket)")
      ->type_name("PATH")
      ->required();
  group->require_subcommand(1);
  CLI::App* upgrade = group->add_subcommand(
      "upgrade", "Put the program at its path in its place, with every session");
  upgrade->add_flag("--json", options->json, "print sessions, seconds and pid as JSON");
  upgrade->footer(
      "The running process starts the program with its configuration, hands everything over and\n"
      "ends. If the new one fails, it goes on.\n"
      "Exit status: 0 done; 1 it goes on as before, and why; 2 it cannot be reached.\n"
      "Example: mooring ctl --socket /run/mooring/control upgrade");
  upgrade->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
  add_ctl_move(*group, {options, &options->socket}, action);
}

}  // namespace mooring::tools
