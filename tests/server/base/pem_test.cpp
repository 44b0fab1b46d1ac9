// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/pem.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "support/certificates.hpp"

using namespace mooring;

namespace {

std::string text(const std::vector<std::byte>& octets) {
  std::string out(octets.size(), '\0');
  if (!octets.empty()) std::memcpy(out.data(), octets.data(), octets.size());
  return out;
}

std::string block(const std::string& body) {
  return "-----BEGIN CERTIFICATE-----\n" + body + "-----END CERTIFICATE-----\n";
}

}  // namespace

TEST_CASE("certificates come out of PEM in order, keys do not", "[server]") {
  const auto first = test::make_certificate("a.example");
  test::CertificateOptions rsa;
  rsa.key = test::KeyType::rsa2048;
  const auto second = test::make_certificate("b.example", rsa);
  const auto found = server::certificates_from_pem("some text\n" + first.certificate_pem +
                                                   first.private_key_pem + second.certificate_pem);
  REQUIRE(found.size() == 2);
  CHECK(text(found[0]) == first.der);
  CHECK(text(found[1]) == second.der);
}

TEST_CASE("base64 is read to its last octet", "[server]") {
  const auto [body, octets] = GENERATE(table<std::string, std::string>(
      {{"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9v\r\nYmE=\r\n", "fooba"}}));
  const auto found = server::certificates_from_pem(block(body));
  REQUIRE(found.size() == 1);
  CHECK(text(found[0]) == octets);
}

TEST_CASE("what is not a whole block of base64 is left out", "[server]") {
  const auto body =
      GENERATE(as<std::string>{}, "", "Z", "Zg=", "Z===", "Zm9v=", "Zg==Zg==", "Zm-v", "====");
  CHECK(server::certificates_from_pem(block(body)).empty());
  CHECK(server::certificates_from_pem("-----BEGIN CERTIFICATE-----\nZm9v\n").empty());
}
