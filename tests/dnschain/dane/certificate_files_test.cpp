// SPDX-License-Identifier: GPL-3.0-or-later
// The files that the openssl program makes are in tests/e2e/keys_test.sh.
#include "dnschain/dane/certificate_files.hpp"

#include <catch2/catch.hpp>

#include "support/dane_certificates.hpp"

using namespace mooring::dnschain;
using mooring::test::CertificateSpec;
using mooring::test::make_certificate;
using mooring::test::TestKey;
using mooring::test::to_pem;

namespace {

using List = std::vector<std::string>;

constexpr WallTime kStart{std::chrono::seconds(1700000000)};  // 2023-11-14T22:13:20Z
constexpr WallTime kEnd = kStart + std::chrono::days(90);     // 2024-02-12T22:13:20Z
constexpr WallTime kNow = kStart + std::chrono::days(1);

const TestKey& key_of(const std::string& subject) {
  static const TestKey root;
  static const TestKey middle;
  static const TestKey leaf;
  return subject == "Root" ? root : subject == "Middle" ? middle : leaf;
}

std::string pem_of(const CertificateSpec& spec) {
  const std::string issuer = spec.issuer.empty() ? spec.subject : spec.issuer;
  return to_pem("CERTIFICATE", make_certificate(spec, key_of(spec.subject), key_of(issuer)));
}

CertificateSpec leaf(const std::string& issuer, std::vector<std::string> names = {"dot.example"}) {
  return {"dot.example", std::move(names), kStart, kEnd, false, issuer};
}

CertificateSpec middle(WallTime end = kEnd) {
  return {"Middle", {}, kStart, end, true, "Root"};
}

}  // namespace

TEST_CASE("what clients that check certificates would notice is found", "[dnschain][x509]") {
  const std::string missing =
      "the certificate of its issuer is not in the file, and clients need it unless they have it "
      "as a root";
  const std::string root = pem_of({"Root", {}, kStart, kEnd, true, ""});
  struct Case {
    std::string what, file;
    WallTime now;
    List findings;
  };
  const auto soon = kStart + std::chrono::hours(1);
  for (const Case& given : std::vector<Case>{
           {"self-signed", pem_of(leaf("")), kNow, {}},
           {"with its intermediate", pem_of(leaf("Middle")) + pem_of(middle()), kNow, {}},
           {"with its root too", pem_of(leaf("Middle")) + pem_of(middle()) + root, kNow, {}},
           {"from a root that is there", pem_of(leaf("Root")) + root, kNow, {}},
           {"without its intermediate", pem_of(leaf("Middle")), kNow, {missing}},
           {"with the wrong one",
            pem_of(leaf("Middle")) + root,
            kNow,
            {"none of the certificates after it is its issuer's"}},
           {"expired",
            pem_of(leaf("")),
            kEnd + std::chrono::seconds(1),
            {"it has expired at 2024-02-12T22:13:20Z"}},
           {"too early",
            pem_of(leaf("")),
            kStart - std::chrono::seconds(1),
            {"it is not valid before 2023-11-14T22:13:20Z"}},
           {"an expired intermediate",
            pem_of(leaf("Middle")) + pem_of(middle(soon)),
            kNow,
            {"certificate 2 in the file has expired at 2023-11-14T23:13:20Z"}},
           {"for another name",
            pem_of(leaf("", {"a.example"})),
            kNow,
            {"it is not for dot.example"}},
           {"with the name in the subject alone",
            pem_of(leaf("", {})),
            kNow,
            {"it is not for dot.example"}},
           {"for all names", pem_of(leaf("", {"*.example"})), kNow, {"it is not for dot.example"}},
           {"all at once",
            pem_of(leaf("Middle", {"a.example"})),
            kEnd + std::chrono::seconds(1),
            {"it has expired at 2024-02-12T22:13:20Z", "it is not for dot.example", missing}},
       }) {
    INFO(given.what);
    CHECK(pkix_findings(given.file, "dot.example", given.now) == given.findings);
  }
}

TEST_CASE("a wildcard certificate is for the names right below", "[dnschain][x509]") {
  const std::string file = pem_of(leaf("", {"*.dot.example"}));
  CHECK(pkix_findings(file, "a.dot.example", kNow).empty());
  CHECK(pkix_findings(file, "a.b.dot.example", kNow).size() == 1);
}

TEST_CASE("a short RSA key is found", "[dnschain][x509]") {
  const auto bits = GENERATE(1024U, 2048U);
  const TestKey key(bits);
  const std::string file = to_pem("CERTIFICATE", make_certificate(leaf(""), key, key));
  const List none;
  CHECK(pkix_findings(file, "dot.example", kNow) ==
        (bits == 2048 ? none : List{"its RSA key has 1024 bits, fewer than 2048"}));
}

TEST_CASE("what is no certificate has a name of its own", "[dnschain][x509]") {
  struct Case {
    std::string file, said;
  };
  const Bytes junk(20, std::byte{1});
  for (const Case& given : std::vector<Case>{
           {"", "is empty"},
           {" \n", "is empty"},
           {"nonsense", "holds no PEM"},
           {"-----BEGIN CERTIFICATE-----\nMI", "damaged"},
           {to_pem("PRIVATE KEY", junk), "holds a private key, no certificate"},
           {to_pem("ENCRYPTED PRIVATE KEY", junk), "holds an encrypted private key, no cert"},
           {to_pem("CERTIFICATE REQUEST", junk), "holds a certificate request, no certificate"},
           {to_pem("PUBLIC KEY", junk), "holds a public key, no certificate"},
           {to_pem("X509 CRL", junk), "holds \"X509 CRL\", no certificate"},
           {to_pem("CERTIFICATE", junk), "certificate 1 in it cannot be read"},
           {pem_of(leaf("")) + to_pem("CERTIFICATE", junk), "certificate 2 in it cannot be read"},
           {pem_of(leaf("")) + "-----BEGIN CERTIFICATE-----\nMI", "block 2 of its PEM is damaged"},
       }) {
    INFO(given.file);
    const auto faults = judge_files(given.file, "");
    REQUIRE(faults.certificate);
    CHECK_THAT(*faults.certificate, Catch::Contains(given.said));
    CHECK(faults.key == "is empty");
  }
}
