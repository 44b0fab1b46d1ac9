// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tlsa/certificate.hpp"

#include <catch2/catch.hpp>

#include "support/rfc9102_vectors.hpp"
#include "tools/base/text.hpp"

using namespace mooring::test;
using namespace mooring::tools;
using Catch::Contains;
using mooring::dnschain::Bytes;

namespace {

std::string as_text(const Bytes& octets) {
  std::string text;
  for (const std::byte octet : octets) text += static_cast<char>(octet);
  return text;
}

}  // namespace

TEST_CASE("a file of authorities is read whole or not at all", "[tools]") {
  const std::string pem = fixture("rfc9102/certificate.pem");
  const Bytes der = read_key_material(as_octets(pem), "x").value().front().certificate;
  const std::string bad =
      "-----BEGIN CERTIFICATE-----\nTm90aGluZyBvZiB0aGUga2luZA==\n-----END CERTIFICATE-----\n";
  struct Case {
    std::string file;
    std::size_t count;
    std::string said;
  };
  for (const Case& given :
       {Case{pem, 1, ""}, Case{"# two\n" + pem + "\n" + pem, 2, ""}, Case{as_text(der), 1, ""},
        Case{"", 0, "no certificate, in PEM or DER: it is empty"},
        Case{"root.pem\n", 0, "no certificate, in PEM or DER: it holds no PEM"},
        Case{"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", 0,
             "no certificate, in PEM or DER: it holds a private key"},
        Case{pem + bad + pem, 0, "certificate 2 cannot be read"},
        Case{pem + "-----BEGIN CERTIFICATE-----\nMII", 0, "certificate 2 cannot be read"}}) {
    INFO(given.file);
    const auto found = read_authorities(as_octets(given.file), "ca.pem");
    REQUIRE(found.has_value() == (given.count > 0));
    if (found) {
      CHECK(*found == std::vector<Bytes>(given.count, der));
    } else {
      CHECK_THAT(found.error().text, Contains("ca.pem: " + given.said));
    }
  }
}
