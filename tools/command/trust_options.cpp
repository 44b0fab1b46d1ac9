// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/trust_options.hpp"

#include <CLI/CLI.hpp>

#include "tools/base/files.hpp"
#include "tools/base/time_text.hpp"

namespace mooring::tools {

void add_trust_options(CLI::App& command, TrustOptions& options) {
  command
      .add_option("--anchor", options.anchor,
                  "file with the DS or DNSKEY records that are trusted (default " +
                      std::string(kDefaultAnchor) + ", the root's)")
      ->type_name("FILE");
  command
      .add_option("--at", options.at,
                  "judge as of this time: seconds since 1970, 2026-12-01T00:00:00Z or 2026-12-01")
      ->type_name("TIME");
}

Outcome<dnschain::TrustAnchor> load_anchor(const TrustOptions& options) {
  const std::string path = options.anchor.empty() ? kDefaultAnchor : options.anchor;
  const auto text = read_text_file(path);
  if (!text) return tl::make_unexpected(text.error());
  auto anchor = dnschain::TrustAnchor::parse(*text, path);
  if (!anchor) return trouble("trust anchor: " + anchor.error().context);
  return *std::move(anchor);
}

Outcome<dnschain::WallTime> moment(const TrustOptions& options, const Environment& environment) {
  if (options.at.empty()) return environment.now();
  const auto time = parse_time(options.at);
  if (!time) {
    return trouble(
        "--at \"" + options.at +
        "\" is no time: seconds since 1970, 2026-12-01T00:00:00Z or 2026-12-01 is needed");
  }
  return *time;
}

Outcome<Judge> load_judge(const TrustOptions& options, const Environment& environment) {
  auto anchor = load_anchor(options);
  if (!anchor) return tl::make_unexpected(anchor.error());
  const auto at = moment(options, environment);
  if (!at) return tl::make_unexpected(at.error());
  return Judge{*std::move(anchor), *at};
}

}  // namespace mooring::tools
