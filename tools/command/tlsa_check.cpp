// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "tools/base/files.hpp"
#include "tools/base/text.hpp"
#include "tools/client/dot_client.hpp"
#include "tools/command/command.hpp"
#include "tools/command/published_options.hpp"
#include "tools/command/server_options.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/report/chain_tree.hpp"
#include "tools/tlsa/forms.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string service;
  std::string certificate;
  std::string server;
  PublishedOptions published;
  bool json = false;
};

/// The keys to compare with, from the file or from the server; none when neither was named.
Outcome<std::vector<KeyMaterial>> subject_keys(const Options& options,
                                               const dnschain::Service& service) {
  if (!options.certificate.empty()) {
    const auto file = read_file(options.certificate);
    if (!file) return tl::make_unexpected(file.error());
    return read_key_material(*file, options.certificate);
  }
  if (options.server.empty()) return std::vector<KeyMaterial>{};
  const auto server = parse_endpoint(options.server, kDotPort);
  if (!server) return tl::make_unexpected(server.error());
  DotSettings settings;
  settings.server = *server;
  settings.server_name = service.base_domain();
  settings.timeout = milliseconds_of(options.published.timeout);
  const auto client = DotClient::connect(settings);
  if (!client) return tl::make_unexpected(client.error());
  auto keys = read_presented((*client)->presented());
  (*client)->close();
  if (keys.empty()) return trouble((*client)->peer() + " presented nothing that can be read");
  return keys;
}

/// What is known of one published record.
struct RecordState {
  dnschain::TlsaRecord record;
  bool matches = false;
  std::string reason;
};

struct Findings {
  dnschain::Service service;
  PublishedTlsa published;
  std::vector<KeyMaterial> keys;
  std::vector<RecordState> records;
  bool matched = false;  ///< by DANE as a whole
  std::string reason;
};

void compare(Findings& findings) {
  const auto presented = as_presented(findings.keys);
  const auto judge = [&](const std::vector<dnschain::TlsaRecord>& records) {
    return dnschain::dane_authenticate(records, presented, findings.service, findings.published.at);
  };
  for (const auto& record : findings.published.verdict.tlsa) {
    const auto alone = judge({record});
    findings.records.push_back({record, alone.authenticated, alone.reason});
  }
  const auto together = judge(findings.published.verdict.tlsa);
  findings.matched = together.authenticated;
  findings.reason = together.reason;
}

/// Forms of which no record matches: a client that knows only them is locked out (RFC 7671, 8).
std::vector<std::string> forms_without_match(const Findings& findings) {
  const auto same_form = [](const dnschain::TlsaRecord& a, const dnschain::TlsaRecord& b) {
    return a.usage == b.usage && a.selector == b.selector && a.matching == b.matching;
  };
  std::vector<std::string> forms;
  for (const RecordState& state : findings.records) {
    const bool served = std::ranges::any_of(findings.records, [&](const RecordState& other) {
      return other.matches && same_form(other.record, state.record);
    });
    std::string form = std::to_string(state.record.usage) + " " +
                       std::to_string(state.record.selector) + " " +
                       std::to_string(state.record.matching);
    if (!served && std::ranges::find(forms, form) == forms.end()) forms.push_back(std::move(form));
  }
  return forms;
}

void print_text(const Findings& findings, Environment& environment) {
  const Style style{environment.utf8, environment.colour};
  std::ostream& out = environment.out;
  const auto& verdict = findings.published.verdict;
  out << verdict_summary(verdict, findings.service, findings.published.at, style);
  if (verdict.kind != dnschain::VerdictKind::secure) return;
  out << findings.service.tlsa_owner().text() << " TLSA, TTL in the zone "
      << findings.published.zone_ttl << " s\n";
  if (findings.keys.empty()) {
    for (const auto& record : verdict.tlsa) out << "  " << to_text(record) << "\n";
    return;
  }
  for (const RecordState& state : findings.records) {
    out << "  " << to_text(state.record) << "  "
        << (state.matches ? style.good("matches")
                          : style.bad("no match: ") + printable(state.reason))
        << "\n";
  }
  out << "compared with " << printable(describe(findings.keys.front())) << "\n"
      << (findings.matched ? style.good("it is authenticated by these records")
                           : style.bad("it is not authenticated: ") + printable(findings.reason))
      << "\n";
  if (!findings.matched) return;
  for (const std::string& form : forms_without_match(findings)) {
    out << "beware: no \"" << form << "\" record matches; a client that knows no other form is "
        << "locked out (RFC 7671, 8)\n";
  }
}

void print_json(const Findings& findings, std::ostream& out) {
  Json object = to_json(findings.published.verdict, findings.service);
  object["zone_ttl"] = findings.published.zone_ttl;
  if (!findings.keys.empty()) {
    object["certificate"] = describe(findings.keys.front());
    object["matches"] = findings.matched;
    object["match_reason"] = findings.reason;
    object["forms_without_match"] = forms_without_match(findings);
    for (std::size_t i = 0; i < findings.records.size(); ++i) {
      object["tlsa"][i]["matches"] = findings.records[i].matches;
    }
  }
  out << dump(object);
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto service = parse_service(options.service);
  if (!service) return tl::make_unexpected(service.error());
  auto published = ask_published(*service, options.published, environment);
  if (!published) return tl::make_unexpected(published.error());
  auto keys = subject_keys(options, *service);
  if (!keys) return tl::make_unexpected(keys.error());
  Findings findings{*service, *std::move(published), *std::move(keys), {}, false, {}};
  if (!findings.keys.empty()) compare(findings);
  if (options.json) {
    print_json(findings, environment.out);
  } else {
    print_text(findings, environment);
  }
  const auto& verdict = findings.published.verdict;
  if (verdict.kind != dnschain::VerdictKind::secure)
    return refused("no TLSA records of " + service->text() + " are proven: " + verdict.reason);
  if (!findings.keys.empty() && !findings.matched) return refused(findings.reason);
  return ExitStatus::ok;
}

}  // namespace

void add_tlsa_check(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "check", "Compare the TLSA records that are published with a certificate or a server");
  auto options = std::make_shared<Options>();
  options->published.resolver = "127.0.0.1:53";
  command
      ->add_option("NAME", options->service, "NAME or NAME:PORT of the server (default port 853)")
      ->required();
  add_published_options(*command, options->published);
  command->add_option("--cert", options->certificate, "compare with this certificate or public key")
      ->type_name("FILE");
  command
      ->add_option("--server", options->server,
                   "compare with what this DoT server presents (port 853)")
      ->excludes("--cert")
      ->type_name("HOST:PORT");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "Exit status: 0 there are TLSA records, proven by DNSSEC, and they match what they were\n"
      "compared with; 1 there are none, or none matches; 2 could not be found out.\n"
      "Example: mooring tlsa check dot.example.net --cert /etc/mooring/dot.crt");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
