// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/service.hpp"

#include <catch2/catch.hpp>

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
