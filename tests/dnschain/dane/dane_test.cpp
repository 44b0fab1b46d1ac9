// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/dane.hpp"

#include <openssl/sha.h>

#include <catch2/catch.hpp>

#include "support/dane_certificates.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using mooring::test::CertificateSpec;
using mooring::test::make_certificate;
using mooring::test::TestKey;

namespace {

constexpr WallTime kStart{std::chrono::seconds(1700000000)};
constexpr WallTime kEnd = kStart + std::chrono::days(90);
constexpr WallTime kNow = kStart + std::chrono::days(1);

Bytes sha256(const Bytes& data) {
  Bytes out(32);
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

Bytes sha512(const Bytes& data) {
  Bytes out(64);
  SHA512(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

/// A root, an authority below it and a server's certificate.
struct Authorities {
  TestKey root_key, middle_key, leaf_key, stranger_key;
  Bytes root, middle, leaf, lone, stranger;

  Authorities() {
    root = make_certificate({"Root", {}, kStart, kEnd, true, ""}, root_key, root_key);
    middle = make_certificate({"Middle", {}, kStart, kEnd, true, "Root"}, middle_key, root_key);
    leaf = leaf_for({"dot.example", "*.wild.example"}, kEnd);
    lone = make_certificate({"x", {}, kStart, kEnd, false, ""}, leaf_key, leaf_key);
    stranger = make_certificate({"x", {}, kStart, kEnd, true, ""}, stranger_key, stranger_key);
  }
  [[nodiscard]] Bytes leaf_for(std::vector<std::string> names, WallTime to) const {
    return make_certificate({"dot.example", std::move(names), kStart, to, false, "Middle"},
                            leaf_key, middle_key);
  }
};

const Authorities& pki() {
  static const Authorities authorities;
  return authorities;
}

/// A record about `der` (selector 0) or `spki` (selector 1).
TlsaRecord record(int usage, int selector, int matching, const Bytes& data) {
  TlsaRecord out{static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector),
                 static_cast<std::uint8_t>(matching), data};
  if (matching == 1) out.data = sha256(data);
  if (matching == 2) out.data = sha512(data);
  return out;
}

Service service(const char* name = "dot.example") {
  return Service::create(name, Port{853}).value();
}

PresentedIdentity chain() {
  return {{pki().leaf, pki().middle, pki().root}, {}, {}};
}

DaneResult authenticate(const std::vector<TlsaRecord>& records, const PresentedIdentity& presented,
                        const char* name = "dot.example", WallTime now = kNow) {
  return dane_authenticate(records, presented, service(name), now);
}

}  // namespace

TEST_CASE("the certificate of RFC 9102 matches its vectors' TLSA record", "[dnschain][dane]") {
  const std::string pem = mooring::test::fixture("rfc9102/certificate.pem");
  const auto begin = pem.find('\n') + 1;
  const std::string base64 = pem.substr(begin, pem.find("-----END") - begin);
  // Base64 by hand: the only place that needs it.
  Bytes der;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base64) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = digits.find(c);
    if (value == std::string::npos) continue;
    bits = bits << 6 | static_cast<unsigned>(value);
    if ((count += 6) < 8) continue;
    count -= 8;
    der.push_back(static_cast<std::byte>(bits >> count & 0xff));
  }
  const TlsaRecord tlsa{
      3, 1, 1,
      mooring::test::from_hex("8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922")};
  const auto result = authenticate({tlsa}, {{der}, {}, {}}, "www.example.com",
                                   WallTime(std::chrono::seconds(4000000000)));
  INFO(result.reason);
  CHECK(result.authenticated);
}

TEST_CASE("DANE-EE matches by every selector and matching type", "[dnschain][dane]") {
  const int selector = GENERATE(0, 1);
  const int matching = GENERATE(0, 1, 2);
  const Bytes& subject = selector == 0 ? pki().leaf : pki().leaf_key.spki();
  const auto good = record(3, selector, matching, subject);
  const auto result = authenticate({good}, chain());
  CHECK(result.authenticated);
  CHECK(result.matched == good);
  CHECK(result.depth == 0);
  const Bytes& other = selector == 0 ? pki().middle : pki().middle_key.spki();
  CHECK_FALSE(authenticate({record(3, selector, matching, other)}, chain()).authenticated);
}

TEST_CASE("DANE-EE ignores names and dates", "[dnschain][dane]") {
  const auto good = record(3, 1, 1, pki().leaf_key.spki());
  CHECK(authenticate({good}, {{pki().lone}, {}, {}}).authenticated);
  CHECK(authenticate({good}, chain(), "elsewhere.example").authenticated);
  CHECK(authenticate({good}, chain(), "dot.example", kEnd + std::chrono::days(999)).authenticated);
  CHECK(
      authenticate({good}, chain(), "dot.example", kStart - std::chrono::days(999)).authenticated);
}

TEST_CASE("DANE-TA matches an authority in the handshake", "[dnschain][dane]") {
  const int selector = GENERATE(0, 1);
  const int matching = GENERATE(0, 1, 2);
  const auto depth = GENERATE(as<std::size_t>{}, 1, 2);
  const Bytes& der = depth == 1 ? pki().middle : pki().root;
  const TestKey& key = depth == 1 ? pki().middle_key : pki().root_key;
  const auto result =
      authenticate({record(2, selector, matching, selector == 0 ? der : key.spki())}, chain());
  INFO(result.reason);
  CHECK(result.authenticated);
  CHECK(result.depth == depth);
}

TEST_CASE("DANE-TA checks names, dates and signatures", "[dnschain][dane]") {
  const auto ta = record(2, 1, 1, pki().middle_key.spki());
  CHECK(authenticate({ta}, chain(), "a.wild.example").authenticated);
  CHECK_FALSE(authenticate({ta}, chain(), "wild.example").authenticated);
  CHECK_FALSE(authenticate({ta}, chain(), "a.b.wild.example").authenticated);
  CHECK_FALSE(authenticate({ta}, chain(), "other.example").authenticated);
  CHECK_FALSE(
      authenticate({ta}, chain(), "dot.example", kEnd + std::chrono::seconds(1)).authenticated);
  CHECK_FALSE(
      authenticate({ta}, chain(), "dot.example", kStart - std::chrono::seconds(1)).authenticated);
  // The subject's common name is no place for the name (RFC 8310, 8.1).
  CHECK_FALSE(authenticate({ta}, {{pki().leaf_for({}, kEnd), pki().middle}, {}, {}}).authenticated);
  // An authority that has signed nothing here.
  const auto foreign = record(2, 1, 1, pki().stranger_key.spki());
  CHECK_FALSE(authenticate({foreign}, {{pki().leaf, pki().stranger}, {}, {}}).authenticated);
  // The leaf is nobody's authority.
  CHECK_FALSE(authenticate({record(2, 1, 1, pki().leaf_key.spki())}, chain()).authenticated);
}

TEST_CASE("DANE-TA finds its way when the certificates are out of order", "[dnschain][dane]") {
  const auto root = record(2, 0, 1, pki().root);
  CHECK(authenticate({root}, {{pki().leaf, pki().root, pki().middle}, {}, {}}).authenticated);
  CHECK_FALSE(authenticate({root}, {{pki().leaf, pki().root}, {}, {}}).authenticated);
}

TEST_CASE("an authority that is not in the handshake must be in the record in full",
          "[dnschain][dane]") {
  const PresentedIdentity without_root{{pki().leaf, pki().middle}, {}, {}};
  const PresentedIdentity leaf_only{{pki().leaf}, {}, {}};
  CHECK(authenticate({record(2, 0, 0, pki().root)}, without_root).authenticated);
  CHECK(authenticate({record(2, 1, 0, pki().root_key.spki())}, without_root).authenticated);
  CHECK(authenticate({record(2, 0, 0, pki().middle)}, leaf_only).authenticated);
  CHECK(authenticate({record(2, 1, 0, pki().middle_key.spki())}, leaf_only).authenticated);
  CHECK_FALSE(authenticate({record(2, 0, 1, pki().root)}, without_root).authenticated);
  CHECK_FALSE(authenticate({record(2, 1, 1, pki().root_key.spki())}, without_root).authenticated);
  CHECK_FALSE(authenticate({record(2, 0, 0, pki().stranger)}, leaf_only).authenticated);
  CHECK_FALSE(authenticate({record(2, 1, 0, pki().stranger_key.spki())}, leaf_only).authenticated);
  CHECK_FALSE(authenticate({record(2, 1, 0, pki().middle_key.spki())}, leaf_only, "b.example")
                  .authenticated);
}

TEST_CASE("a bare key may have signed more than one of the certificates", "[dnschain][dane]") {
  const Authorities& p = pki();
  const Bytes expired =
      make_certificate({"Middle", {}, kStart, kStart + std::chrono::hours(1), true, "Root"},
                       p.middle_key, p.root_key);
  const TlsaRecord root = record(2, 1, 0, p.root_key.spki());
  for (const auto& sent : {std::vector{p.leaf, expired, p.middle}, {p.leaf, p.middle, expired}}) {
    const DaneResult result = dane_authenticate({root}, {sent, {}}, service(), kNow);
    INFO(result.reason);
    CHECK(result.authenticated);
  }
  CHECK_FALSE(dane_authenticate({root}, {{p.leaf, expired}, {}}, service(), kNow).authenticated);
}

TEST_CASE("a bare key has to be as strong as those on a path", "[dnschain][dane]") {
  const auto bits = GENERATE(1024U, 2048U);
  const TestKey issuer(bits);
  const TestKey leaf_key;
  const Bytes leaf = make_certificate({"dot.example", {"dot.example"}, kStart, kEnd, false, "Root"},
                                      leaf_key, issuer);
  const auto result =
      dane_authenticate({record(2, 1, 0, issuer.spki())}, {{leaf}, {}}, service(), kNow);
  INFO(result.reason);
  CHECK(result.authenticated == (bits == 2048));
}

TEST_CASE("PKIX usages need a PKIX path besides", "[dnschain][dane]") {
  const auto ee = record(1, 1, 1, pki().leaf_key.spki());
  const auto ta = record(0, 0, 1, pki().root);
  PresentedIdentity presented{{pki().leaf, pki().middle}, {}, {}};
  CHECK_FALSE(authenticate({ee, ta}, presented).authenticated);
  presented.pkix_path = {pki().leaf, pki().middle, pki().root};
  CHECK(authenticate({ee}, presented).authenticated);
  CHECK(authenticate({ta}, presented).depth == 2);
  CHECK_FALSE(authenticate({record(0, 1, 1, pki().leaf_key.spki())}, presented).authenticated);
  CHECK_FALSE(authenticate({record(1, 0, 1, pki().root)}, presented).authenticated);
}

TEST_CASE("a raw public key is matched by \"3 1 x\" and nothing else", "[dnschain][dane]") {
  const Bytes spki = pki().leaf_key.spki();
  const PresentedIdentity raw{{}, spki, {}};
  const int matching = GENERATE(0, 1, 2);
  CHECK(authenticate({record(3, 1, matching, spki)}, raw).authenticated);
  CHECK_FALSE(authenticate({record(1, 1, matching, spki)}, raw).authenticated);
  CHECK_FALSE(authenticate({record(2, 1, matching, spki)}, raw).authenticated);
  CHECK_FALSE(authenticate({record(3, 0, matching, pki().leaf)}, raw).authenticated);
  CHECK_FALSE(authenticate({record(3, 1, matching, pki().root_key.spki())}, raw).authenticated);
}

TEST_CASE("of two digests only the stronger counts", "[dnschain][dane]") {
  const Bytes spki = pki().leaf_key.spki();
  const auto weak = record(3, 1, 1, spki);
  const auto strong = record(3, 1, 2, spki);
  const auto strong_other = record(3, 1, 2, pki().root_key.spki());
  CHECK(authenticate({weak, strong}, chain()).matched == strong);
  CHECK_FALSE(authenticate({weak, strong_other}, chain()).authenticated);
  // Of another selector or usage, without a digest, or malformed, the stronger takes nothing away.
  CHECK(authenticate({weak, record(3, 0, 2, pki().root)}, chain()).authenticated);
  CHECK(authenticate({weak, record(2, 1, 2, pki().stranger_key.spki())}, chain()).authenticated);
  CHECK(authenticate({record(3, 1, 0, spki), strong_other}, chain()).authenticated);
  CHECK(authenticate({weak, TlsaRecord{3, 1, 2, Bytes(63)}}, chain()).authenticated);
}

TEST_CASE("unusable records are dropped", "[dnschain][dane]") {
  const auto bad = GENERATE(TlsaRecord{4, 1, 1, Bytes(32)}, TlsaRecord{255, 1, 1, Bytes(32)},
                            TlsaRecord{3, 2, 1, Bytes(32)}, TlsaRecord{3, 1, 3, Bytes(32)},
                            TlsaRecord{3, 1, 1, Bytes(31)}, TlsaRecord{3, 1, 1, Bytes(33)},
                            TlsaRecord{3, 1, 1, Bytes()}, TlsaRecord{3, 1, 2, Bytes(32)},
                            TlsaRecord{3, 0, 0, Bytes(32)}, TlsaRecord{2, 0, 0, Bytes()},
                            TlsaRecord{2, 1, 0, Bytes(91)});
  CHECK_FALSE(is_usable(bad));
  const auto result = authenticate({bad}, chain());
  CHECK_FALSE(result.authenticated);
  CHECK(result.reason == "no TLSA record is usable");
  CHECK(authenticate({bad, record(3, 1, 1, pki().leaf_key.spki())}, chain()).authenticated);
}

TEST_CASE("what is no certificate does not authenticate and does no harm", "[dnschain][dane]") {
  const Bytes garbage(100, std::byte{0x30});
  const auto ee = record(3, 1, 1, pki().leaf_key.spki());
  const auto ta = record(2, 0, 1, pki().root);
  CHECK_FALSE(authenticate({ee, ta}, {{}, {}, {}}).authenticated);
  CHECK_FALSE(authenticate({ee, ta}, {{garbage}, {}, {}}).authenticated);
  CHECK(
      authenticate({ta}, {{pki().leaf, garbage, pki().middle, pki().root}, {}, {}}).authenticated);
  Bytes longer = pki().leaf;
  longer.push_back(std::byte{0});
  CHECK_FALSE(authenticate({ee}, {{longer}, {}, {}}).authenticated);
}
