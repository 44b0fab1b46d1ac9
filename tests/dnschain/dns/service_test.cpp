// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/service.hpp"

#include <catch2/catch.hpp>

#include "dnschain/dns/host_name.hpp"

using namespace mooring::dnschain;

TEST_CASE("a service's TLSA owner is below its lower-cased base domain", "[dnschain]") {
  const auto service = Service::create("Dot.Example.NET.", Port{853}).value();
  CHECK(service.base_domain() == "dot.example.net");
  CHECK(service.tlsa_owner().text() == "_853._tcp.dot.example.net.");
  CHECK(service.text() == "dot.example.net:853");
  CHECK(service == Service::create("dot.example.net", Port{853}).value());
  CHECK_FALSE(service == Service::create("dot.example.net", Port{85}).value());
}

TEST_CASE("the port in a TLSA owner has no leading zeros", "[dnschain]") {
  CHECK(Service::create("a.b", Port{0}).value().tlsa_owner().text() == "_0._tcp.a.b.");
  CHECK(Service::create("a.b", Port{65535}).value().tlsa_owner().text() == "_65535._tcp.a.b.");
}

TEST_CASE("what cannot be a TLSA base domain is refused", "[dnschain]") {
  const std::string label(63, 'a');
  // 244 octets in wire form: "_853._tcp." does not fit in front, "_85._tcp." would.
  const std::string long_name = label + "." + label + "." + label + "." + std::string(51, 'b');
  CHECK_FALSE(Service::create("", Port{853}).has_value());
  CHECK_FALSE(Service::create(".", Port{853}).has_value());
  CHECK_FALSE(Service::create("a..b", Port{853}).has_value());
  CHECK_FALSE(Service::create(long_name + "b", Port{853}).has_value());
  CHECK(Service::create(long_name, Port{8}).has_value());
}

TEST_CASE("what is no host name is refused in words", "[dnschain]") {
  using namespace std::string_literals;
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"192.0.2.1", "an address"},
      {"192.0.2.1.", "an address"},
      {"2001:db8::1", "an address"},
      {"[2001:db8::1]", "an address"},
      {"fe80::1%eth0", "an address"},
      {"dot.1", "ends in a number"},
      {"dot%2eexample", "'%'"},
      {"dot example", "a space"},
      {"dot\0.example"s, "octet 0"},
      {"dot\\000.example", "'\\'"},
      {"*.example", "'*'"},
      {"-dot.example", "hyphen"},
      {"dot.b\xc3\xbc"
       "cher.example",
       "dot.xn--bcher-kva.example"},
      {"dot.\xff.example", "no A-label"},
  }));
  const auto service = Service::create(text, Port{853});
  REQUIRE_FALSE(service);
  CHECK_THAT(service.error().context, Catch::Contains(why));
}

TEST_CASE("names outside of ASCII have A-labels", "[dnschain]") {
  CHECK(to_a_labels("dot.example") == "dot.example");
  CHECK(to_a_labels("Dot_1.B\xc3\x9c"
                    "CHER.example") == "dot_1.xn--bcher-kva.example");
  CHECK(to_a_labels("fa\xc3\x9f.example") == "xn--fa-hia.example");
  CHECK_FALSE(to_a_labels("\xf0\x28\x8c\x28.example").has_value());
  CHECK_FALSE(to_a_labels(std::string("b\xc3\xbc\0c", 5)).has_value());
}
