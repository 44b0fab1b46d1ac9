// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/config.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "support/temp_dir.hpp"

using namespace mooring::server;
namespace test = mooring::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kAnchor =
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";

Result<std::string> read_fake(const std::string& path) {
  static const std::map<std::string, std::string> files{{"etc/dot.crt", "a certificate"},
                                                        {"etc/dot.key", "a key"},
                                                        {"etc/root.ds", kAnchor},
                                                        {"/etc/mooring/dot.crt", "a certificate"},
                                                        {"/etc/mooring/dot.key", "a key"},
                                                        {"/usr/share/dns/root.ds", kAnchor},
                                                        {"etc/bad.ds", "; a comment\n. IN DS x\n"}};
  const auto found = files.find(path);
  if (found == files.end()) return failure("No such file or directory");
  return found->second;
}

constexpr const char* kServer = "[server]\nlisten = ['127.0.0.1:0']\n";
constexpr const char* kIdentity =
    "[[identity]]\nname = 'dot.example'\ncertificate = 'dot.crt'\nkey = 'dot.key'\n";
constexpr const char* kChain = "[chain]\ntrust_anchor = 'root.ds'\n";
constexpr const char* kUpstream = "[upstream]\nservers = ['127.0.0.1:5300']\n";

ConfigResult<Config> parse(const std::string& text) {
  return parse_config(text, "etc/mooring.toml", read_fake);
}

Config good(const std::string& more) {
  const auto config = parse(std::string(kServer) + kIdentity + kChain + kUpstream + more);
  if (!config) FAIL(config.error().front().text());
  return *config;
}

struct Case {
  const char* text;
  const char* error;  ///< the beginning of the first one
};

}  // namespace

TEST_CASE("the sample configuration is a good one", "[server]") {
  const std::string path = std::string(std::getenv("MOORING_FIXTURES")) + "/mooring.toml";
  const auto text = read_file(path);
  REQUIRE(text);
  const auto config = parse_config(*text, path, read_fake);
  if (!config) FAIL(config.error().front().text());
  CHECK(config->server.workers == 2);
  REQUIRE(config->server.listen.size() == 2);
  CHECK(config->server.listen[1].text() == "[::]:853");
  REQUIRE(config->identities.size() == 1);
  CHECK(config->identities[0].services.at(0).text() == "dot.example.net:853");
  CHECK(config->chain.anchor->records().size() == 1);
  CHECK(config->limits.connections == 16384);
}

TEST_CASE("paths are relative to the configuration file", "[server]") {
  const Config config = good("");
  CHECK(config.identities.at(0).certificate_pem == "a certificate");
  CHECK(config.identities.at(0).private_key_pem == "a key");
  CHECK(config.identities.at(0).certificate_place.text() == "etc/mooring.toml:5:15");
}

TEST_CASE("what is not said has a default", "[server]") {
  const Config config = good("");
  CHECK(config.server.workers >= 1);
  CHECK(config.chain.support_lifetime == 0h);
  CHECK(config.chain.state_directory.empty());
  CHECK(config.chain.forget.empty());
  CHECK(config.upstream.in_flight == 32);
  CHECK(config.upstream.connections < 10);  // Unbound accepts ten, and the keeper needs one
  CHECK(config.limits.exempt.size() == 2);
  CHECK(config.tls.tickets);
  CHECK(config.log.level == LogLevel::info);
}

TEST_CASE("every setting reaches its field", "[server]") {
  const Config config = good(R"(
in_flight = 7
connections = 3
query_timeout = "250ms"
connect_timeout = "1s"
idle_timeout = "9s"
[limits]
connections = 5
connections_per_client = 4
client_prefix_v4 = 24
client_prefix_v6 = 56
exempt = ["192.0.2.0/24"]
in_flight = 9
write_buffer = 200000
message_memory = 5000000
handshake_timeout = "3s"
idle_timeout = "2m"
write_timeout = "4s"
sleep_after = "250ms"
[tls]
minimum_version = "1.3"
tickets = false
ticket_lifetime = "2h"
ticket_rotation = "1h"
[log]
level = "debug")");
  CHECK(config.upstream.in_flight == 7);
  CHECK(config.upstream.connections == 3);
  CHECK(config.upstream.query_timeout == 250ms);
  CHECK(config.upstream.connect_timeout == 1s);
  CHECK(config.upstream.idle_timeout == 9s);
  CHECK(config.limits.connections == 5);
  CHECK(config.limits.connections_per_client == 4);
  CHECK(config.limits.client_prefix_v4 == 24);
  CHECK(config.limits.client_prefix_v6 == 56);
  CHECK(config.limits.exempt.size() == 1);
  CHECK(config.limits.in_flight == 9);
  CHECK(config.limits.write_buffer == 200'000);
  CHECK(config.limits.message_memory == 5'000'000);
  CHECK(config.limits.handshake_timeout == 3s);
  CHECK(config.limits.idle_timeout == 2min);
  CHECK(config.limits.write_timeout == 4s);
  CHECK(config.limits.sleep_after == 250ms);
  CHECK(config.tls.minimum == mooring::tlsext::Version::tls13);
  CHECK_FALSE(config.tls.tickets);
  CHECK(config.tls.ticket_lifetime == 2h);
  CHECK(config.tls.ticket_rotation == 1h);
  CHECK(config.log.level == LogLevel::debug);
}

TEST_CASE("a wrong setting is reported with its place and what was expected", "[server]") {
  const auto [text, error] = GENERATE(values<Case>({
      {"[log]\nlevel = 'loud'", "12:9: log.level: expected one of \"debug\""},
      {"[log]\nlevel = 3", "12:9: log.level: expected a string, found an integer"},
      {"[log]\nlevle = 'info'", "12:1: unknown key log.levle; did you mean level?"},
      {"[log]\ncolour = 'red'", "12:1: unknown key log.colour; expected one of level"},
      {"[limit]\nconnections = 1", "11:2: unknown key limit; did you mean limits?"},
      {"[limits]\nconnections = 0", "12:15: limits.connections: expected an integer from 1 to"},
      {"[limits]\nconnections = '1'", "12:15: limits.connections: expected an integer from 1 to"},
      {"[limits]\nidle_timeout = 30", "12:16: limits.idle_timeout: expected a duration from"},
      {"[limits]\nidle_timeout = '30'", "12:16: limits.idle_timeout: expected a duration from"},
      {"[limits]\nidle_timeout = '2h'",
       "12:16: limits.idle_timeout: expected a duration from "
       "\"100ms\" to \"1h\" in whole milliseconds, found \"2h\""},
      {"[limits]\nexempt = '::1'", "12:10: limits.exempt: expected an array of strings"},
      {"[limits]\nexempt = ['::1', 2]", "12:18: limits.exempt: expected a string"},
      {"[limits]\nexempt = ['::1/8']", "12:11: expected an address or a prefix"},
      {"[limits]\nwrite_buffer = 10", "12:16: limits.write_buffer: expected an integer from"},
      {"[limits]\nmessage_memory = 4000000",
       "12:18: limits.message_memory: expected an integer from"},
      {"[tls]\ntickets = 'no'", "12:11: tls.tickets: expected true or false, found a string"},
      {"[tls]\nminimum_version = '1.1'", "12:19: tls.minimum_version: expected one of \"1.2\""},
      {"[tls]\nticket_lifetime = '8d'", "12:19: tls.ticket_lifetime: expected a duration"},
      {"[tls]\nticket_rotation = '1500ms'", "12:19: tls.ticket_rotation: expected a duration"},
      {"[[tls]]\ntickets = true", "11:1: tls: expected a table, found an array"},
      {"in_flight = 0", "11:13: upstream.in_flight: expected an integer"},
      {"in_flight = 1\nin_flight = 2", "12:"},
      {"in_flight = ", "11:"},
  }));
  INFO(text);
  const auto config = parse(std::string(kServer) + kIdentity + kChain + kUpstream + text);
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().front().text(),
             Catch::StartsWith("etc/mooring.toml:" + std::string(error)));
}

TEST_CASE("a wrong or missing section is reported", "[server]") {
  const std::string server = kServer;
  const std::string identity = kIdentity;
  const std::string rest = std::string(kChain) + kUpstream;
  const std::string good_identity = identity + rest;
  using Row = std::pair<std::string, std::string>;
  const auto [text, error] = GENERATE_COPY(values<Row>({
      {"", "1:1: server.listen is missing"},
      {"[server\n", "1:8: "},
      {"server = 1\n" + good_identity, "1:10: server: expected a table, found an integer"},
      {"[server]\n" + good_identity, "1:1: server.listen is missing"},
      {"[server]\nlisten = []\n" + good_identity, "2:10: expected at least one"},
      {"[server]\nlisten = '127.0.0.1:853'\n" + good_identity,
       "2:10: server.listen: expected an array"},
      {"[server]\nlisten = ['127.0.0.1']\n" + good_identity,
       "2:11: expected an address and a port"},
      {"[server]\nlisten = ['[::]:1', '[::]:1']\n" + good_identity,
       "2:21: \"[::]:1\" stands here twice"},
      {server + "workers = 0\n" + good_identity,
       "3:11: server.workers: expected an integer from 1"},
      {server + "drain_time = '1h'\n" + good_identity,
       "3:14: server.drain_time: expected a duration"},
      {server + "ports = 1\n" + good_identity, "3:1: unknown key server.ports"},
      {server + rest, "1:1: no identity: expected [[identity]]"},
      {server + "[identity]\nname = 'x'\n" + rest, "3:1: identity: expected [[identity]]"},
      {server + "[[identity]]\n" + rest, "3:1: identity.name is missing"},
      {server + identity + identity + rest, "8:8: there is another identity named"},
      {server + identity + "ports = [0]\n" + rest,
       "7:10: identity.ports: expected an integer from 1"},
      {server + identity + "ports = [853, 853]\n" + rest, "7:15: port 853 stands here twice"},
      {server + identity + "ports = 853\n" + rest,
       "7:9: identity.ports: expected an array of integers"},
      {server + "[[identity]]\nname='a..b'\ncertificate='dot.crt'\nkey='dot.key'\n" + rest,
       "4:6: expected a host name"},
      {server + "[[identity]]\nname='a'\ncertificate='no.crt'\nkey='dot.key'\n" + rest,
       "5:13: cannot read \"etc/no.crt\": No such file or directory"},
      {server + "[[identity]]\nname='a'\ncertificate='dot.crt'\nkey=''\n" + rest,
       "6:5: identity.key: must not be empty"},
      {server + identity + "[chain]\ntrust_anchor='no.ds'\n" + kUpstream,
       "8:14: cannot read \"etc/no.ds\""},
      {server + identity + "[chain]\ntrust_anchor='bad.ds'\n" + kUpstream, "8:14: etc/bad.ds:2:"},
      {server + identity + kChain + "support_lifetime='90m'\n" + kUpstream,
       "9:18: chain.support_lifetime: expected a duration from \"0s\" to \"65535h\" in whole "
       "hours"},
      {server + identity + kChain + "forget=['dot.example.net']\n" + kUpstream,
       "9:9: chain.forget: expected a host name and a port"},
      {server + identity + kChain + "forget=['dot.example.net:0']\n" + kUpstream,
       "9:9: chain.forget: expected a host name and a port"},
      {server + identity + kChain, "1:1: upstream.servers is missing"},
      {server + identity + kChain + "[upstream]\nservers = ['127.0.0.1:0']",
       "10:12: expected an address"},
  }));
  INFO(text);
  const auto config = parse(text);
  REQUIRE_FALSE(config);
  CHECK_THAT(config.error().front().text(), Catch::StartsWith("etc/mooring.toml:" + error));
}

TEST_CASE("all errors of a file are reported at once, in its order", "[server]") {
  const auto config = parse("[server]\nlisten = ['x']\nworkers = -1\n[log]\nlevel = 1\n");
  REQUIRE_FALSE(config);
  std::vector<std::uint32_t> lines;
  for (const auto& error : config.error()) lines.push_back(error.place.line);
  CHECK(std::ranges::is_sorted(lines));
  CHECK(std::ranges::count(lines, 2U) == 1);
  CHECK(std::ranges::count(lines, 3U) == 1);
  CHECK(std::ranges::count(lines, 5U) == 1);
}

TEST_CASE("a server without ports needs no trust anchor, but takes the default for old pins",
          "[server]") {
  const std::string text = std::string(kServer) + kIdentity + "ports = []\n" + kUpstream;
  const bool has_default = GENERATE(false, true);
  const auto config =
      parse_config(text, "etc/mooring.toml", [&](const std::string& path) -> Result<std::string> {
        if (path != "/usr/share/dns/root.ds") return read_fake(path);
        if (!has_default) return failure("No such file or directory");
        return ". IN DS 47005 13 2 "
               "2eb6e9f2480126691594d649a5a613de3052e37861634641bb568746f2ffc4d4";
      });
  REQUIRE(config);
  CHECK(config->chain.anchor.has_value() == has_default);
  CHECK(config->identities.at(0).services.empty());
}

TEST_CASE("what cannot be a host name is no name of an identity", "[server]") {
  const auto name = GENERATE("*.example.net", "a b", "127.0.0.1", "\u00fc.example", "-x.example",
                             "x-.example", "a..example", ".", "192.0.2.1.");
  const auto config = parse(std::string(kServer) + "[[identity]]\nname = \"" + name +
                            "\"\ncertificate = \"dot.crt\"\nkey = \"dot.key\"\n" + kUpstream);
  REQUIRE_FALSE(config);
  const std::string text = config.error().front().text();
  CHECK_THAT(text, Catch::Contains("expected a host name"));
  if (name == std::string("\u00fc.example")) CHECK_THAT(text, Catch::Contains("xn--tda.example"));
}

TEST_CASE("a pipe is not waited for", "[server]") {
  const test::TempDir files;
  REQUIRE(mkfifo(files.path("pipe").c_str(), 0600) == 0);
  const auto text = read_file(files.path("pipe"));
  REQUIRE_FALSE(text);
  CHECK(text.error().context == "it is no regular file");
}

TEST_CASE("a configuration that is not there is reported with its name", "[server]") {
  const auto config = load_config("/nonexistent/mooring.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error().front().text() ==
        "/nonexistent/mooring.toml:1:1: cannot read the configuration: No such file or directory");
}

TEST_CASE("no prefix of a configuration crashes the reader", "[server]") {
  const std::string whole = std::string(kServer) + kIdentity + kChain + kUpstream;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto config = parse(whole.substr(0, length));
    if (!config) CHECK_FALSE(config.error().empty());
  }
}
