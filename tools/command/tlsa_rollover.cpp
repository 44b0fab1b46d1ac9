// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "tools/base/endpoint.hpp"
#include "tools/base/files.hpp"
#include "tools/base/time_text.hpp"
#include "tools/command/command.hpp"
#include "tools/command/published_options.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/report/rollover_text.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string old_file;
  std::string new_file;
  std::string name;
  std::uint16_t port = kDotPort;
  std::optional<std::uint32_t> ttl;
  std::vector<std::string> forms;
  std::string since;
  PublishedOptions published;
  bool json = false;
};

Outcome<std::vector<KeyMaterial>> read_keys(const std::string& path) {
  const auto file = read_file(path);
  if (!file) return tl::make_unexpected(file.error());
  return read_key_material(*file, path);
}

/// Takes TTL, forms and what is there already from what is published.
Outcome<void> learn_published(const Options& options, const dnschain::Service& service,
                              RolloverInput& input, const Environment& environment) {
  if (options.published.resolver.empty()) return {};
  const auto published = ask_published(service, options.published, environment);
  if (!published) return tl::make_unexpected(published.error());
  if (published->verdict.kind != dnschain::VerdictKind::secure) {
    return refused("nothing is published to roll over from: " + published->verdict.reason);
  }
  input.ttl = published->zone_ttl;
  input.already_there = published->verdict.tlsa;
  const auto in_use = forms_in_use(input.already_there, input.old_keys);
  if (in_use.empty()) {
    return refused("none of the records published for " + service.text() +
                   " is about the old key " + describe(input.old_keys.front()));
  }
  if (options.forms.empty()) input.forms = in_use;
  return {};
}

Outcome<RolloverInput> gather(const Options& options, const dnschain::Service& service,
                              const Environment& environment) {
  RolloverInput input;
  auto old_keys = read_keys(options.old_file);
  if (!old_keys) return tl::make_unexpected(old_keys.error());
  auto new_keys = read_keys(options.new_file);
  if (!new_keys) return tl::make_unexpected(new_keys.error());
  input.old_keys = *std::move(old_keys);
  input.new_keys = *std::move(new_keys);
  input.ttl = options.ttl.value_or(input.ttl);
  for (const std::string& text : options.forms) {
    const auto form = parse_form(text);
    if (!form) return tl::make_unexpected(form.error());
    input.forms.push_back(*form);
  }
  const auto now = moment(options.published.trust, environment);
  if (!now) return tl::make_unexpected(now.error());
  const auto since = options.since.empty() ? *now : parse_time(options.since);
  if (!since) return trouble("--since \"" + options.since + "\" is no time");
  input.published_at = *since;
  if (auto learnt = learn_published(options, service, input, environment); !learnt) {
    return tl::make_unexpected(learnt.error());
  }
  if (input.forms.empty()) input.forms.push_back({3, 1, 1});
  return input;
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto service = make_service(options.name, options.port);
  if (!service) return tl::make_unexpected(service.error());
  const auto input = gather(options, *service, environment);
  if (!input) return tl::make_unexpected(input.error());
  const auto plan = plan_rollover(*input);
  if (!plan) return tl::make_unexpected(plan.error());
  const auto now = moment(options.published.trust, environment);
  if (!now) return tl::make_unexpected(now.error());
  // The dates hang on it.
  const bool assumed = !options.ttl && options.published.resolver.empty();
  if (options.json) {
    Json object = rollover_json(*plan, *service);
    object["ttl_assumed"] = assumed;
    environment.out << dump(object);
  } else {
    if (assumed)
      environment.out << "beware: a TTL of " << input->ttl
                      << " s is assumed; give --ttl or --resolver, or the dates may be wrong\n\n";
    environment.out << rollover_text(*plan, *service, *now);
  }
  return ExitStatus::ok;
}

void add_plan_options(CLI::App& command, Options& options) {
  command.add_option("--name", options.name, "name of the server")->required()->type_name("NAME");
  command.add_option("--port", options.port, "port in the owner name")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--ttl", options.ttl,
                  "TTL of the TLSA records in the zone, in seconds; --resolver finds it out "
                  "(without either 3600 is assumed)")
      ->check(CLI::Range(0U, 0x7fffffffU))
      ->type_name("SECONDS");
  command
      .add_option("--form", options.forms,
                  "parameters of the records, such as \"3 1 1\"; may be repeated (default: those "
                  "published for the old key with --resolver, else \"3 1 1\")")
      ->type_name("FORM");
  command
      .add_option("--since", options.since,
                  "when both records were published everywhere (default: now)")
      ->type_name("TIME");
}

}  // namespace

void add_tlsa_rollover(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "rollover", "Say what to publish, and when, to go from one key to another");
  auto options = std::make_shared<Options>();
  command->add_option("OLD", options->old_file, "the certificate or public key now in use")
      ->required();
  command->add_option("NEW", options->new_file, "the one to come")->required();
  add_plan_options(*command, *options);
  add_published_options(*command, options->published);
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "Nothing is changed; the steps are for you to take (RFC 7671, 8.1).\n"
      "Exit status: 0 a plan; 1 the old key's record is not published; 2 no plan.\n"
      "Example: mooring tlsa rollover old.crt new.crt --name dot.example.net --ttl 3600");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
