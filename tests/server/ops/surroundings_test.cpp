// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/surroundings.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "server/io/listening_sockets.hpp"
#include "server/ops/state_lock.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;
using mooring::test::TempDir;

namespace {

const Place kListen{"mooring.toml", 2, 11};
const Place kUpstream{"mooring.toml", 9, 12};
const Place kState{"mooring.toml", 6, 19};

Config config_of(const std::string& listen, const std::string& upstream = "192.0.2.1:53") {
  Config config;
  config.server.listen = {*Endpoint::parse(listen)};
  config.server.places = {kListen};
  config.upstream.servers = {*Endpoint::parse(upstream)};
  config.upstream.places = {kUpstream};
  return config;
}

Surroundings with_state(const std::string& directory) {
  Config config = config_of("127.0.0.1:0");
  config.chain.state_directory = directory;
  config.chain.state_place = kState;
  return check_surroundings(config);
}

}  // namespace

TEST_CASE("a resolver that is the service itself is found", "[server]") {
  const std::vector<IpAddress> own{*IpAddress::parse("192.0.2.7"),
                                   *IpAddress::parse("2001:db8::7")};
  const auto [listen, upstream, loop] = GENERATE(table<std::string, std::string, bool>({
      {"127.0.0.1:53", "127.0.0.1:53", true}, {"0.0.0.0:53", "127.0.0.1:53", true},
      {"0.0.0.0:53", "127.8.8.8:53", true},   {"0.0.0.0:53", "192.0.2.7:53", true},
      {"0.0.0.0:53", "0.0.0.0:53", true},     {"127.0.0.1:53", "0.0.0.0:53", true},
      {"[::]:53", "[::1]:53", true},          {"[::]:53", "[2001:db8::7]:53", true},
      {"[::1]:53", "[::]:53", true},          {"0.0.0.0:53", "[::ffff:192.0.2.7]:53", true},
      {"0.0.0.0:853", "127.0.0.1:53", false}, {"0.0.0.0:53", "192.0.2.8:53", false},
      {"0.0.0.0:53", "[::1]:53", false},      {"[::]:53", "127.0.0.1:53", false},
      {"[::]:53", "192.0.2.7:53", false},     {"192.0.2.7:53", "127.0.0.1:53", false},
      {"192.0.2.7:53", "0.0.0.0:53", false},  {"127.0.0.1:53", "127.0.0.2:53", false},
      {"0.0.0.0:0", "127.0.0.1:53", false},
  }));
  INFO(listen << ' ' << upstream);
  const auto errors = check_loops(config_of(listen, upstream), own);
  REQUIRE(errors.size() == (loop ? 1 : 0));
  if (loop)
    CHECK_THAT(errors[0].text(), Catch::StartsWith("mooring.toml:9:12: \"") &&
                                     Catch::EndsWith("it would ask itself"));
}

TEST_CASE("an address that the machine does not have is found", "[server]") {
  const Surroundings found = check_surroundings(config_of("192.0.2.77:853"));
  REQUIRE(found.errors.size() == 1);
  CHECK(found.errors[0].text() ==
        "mooring.toml:2:11: cannot listen on \"192.0.2.77:853\": bind: Cannot assign requested "
        "address");
  CHECK(check_surroundings(config_of("127.0.0.1:0")).errors.empty());
}

TEST_CASE("an address that is in use is no error, as it may be by this service", "[server]") {
  const auto sockets = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 1);
  REQUIRE(sockets);
  REQUIRE(start_listening(*sockets, 1));
  const Surroundings ours = check_surroundings(config_of(sockets->bound.text()));
  CHECK(ours.errors.empty());
  CHECK(ours.warnings.empty());
}

TEST_CASE("a state directory that cannot be used is found, and nothing is changed", "[server]") {
  const TempDir files;
  files.write("plain", "text");
  const auto fault = [&](const std::string& directory) {
    const Surroundings found = with_state(files.path(directory));
    return found.errors.empty() ? "" : found.errors.front().text();
  };
  CHECK(fault("new").empty());
  CHECK_FALSE(std::filesystem::exists(files.path("new")));
  CHECK(fault("new/").empty());
  CHECK(fault("deep/below") == "mooring.toml:6:19: chain.state_directory: \"" +
                                   files.path("deep/below") +
                                   "\" cannot be made: No such file or directory");
  CHECK_THAT(fault("plain"), Catch::EndsWith("cannot be used: Not a directory"));
  std::filesystem::create_directory(files.path("there"));
  CHECK(fault("there").empty());
  files.write("there/chains.state", "nonsense");
  const Surroundings damaged = with_state(files.path("there"));
  CHECK(damaged.errors.empty());
  REQUIRE(damaged.warnings.size() == 1);
  CHECK_THAT(damaged.warnings[0].what, Catch::EndsWith("a start sets it aside"));
  CHECK(std::filesystem::exists(files.path("there/chains.state")));
  // Who may do everything is refused nothing: the rights are those of somebody else.
  std::filesystem::permissions(files.path(""), std::filesystem::perms(0755));
  const uid_t before = geteuid();
  if (before == 0) REQUIRE(seteuid(65'534) == 0);
  std::vector<std::string> refused{"Permission denied"};
  if (before == 0) refused = {fault("there"), fault("new")};
  REQUIRE(seteuid(before) == 0);
  for (const auto& one : refused) CHECK_THAT(one, Catch::EndsWith("Permission denied"));
}

TEST_CASE("a state directory is locked for one process", "[server]") {
  const TempDir files;
  const std::string directory = files.path("state");
  {
    const auto first = StateLock::take(directory);
    REQUIRE(first);
    const auto second = StateLock::take(directory);
    REQUIRE_FALSE(second);
    CHECK(second.error().context == directory + "/lock: another mooringd (process " +
                                        std::to_string(getpid()) +
                                        ") uses this state directory; each needs its own");
  }
  CHECK(StateLock::take(directory));
  CHECK_THAT(StateLock::take(files.path("deep/below")).error().context,
             Catch::EndsWith("cannot be made: No such file or directory"));
  std::filesystem::create_directory(files.path("state2"));
  std::filesystem::create_directory(files.path("state2/lock"));
  CHECK_THAT(StateLock::take(files.path("state2")).error().context,
             Catch::EndsWith("lock: cannot be made: Is a directory"));
}

TEST_CASE("a control socket that could not be made is found", "[server]") {
  const TempDir files;
  files.write("file", "");
  const auto [path, why] =
      GENERATE(table<std::string, std::string>({{"control", ""},
                                                {"missing/control", "cannot be made"},
                                                {"file", "is there, and is no socket"}}));
  Config config = config_of("127.0.0.1:0");
  config.control.socket = files.path(path);
  config.control.place = kState;
  const auto errors = check_surroundings(config).errors;
  REQUIRE(errors.size() == (why.empty() ? 0U : 1U));
  if (why.empty()) return;
  CHECK(errors.front().place == kState);
  CHECK_THAT(errors.front().what, Catch::StartsWith("control.socket: ") && Catch::Contains(why));
}

TEST_CASE("a certificate that no link can use is found", "[server]") {
  Config config = config_of("127.0.0.1:0");
  config.handover.certificate_pem = "no certificate";
  config.handover.private_key_pem = "no key";
  config.handover.peers.push_back({"back1", {}, std::nullopt, 1});
  config.handover_place = kState;
  const auto errors = check_surroundings(config).errors;
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().place == kState);
  CHECK_THAT(errors.front().what, Catch::StartsWith("handover.certificate, handover.key: "));
}
