// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <string>

#include "server/config/config.hpp"

using namespace mooring::server;

namespace {

/// What is found wrong in a [control] like this; the rest of the file is not there.
std::string findings(const std::string& control) {
  const auto config = parse_config("[control]\n" + control + "\n", "/etc/mooring/mooring.toml",
                                   [](const std::string&) { return failure("no file"); });
  std::string out;
  if (config) return out;
  for (const Finding& each : config.error()) {
    if (each.what.find("control") != std::string::npos) out += each.text() + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("a control socket's path must fit into an address", "[server]") {
  CHECK(findings("socket = 'control'").empty());
  CHECK(findings("socket = '/" + std::string(106, 'x') + "'").empty());
  CHECK_THAT(findings("socket = '/" + std::string(107, 'x') + "'"),
             Catch::StartsWith("/etc/mooring/mooring.toml:2:10: control.socket: ") &&
                 Catch::Contains("has more than 107 octets"));
  CHECK_THAT(findings("socket = 7"), Catch::Contains("expected a string"));
  CHECK_THAT(findings("sockets = 'control'"), Catch::Contains("did you mean socket?"));
}
