// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/io/sockets.hpp"
#include "support/dns_messages.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace mooring::test {

/// What a program prints that ends well.
inline std::string said(std::vector<std::string> arguments,
                        std::chrono::milliseconds wait = std::chrono::seconds(60)) {
  arguments.insert(arguments.begin(), "/usr/bin/env");
  Process program(arguments);
  CHECK(program.wait(wait) == 0);
  return program.output();
}

/// How often `part` is in it.
inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// kdig, to ask for so many names.
inline std::vector<std::string> asking(std::uint16_t port, std::vector<std::string> options,
                                       unsigned names) {
  std::vector<std::string> out{"kdig", "@127.0.0.1", "-p", std::to_string(port), "+retry=0"};
  out.insert(out.end(), options.begin(), options.end());
  for (unsigned i = 0; i < names; ++i) out.push_back(host_of(i));
  return out;
}

/// Unbound, which asks a DoT server on a port of 127.0.0.1 for all that it is asked for.
class UnboundForwarder {
 public:
  explicit UnboundForwarder(std::uint16_t server) {
    // Not the installed program, which AppArmor may keep from files of ours.
    std::filesystem::copy_file("/usr/sbin/unbound", dir_.path("unbound"));
    const auto any = server::bind_socket(*server::Endpoint::parse("127.0.0.1:0"), true);
    port_ = server::bound_to(*any)->port;
    dir_.write("unbound.conf",
               "server:\n interface: 127.0.0.1@" + std::to_string(port_) +
                   "\n username: \"\"\n chroot: \"\"\n directory: \"" + dir_.path("") +
                   "\"\n pidfile: \"\"\n use-syslog: no\n do-not-query-localhost: no\n"
                   " module-config: \"iterator\"\nforward-zone:\n name: \".\"\n"
                   " forward-addr: 127.0.0.1@" +
                   std::to_string(server) +
                   "\n forward-tls-upstream: yes\nremote-control:\n control-enable: no\n");
    program_.emplace(std::vector{dir_.path("unbound"), std::string("-d"), std::string("-c"),
                                 dir_.path("unbound.conf")});
    REQUIRE(program_->prints("start of service"));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  TempDir dir_;
  std::uint16_t port_ = 0;
  std::optional<Process> program_;
};

}  // namespace mooring::test
