// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/name.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace mooring::dnschain;

namespace {
Name name(const char* text) {
  return Name::parse(text).value();
}
}  // namespace

TEST_CASE("a name keeps its text through the wire form", "[dnschain]") {
  const auto text = GENERATE(as<std::string>{}, ".", "a.", "WWW.Example.com.", "a\\.b.c.",
                             "\\000\\255.x.", "_853._tcp.dot.example.", "*.example.");
  CHECK(name(text.c_str()).text() == text);
}

TEST_CASE("what is not a domain name is refused", "[dnschain]") {
  const auto text = GENERATE(as<std::string>{}, "", "..", ".a", "a..b", "a\\", "a\\25", "a\\256",
                             std::string(64, 'a'),
                             std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                 std::string(63, 'c') + "." + std::string(62, 'd'));
  CHECK_FALSE(Name::parse(text).has_value());
}

TEST_CASE("the longest name is accepted", "[dnschain]") {
  const std::string text = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                           std::string(63, 'c') + "." + std::string(61, 'd') + ".";
  CHECK(name(text.c_str()).wire().size() == 255);
}

TEST_CASE("names sort in the canonical order of RFC 4034, 6.1", "[dnschain]") {
  const std::vector<Name> sorted{
      name("example"),         name("a.example"),      name("yljkjljk.a.example"),
      name("Z.a.example"),     name("zABC.a.EXAMPLE"), name("z.example"),
      name("\\001.z.example"), name("*.z.example"),    name("\\200.z.example")};
  CHECK(std::ranges::is_sorted(sorted));
  CHECK(name("A.Example") == name("a.example"));
}

TEST_CASE("a name knows what is below it", "[dnschain]") {
  CHECK(name("a.example").is_below(name("example")));
  CHECK(name("a.example").is_at_or_below(name("A.EXAMPLE")));
  CHECK_FALSE(name("a.example").is_below(name("a.example")));
  CHECK_FALSE(name("ba.example").is_below(name("a.example")));
  CHECK(name("x.y.a.example").moved(name("a.example"), name("b."))->text() == "x.y.b.");
}
