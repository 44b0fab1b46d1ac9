// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>

#include "server/config/config.hpp"

using namespace mooring::server;

namespace {

constexpr const char* kPin = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

ConfigResult<Config> parse(const std::string& handover) {
  const std::string text =
      "[server]\nlisten = ['127.0.0.1:0']\n"
      "[[identity]]\nname = 'dot.example'\ncertificate = 'dot.crt'\nkey = 'dot.key'\nports = []\n"
      "[upstream]\nservers = ['127.0.0.1:5300']\n" +
      handover;
  return parse_config(text, "mooring.toml", [](const std::string& path) -> Result<std::string> {
    if (path == "none.crt" || path.starts_with("/")) return failure("No such file or directory");
    return "the text of " + path;
  });
}

const std::string kBegin =
    "[handover]\ncertificate = 'own.crt'\nkey = 'own.key'\ninterface = 'eth0'\n";

std::string peer(const std::string& name, const std::string& more = "") {
  return "[[handover.peer]]\nname = '" + name + "'\npin = '" + kPin + "'\n" + more;
}

}  // namespace

TEST_CASE("without its section nothing is handed over", "[server]") {
  const auto config = parse("");
  REQUIRE(config);
  CHECK_FALSE(config->handover.on());
}

TEST_CASE("a front knows its backends", "[server]") {
  const auto config =
      parse(kBegin + "backends = ['b', 'a']\n" + peer("a", "address = '192.0.2.1:8530'\n") +
            peer("b", "address = '[2001:db8::1]:8530'\nweight = 3\n") + peer("c"));
  REQUIRE(config);
  const HandoverConfig& handover = config->handover;
  CHECK(handover.on());
  CHECK(handover.certificate_pem == "the text of own.crt");
  CHECK(handover.private_key_pem == "the text of own.key");
  CHECK(handover.interface == "eth0");
  CHECK(handover.helper.empty());
  CHECK(handover.backends == std::vector<std::string>{"b", "a"});
  CHECK(handover.take_from.empty());
  REQUIRE(handover.peers.size() == 3);
  CHECK(handover.peers[0].weight == 1);
  CHECK(handover.peers[1].address == Endpoint::parse("[2001:db8::1]:8530"));
  CHECK(handover.peers[1].weight == 3);
  CHECK_FALSE(handover.peers[2].address);
  CHECK(handover.peers[0].pin[1] == std::byte{0x11});
  CHECK(handover.peers[0].pin[31] == std::byte{0xff});
}

TEST_CASE("a backend knows from whom it takes sessions", "[server]") {
  const auto config = parse(kBegin +
                            "listen = ['192.0.2.1:8530']\ntake_from = ['front']\ncapacity = 7\n"
                            "helper = 'bin/helper'\n" +
                            peer("front"));
  REQUIRE(config);
  CHECK(config->handover.listen == std::vector<Endpoint>{*Endpoint::parse("192.0.2.1:8530")});
  CHECK(config->handover.take_from == std::vector<std::string>{"front"});
  CHECK(config->handover.capacity == 7);
  CHECK(config->handover.helper == "bin/helper");
}

TEST_CASE("what is wrong with a handover is told", "[server]") {
  struct Case {
    std::string text;
    std::string error;
  };
  const std::string address = "address = '192.0.2.1:8530'\n";
  const std::vector<Case> cases{
      {kBegin + peer("a"),
       "expected take_from or a peer with an address: who gives sessions to whom?"},
      {kBegin + "backends = ['b']\n" + peer("a", address),
       "there is no [[handover.peer]] named \"b\""},
      {kBegin + "backends = ['a']\n" + peer("a"),
       "\"a\" has no address: where does it take sessions?"},
      {kBegin + "backends = ['a', 'a']\n" + peer("a", address), "\"a\" stands here twice"},
      {kBegin + "backends = ['a']\n" + peer("a", address) + peer("a"),
       "there is another peer named \"a\""},
      {kBegin + "backends = ['a']\n" + peer("a", "address = 'back1:8530'\n"),
       "expected an address and a port such as \"192.0.2.11:8530\", found \"back1:8530\""},
      {kBegin + "backends = ['a']\n[[handover.peer]]\nname = 'a'\npin = '0011'\n" + address,
       "expected the SHA-256 of the host's key in 64 hexadecimal digits"},
      {kBegin + "backends = ['a']\n" + peer("a", address + "colour = 'red'\n"),
       "unknown key handover.peer.colour"},
      {kBegin + "backend = ['a']\n" + peer("a", address), "unknown key handover.backend"},
      {kBegin + "take_from = ['a']\n" + peer("a"), "handover.listen is missing"},
      {"[handover]\ncertificate = 'none.crt'\nkey = 'own.key'\ninterface = 'eth0'\nbackends = "
       "['a']\n" +
           peer("a", address),
       "cannot read \"none.crt\""},
      {"[handover]\ncertificate = 'own.crt'\nkey = 'own.key'\nbackends = ['a']\n" +
           peer("a", address),
       "handover.interface is missing"},
      {kBegin + "backends = ['a']\n", "handover.peer is missing"},
  };
  for (const Case& one : cases) {
    const auto config = parse(one.text);
    INFO(one.text);
    REQUIRE_FALSE(config);
    const auto found =
        std::any_of(config.error().begin(), config.error().end(), [&](const Finding& finding) {
          return finding.text().find(one.error) != std::string::npos;
        });
    std::string all;
    for (const Finding& finding : config.error()) all += finding.text() + "\n";
    INFO(all);
    CHECK(found);
  }
}
