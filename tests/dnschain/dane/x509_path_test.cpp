// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/x509_path.hpp"

#include <catch2/catch.hpp>

#include "dnschain/dane/dane.hpp"
#include "support/dane_certificates.hpp"

using namespace mooring::dnschain;
using mooring::test::CertificateSpec;
using mooring::test::make_certificate;
using mooring::test::TestKey;

namespace {

constexpr WallTime kStart{std::chrono::seconds(1700000000)};
constexpr WallTime kEnd = kStart + std::chrono::days(90);
constexpr WallTime kNow = kStart + std::chrono::days(1);

CertificateSpec authority(const std::string& subject, const std::string& issuer = "") {
  return {subject, {}, kStart, kEnd, true, issuer};
}

CertificateSpec server(std::vector<std::string> names) {
  return {"dot.example", std::move(names), kStart, kEnd, false, "Middle"};
}

/// A root, an authority below it, a server's certificate below that: each row alters one of them.
struct Row {
  std::string what;
  bool holds;
  CertificateSpec leaf = server({"dot.example"});
  CertificateSpec middle = authority("Middle", "Root");
  CertificateSpec root = authority("Root");
  const TestKey* middle_key = nullptr;
  WallTime now = kNow;
  std::string host = "dot.example";
};

Row below(Row row) {
  row.host = "ab.dot.example";
  return row;
}

const TestKey& short_key() {
  static const TestKey key(1024U);
  return key;
}

CertificateSpec with(CertificateSpec spec, const std::string& extension, const std::string& value) {
  spec.extensions.emplace_back(extension, value);
  return spec;
}

CertificateSpec sha1(CertificateSpec spec) {
  spec.sha1 = true;
  return spec;
}

CertificateSpec valid(CertificateSpec spec, WallTime from, WallTime to) {
  spec.from = from;
  spec.to = to;
  return spec;
}

CertificateSpec no_authority(CertificateSpec spec) {
  spec.authority = false;
  return spec;
}

std::vector<Row> rows() {
  using std::chrono::hours;
  const CertificateSpec leaf = server({"dot.example"});
  const CertificateSpec middle = authority("Middle", "Root");
  const std::string usage = "extendedKeyUsage";
  return {
      {"plain", true},
      {"the second of two names", true, server({"a.example", "dot.example"})},
      {"in capitals", true, server({"DOT.Example"})},
      {"another name", false, server({"a.example"})},
      {"a name below", false, server({"a.dot.example"})},
      {"in the subject alone", false, server({})},
      below({"a wildcard for the left-most label", true, server({"*.dot.example"})}),
      below({"a wildcard for two labels", false, server({"*.example"})}),
      below({"a wildcard in a label", false, server({"a*.dot.example"})}),
      below({"a wildcard further right", false, server({"a.*.example"})}),
      {"signed with SHA-1", false, sha1(leaf)},
      {"an authority signed with SHA-1", false, leaf, sha1(middle)},
      {"a root that signed itself with SHA-1", true, leaf, middle, sha1(authority("Root"))},
      {"an authority with 1024 bits", false, leaf, middle, authority("Root"), &short_key()},
      {"expired", false, valid(leaf, kStart, kNow - hours{1})},
      {"not yet valid", false, valid(leaf, kNow + hours{1}, kEnd)},
      {"an expired authority", false, leaf, valid(middle, kStart, kNow - hours{1})},
      {"an expired root", false, leaf, middle, valid(authority("Root"), kStart, kNow - hours{1})},
      {"for servers", true, with(leaf, usage, "serverAuth")},
      {"for clients", false, with(leaf, usage, "clientAuth")},
      {"an authority for mail", false, leaf, with(middle, usage, "emailProtection")},
      {"an authority that is none", false, leaf, no_authority(middle)},
      {"an authority that may not sign certificates", false, leaf,
       with(middle, "keyUsage", "critical,digitalSignature")},
      {"a root that allows one authority below", true, leaf, middle,
       with(no_authority(authority("Root")), "basicConstraints", "critical,CA:TRUE,pathlen:1")},
      {"a root that allows none below", false, leaf, middle,
       with(no_authority(authority("Root")), "basicConstraints", "critical,CA:TRUE,pathlen:0")},
      {"names that the authority may give", true, leaf,
       with(middle, "nameConstraints", "critical,permitted;DNS:example")},
      {"names that it may not", false, leaf,
       with(middle, "nameConstraints", "critical,permitted;DNS:example.net")},
      {"names that are kept from it", false, leaf,
       with(middle, "nameConstraints", "critical,excluded;DNS:dot.example")},
  };
}

}  // namespace

TEST_CASE("a path is judged alike under a trusted authority and under a TLSA record",
          "[dnschain][x509]") {
  static const TestKey root_key;
  static const TestKey leaf_key;
  static const TestKey plain_middle_key;
  for (const Row& row : rows()) {
    INFO(row.what);
    const TestKey& middle_key = row.middle_key != nullptr ? *row.middle_key : plain_middle_key;
    const Bytes root = make_certificate(row.root, root_key, root_key);
    const Bytes middle = make_certificate(row.middle, middle_key, root_key);
    const Bytes leaf = make_certificate(row.leaf, leaf_key, middle_key);
    const auto path = find_path({leaf, middle}, {root}, row.host, row.now);
    INFO((path ? "holds" : path.error().context));
    CHECK(path.has_value() == row.holds);
    if (path) CHECK(*path == std::vector<Bytes>{leaf, middle, root});
    const auto service = Service::create(row.host, Port{853}).value();
    const auto dane =
        dane_authenticate({TlsaRecord{2, 0, 0, root}}, {{leaf, middle}, {}, {}}, service, row.now);
    INFO(dane.reason);
    CHECK(dane.authenticated == row.holds);
  }
}

TEST_CASE("a path ends at whichever authority is trusted", "[dnschain][x509]") {
  const TestKey root_key;
  const TestKey middle_key;
  const TestKey leaf_key;
  const Bytes root = make_certificate(authority("Root"), root_key, root_key);
  const Bytes middle = make_certificate(authority("Middle", "Root"), middle_key, root_key);
  const Bytes leaf = make_certificate(server({"dot.example"}), leaf_key, middle_key);
  const Bytes foreign = make_certificate(authority("Foreign"), leaf_key, leaf_key);
  const Bytes garbage(20, std::byte{0x30});
  const auto path = [](const std::vector<Bytes>& presented, const std::vector<Bytes>& trusted) {
    return find_path(presented, trusted, "dot.example", kNow);
  };
  CHECK(path({leaf, middle, root}, {foreign, root}) == std::vector<Bytes>{leaf, middle, root});
  CHECK(path({leaf, root, middle}, {root}).has_value());
  CHECK(path({leaf}, {middle}) == std::vector<Bytes>{leaf, middle});
  CHECK(path({leaf, garbage, middle}, {garbage, root}).has_value());
  CHECK_FALSE(path({leaf}, {root}).has_value());
  CHECK_FALSE(path({leaf, middle, root}, {foreign}).has_value());
  CHECK_FALSE(path({leaf, middle, root}, {}).has_value());
  CHECK_FALSE(path({}, {root}).has_value());
  CHECK_FALSE(path({garbage, middle}, {root}).has_value());
  const std::vector<Bytes> many(1000, foreign);
  std::vector<Bytes> presented{leaf};
  presented.insert(presented.end(), many.begin(), many.end());
  presented.push_back(middle);
  CHECK_FALSE(path(presented, {root}).has_value());
}
