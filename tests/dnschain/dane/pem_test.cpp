// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/pem.hpp"

#include <catch2/catch.hpp>

#include "support/dane_certificates.hpp"

using namespace mooring::dnschain;
using mooring::test::to_pem;

namespace {

Bytes octets(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return Bytes(view.begin(), view.end());
}

std::string certificate_block(const std::string& body) {
  return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
}

}  // namespace

TEST_CASE("PEM blocks are read with what is around them", "[dnschain][x509]") {
  const Bytes some(100, std::byte{7});
  const auto text = parse_pem("subject=CN = x\n" + to_pem("CERTIFICATE", some) + "\n# more\n" +
                              to_pem("RSA PRIVATE KEY", some));
  REQUIRE(text.blocks.size() == 2);
  CHECK_FALSE(text.damaged);
  CHECK(text.blocks[0].der == some);
  CHECK_FALSE(text.blocks[0].is_private_key());
  CHECK(text.blocks[1].is_private_key());
  CHECK_FALSE(text.blocks[1].encrypted);
  CHECK(parse_pem("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                  "DEK-Info: AES-256-CBC,00\n\nMAA=\n-----END RSA PRIVATE KEY-----\n")
            .blocks.at(0)
            .encrypted);
}

TEST_CASE("certificates come out of PEM in order, keys do not", "[dnschain][x509]") {
  const Bytes first(100, std::byte{7}), second(200, std::byte{8});
  const auto found =
      certificates_in_pem("some text\n" + to_pem("CERTIFICATE", first) +
                          to_pem("PRIVATE KEY", second) + to_pem("CERTIFICATE", second));
  CHECK(found == std::vector<Bytes>{first, second});
}

TEST_CASE("base64 is read to its last octet", "[dnschain][x509]") {
  const auto [body, held] = GENERATE(table<std::string, std::string>(
      {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9v\r\nYmE=\r", "fooba"}}));
  CHECK(certificates_in_pem(certificate_block(body)) == std::vector<Bytes>{octets(held)});
}

TEST_CASE("what is not a whole block of base64 is no certificate", "[dnschain][x509]") {
  const auto body =
      GENERATE(as<std::string>{}, "", "Z", "Zg=", "Zm9v=", "Zm-v", "Zg==Zg==", "====");
  INFO(body);
  CHECK(certificates_in_pem(certificate_block(body)).empty());
  CHECK(parse_pem(certificate_block(body)).damaged);
  CHECK(parse_pem("-----BEGIN CERTIFICATE-----\nZm9v\n").damaged);
}
