// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "dnschain/base/time_text.hpp"
#include "dnschain/keep/state_file.hpp"
#include "dnschain/keep/state_store.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/files.hpp"
#include "tools/base/text.hpp"
#include "tools/base/time_text.hpp"
#include "tools/command/command.hpp"
#include "tools/command/report_options.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::StoredService;
using dnschain::WallTime;

struct Options {
  std::string directory = "/var/lib/mooring";
  std::string service;  ///< empty: all
  ReportOptions report;
};

/// One stored service, judged.
struct Status {
  ChainUnderTest chain;
  Judgement judgement;
  WallTime fetched{};
  WallTime pinned_until{};
};

/// The state as the server last stored it. Only read: the server alone sets a damaged file aside.
Outcome<dnschain::KeeperState> read_state(const Options& options) {
  const std::string path = dnschain::StateStore(options.directory).file().string();
  const auto octets = read_file(path);
  if (!octets) return tl::make_unexpected(octets.error());
  auto state = dnschain::decode_state(*octets);
  if (!state) return trouble(path + ": " + state.error().context);
  return *std::move(state);
}

Outcome<Status> judge_stored(const StoredService& stored, const Options& options,
                             const Environment& environment) {
  dnschain::ExtensionBody body;
  body.records = stored.records;
  ChainUnderTest chain{stored.service, serialise(body),
                       "fetched at " + dnschain::to_text(stored.fetched)};
  auto judgement = judge(chain, options.report, environment);
  if (!judgement) return tl::make_unexpected(judgement.error());
  if (stored.records.empty()) judgement->verdict.reason = "there is no chain";
  return Status{std::move(chain), *std::move(judgement), stored.fetched, stored.pinned_until};
}

/// When the records' TTLs have run out.
WallTime ttl_end(const Status& status) {
  return status.fetched + std::chrono::seconds{status.judgement.verdict.ttl};
}

std::string pin_line(const Status& status) {
  const WallTime now = status.judgement.at;
  if (status.pinned_until == WallTime{}) {
    return "no support lifetime was ever announced: safe to switch off";
  }
  if (status.pinned_until <= now) {
    return "every support lifetime announced has run out: safe to switch off since " +
           dnschain::to_text(status.pinned_until);
  }
  return "clients may hold pins: safe to switch off from " +
         format_until(status.pinned_until, now) + ", once lifetime 0 is announced";
}

void print_text(const Status& status, Environment& environment) {
  const Style style{environment.utf8, environment.colour};
  const auto& verdict = status.judgement.verdict;
  environment.out << verdict_summary(verdict, status.chain.service, status.judgement.at, style);
  if (verdict.kind != dnschain::VerdictKind::bogus) {
    environment.out << printable(status.chain.source) << ", TTLs run out at "
                    << format_until(ttl_end(status), status.judgement.at) << "\n";
  }
  environment.out << pin_line(status) << "\n";
}

Json status_json(const Status& status) {
  Json object = to_json(status.judgement.verdict, status.chain.service);
  object["fetched"] = dnschain::to_text(status.fetched);
  object["ttl_end"] = dnschain::to_text(ttl_end(status));
  const bool pinned = status.pinned_until > status.judgement.at;
  object["pinned_until"] = pinned ? Json(dnschain::to_text(status.pinned_until)) : Json();
  object["safe_to_switch_off"] = !pinned;
  return object;
}

Outcome<ExitStatus> print_all(const std::vector<Status>& statuses, const Options& options,
                              Environment& environment) {
  bool good = true;
  Json list = Json::array();
  for (const Status& status : statuses) {
    const std::string kind = verdict_name(status.judgement.verdict.kind);
    good = good && kind != "bogus" &&
           (options.report.require.empty() || options.report.require == kind);
    if (options.report.json) {
      list.push_back(status_json(status));
      continue;
    }
    if (&status != &statuses.front()) environment.out << "\n";
    print_text(status, environment);
  }
  if (options.report.json) environment.out << dump(Json{{"chains", std::move(list)}});
  return good ? ExitStatus::ok : ExitStatus::refused;
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto state = read_state(options);
  if (!state) return tl::make_unexpected(state.error());
  std::optional<dnschain::Service> only;
  if (!options.service.empty()) {
    auto service = parse_service(options.service);
    if (!service) return tl::make_unexpected(service.error());
    only = *std::move(service);
  }
  std::vector<Status> statuses;
  for (const StoredService& stored : state->services) {
    if (only && !(stored.service == *only)) continue;
    auto status = judge_stored(stored, options, environment);
    if (!status) return tl::make_unexpected(status.error());
    statuses.push_back(*std::move(status));
  }
  if (!only) return print_all(statuses, options, environment);
  if (statuses.empty()) return trouble(options.directory + " knows nothing of " + only->text());
  const Status& status = statuses.front();
  auto done = report(status.chain, status.judgement, options.report, std::nullopt,
                     status_json(status), environment);
  if (done && !options.report.json) environment.out << "\n" << pin_line(status) << "\n";
  return done;
}

}  // namespace

void add_chain_status(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "status", "Show the chains that mooringd holds, and when pins on them have run out");
  auto options = std::make_shared<Options>();
  command->add_option("NAME", options->service,
                      "NAME or NAME:PORT to show in full (default: all in short)");
  command->add_option("--state", options->directory, "the server's state directory")
      ->type_name("DIRECTORY")
      ->capture_default_str();
  add_report_options(*command, options->report);
  command->footer(
      "What is shown is what the server stored last, judged anew. --out needs a NAME.\n"
      "Exit status: 0 all are secure, denial or insecure (see --require); 1 one is bogus or\n"
      "missing; 2 the state cannot be read.\n"
      "Example: mooring chain status --state /var/lib/mooring");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
