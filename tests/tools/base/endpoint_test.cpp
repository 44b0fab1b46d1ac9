// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/endpoint.hpp"

#include <catch2/catch.hpp>

using namespace mooring::tools;

TEST_CASE("servers are named by address or name, with or without a port", "[tools]") {
  struct Case {
    std::string text, host;
    std::uint16_t port;
    bool address;
  };
  const auto given = GENERATE(values<Case>({{"192.0.2.1", "192.0.2.1", 853, true},
                                            {"192.0.2.1:8853", "192.0.2.1", 8853, true},
                                            {"2001:db8::1", "2001:db8::1", 853, true},
                                            {"[2001:db8::1]", "2001:db8::1", 853, true},
                                            {"[2001:db8::1]:53", "2001:db8::1", 53, true},
                                            {"fe80::1%lo", "fe80::1%lo", 853, true},
                                            {"dot.example", "dot.example", 853, false},
                                            {"dot.example:65535", "dot.example", 65535, false},
                                            {"192.0.2.1@8853", "192.0.2.1", 8853, true},
                                            {"192.0.2.1#8853", "192.0.2.1", 8853, true},
                                            {"2001:db8::1@53", "2001:db8::1", 53, true},
                                            {"[2001:db8::1]#53", "2001:db8::1", 53, true},
                                            {"fe80::1%lo@53", "fe80::1%lo", 53, true},
                                            {"dot.example#53", "dot.example", 53, false}}));
  INFO(given.text);
  const auto endpoint = parse_endpoint(given.text, kDotPort);
  REQUIRE(endpoint.has_value());
  CHECK(endpoint->host == given.host);
  CHECK(endpoint->port == given.port);
  CHECK(endpoint->is_address() == given.address);
  CHECK(parse_endpoint(endpoint->text(), 1)->port == given.port);
}

TEST_CASE("what is no server is refused with what is wrong about it", "[tools]") {
  struct Case {
    std::string text, reason;
  };
  const auto given = GENERATE(values<Case>({{"", "missing"},
                                            {":853", "missing"},
                                            {"a:0", "\"0\" is no port"},
                                            {"a:65536", "\"65536\" is no port"},
                                            {"a:", "\"\" is no port"},
                                            {"a:x", "\"x\" is no port"},
                                            {"a:-1", "\"-1\" is no port"},
                                            {"a:1:2", "\"1:2\" is no port"},
                                            {"[::1", "must hold an IPv6 address"},
                                            {"[1.2.3.4]", "must hold an IPv6 address"},
                                            {"[::1]853", "only :PORT may follow"},
                                            {"a@", "\"\" is no port"},
                                            {"a@dot.example", "\"dot.example\" is no port"},
                                            {"a:53@853", "\"a:53\" is no host"},
                                            {"@853", "\"\" is no host"},
                                            {"[]@853", "\"[]\" is no host"},
                                            {"a@53@853", "\"a@53\" is no host"}}));
  INFO(given.text);
  const auto endpoint = parse_endpoint(given.text, kDotPort);
  REQUIRE_FALSE(endpoint.has_value());
  CHECK(endpoint.error().status == ExitStatus::trouble);
  CHECK_THAT(endpoint.error().text, Catch::Contains(given.reason));
}

TEST_CASE("a service is a name with a port, 853 unless said otherwise", "[tools]") {
  CHECK(parse_service("Dot.Example.")->text() == "dot.example:853");
  CHECK(parse_service("dot.example:443")->tlsa_owner().text() == "_443._tcp.dot.example.");
  CHECK_FALSE(parse_service("dot.example:").has_value());
  CHECK_FALSE(parse_service("").has_value());
  CHECK_FALSE(parse_service("a..b").has_value());
  CHECK(parse_service("dot.b\u00fccher.example:853")->text() == "dot.xn--bcher-kva.example:853");
  CHECK(parse_endpoint("b\u00fccher.example", kDotPort)->host == "xn--bcher-kva.example");
  for (const char* address : {"192.0.2.1", "192.0.2.1:853", "2001:db8::1", "[2001:db8::1]:853"}) {
    REQUIRE_FALSE(parse_service(address).has_value());
    CHECK(parse_service(address).error().text.find("address") != std::string::npos);
  }
}
