// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/base/endpoint.hpp"
#include "tools/base/files.hpp"
#include "tools/command/command.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/tlsa/forms.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string file;
  std::string name;
  std::uint16_t port = kDotPort;
  std::uint32_t ttl = 3600;
  std::vector<std::string> forms;
  bool json = false;
};

Outcome<std::vector<dnschain::TlsaRecord>> wanted_records(const Options& options,
                                                          const std::vector<KeyMaterial>& keys) {
  if (options.forms.empty()) return useful_records(keys);
  std::vector<dnschain::TlsaRecord> records;
  for (const std::string& text : options.forms) {
    const auto form = parse_form(text);
    if (!form) return tl::make_unexpected(form.error());
    auto record = make_record(keys, *form);
    if (!record) return tl::make_unexpected(record.error());
    records.push_back(*std::move(record));
  }
  return records;
}

std::string key_comment(const KeyMaterial& key) {
  return "; " + describe(key) + (key.not_after.empty() ? "" : ", until " + key.not_after);
}

/// With a name the output may go into a zone as it is: one live record for each form asked for;
/// when none was, the recommended one is live and the others are comments.
void print_text(const Options& options, const std::optional<dnschain::Service>& service,
                const std::vector<KeyMaterial>& keys,
                const std::vector<dnschain::TlsaRecord>& records, std::ostream& out) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool comment = service && i > 0 && options.forms.empty();
    out << (comment ? "; " : "")
        << (service ? zone_line(*service, options.ttl, records[i]) : to_text(records[i])) << "\n";
  }
  for (const KeyMaterial& key : keys) out << key_comment(key) << "\n";
  if (!options.forms.empty()) return;
  out << "; \"3 1 1\" is the one to publish: it holds for as long as the key is kept, whatever\n"
         "; certificate is made for it, and for a raw public key too (RFC 7671, 5.1).\n";
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto file = read_file(options.file);
  if (!file) return tl::make_unexpected(file.error());
  const auto keys = read_key_material(*file, options.file);
  if (!keys) return tl::make_unexpected(keys.error());
  const auto records = wanted_records(options, *keys);
  if (!records) return tl::make_unexpected(records.error());
  std::optional<dnschain::Service> service;
  if (!options.name.empty()) {
    auto made = make_service(options.name, options.port);
    if (!made) return tl::make_unexpected(made.error());
    service = *std::move(made);
  }
  if (!options.json) {
    print_text(options, service, *keys, *records, environment.out);
    return ExitStatus::ok;
  }
  Json object{{"subject", keys->front().subject}, {"tlsa", Json::array()}};
  if (!keys->front().not_after.empty()) object["not_after"] = keys->front().not_after;
  if (service) object["owner"] = service->tlsa_owner().text();
  for (const auto& record : *records) object["tlsa"].push_back(to_json(record));
  environment.out << dump(object);
  return ExitStatus::ok;
}

}  // namespace

void add_tlsa_create(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("create", "Make the TLSA records of a certificate or a raw public key");
  auto options = std::make_shared<Options>();
  command
      ->add_option("CERT", options->file,
                   "certificates (PEM, leaf first; or one in DER) or a public key (PEM or DER)")
      ->required();
  command->add_option("--name", options->name, "print whole lines for the zone of this server")
      ->type_name("NAME");
  command->add_option("--port", options->port, "port in the owner name")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--ttl", options->ttl, "TTL of the lines, in seconds")
      ->check(CLI::Range(0U, 0x7fffffffU))
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      ->add_option("--form", options->forms,
                   "usage, selector and matching type, such as \"3 1 1\"; may be repeated "
                   "(default: every useful one, the recommended first)")
      ->type_name("FORM");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "Usages 1 and 3 are about the first certificate, 0 and 2 about the authority's.\n"
      "Example: mooring tlsa create /etc/mooring/dot.crt --name dot.example.net");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
