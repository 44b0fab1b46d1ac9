// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/authentication.hpp"

#include <catch2/catch.hpp>

#include "../command/run_mooring.hpp"
#include "support/dane_certificates.hpp"
#include "support/rfc9102_vectors.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/text.hpp"
#include "tools/tlsa/certificate.hpp"

using namespace mooring::test;
using namespace mooring::tools;
using Catch::Contains;
using mooring::dnschain::Bytes;
using mooring::dnschain::WallTime;

namespace {

constexpr WallTime kStart{std::chrono::seconds{1'700'000'000}};
constexpr WallTime kEnd = kStart + std::chrono::days{90};

std::string as_text(const Bytes& octets) {
  std::string text;
  for (const std::byte octet : octets) text += static_cast<char>(octet);
  return text;
}

}  // namespace

TEST_CASE("a certificate of a trusted authority must hold the name where RFC 8310 wants it",
          "[tools]") {
  struct Case {
    const char* what;
    CertificateSpec leaf;
    bool holds;
    const char* said;
  };
  const CertificateSpec good{"dot.example", {"dot.example"}, kStart, kEnd, false, "Root"};
  CertificateSpec subject_only = good;
  subject_only.dns_names.clear();
  CertificateSpec sha1 = good;
  sha1.sha1 = true;
  const TestKey root_key;
  const TestKey key;
  const Bytes root = make_certificate({"Root", {}, kStart, kEnd, true, ""}, root_key, root_key);
  for (const Case& given : {Case{"plain", good, true, "CN=dot.example"},
                            Case{"in the subject alone", subject_only, false, "mismatch"},
                            Case{"signed with SHA-1", sha1, false, "too weak"}}) {
    INFO(given.what);
    AuthenticationPolicy policy;
    policy.service = make_service("dot.example", 853).value();
    policy.authorities = {root};
    policy.at = kStart + std::chrono::days{1};
    const auto found =
        authenticate({{{make_certificate(given.leaf, key, root_key)}, {}, {}}, {}}, policy);
    CHECK(found.has_value() == given.holds);
    if (!found) CHECK(found.error().status == ExitStatus::refused);
    CHECK_THAT(found ? found->text : found.error().text, Contains(given.said));
  }
}

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

TEST_CASE("query says what is wrong with its authorities before it connects", "[tools]") {
  const ScratchDirectory scratch;
  const std::string empty = scratch.write("empty.pem", std::string_view());
  for (const std::string& file : {empty, scratch.path("missing.pem")}) {
    const Ran ran = run_mooring({"query", "@192.0.2.1", "--name", "dot.example", "--ca", file});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains(file + ": "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
}
