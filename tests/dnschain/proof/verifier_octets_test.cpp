// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using mooring::test::rfc9102_vectors;
using mooring::test::Vector;

namespace {

const TrustAnchor& root() {
  static const TrustAnchor anchor =
      TrustAnchor::parse(mooring::test::fixture("rfc9102/trust-anchor.txt"), "f").value();
  return anchor;
}

Verdict judge(const Vector& vector, const Bytes& octets) {
  const auto body = parse_extension_body(octets);
  if (!body) return {};
  return verify(body->records, vector.service(), root(), vector.inception);
}

bool is_letter(std::byte octet) {
  const auto c = static_cast<char>(std::to_integer<unsigned char>(octet));
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// For each octet the bits that no signature protects: all of the lifetime and of TTLs; the case of
/// letters in owners, signers and alias targets (RFC 4034, 6.2).
Bytes unprotected_bits(const std::vector<Record>& records, const Bytes& octets) {
  Bytes mask(2, std::byte{0xff});
  const auto letters = [&](std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i)
      if (is_letter(octets[i])) mask[i] = std::byte{0x20};
  };
  for (const Record& record : records) {
    const std::size_t at = mask.size();
    const std::size_t owner = record.owner.wire().size();
    const std::size_t rdata = at + owner + 10;
    mask.resize(rdata + record.rdata.size());
    letters(at, owner);
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(at + owner + 4), 4, std::byte{0xff});
    if (const auto rrsig = parse_rrsig(record.rdata); record.type == RrType::rrsig)
      letters(rdata + 18, rrsig->signer.wire().size());
    if (record.type == RrType::cname || record.type == RrType::dname)
      letters(rdata, record.rdata.size());
  }
  return mask;
}

/// Flips bits of what a vector's proof needs (a spare signature would stand in for a broken one),
/// one at a time: all of them, or of each octet only one.
void flip_bits(const Vector& vector, bool all) {
  INFO(vector.file);
  const Verdict whole = judge(vector, vector.derived);
  Bytes octets = serialise({std::chrono::hours(0), whole.proof, ChainPrefix::absent});
  const Bytes mask = unprotected_bits(whole.proof, octets);
  REQUIRE(mask.size() == octets.size());
  for (std::size_t at = 0; at < octets.size(); ++at)
    for (std::size_t bit = all ? 0 : at % 8; bit < (all ? 8 : at % 8 + 1); ++bit) {
      const std::byte flip{static_cast<unsigned char>(1U << bit)};
      octets[at] ^= flip;
      const Verdict verdict = judge(vector, octets);
      octets[at] ^= flip;
      if (verdict.kind == VerdictKind::bogus) continue;
      INFO("octet " << at << ", bit " << bit << ": " << verdict.reason);
      CHECK((mask[at] & flip) != std::byte{0});
      CHECK(verdict.kind == whole.kind);
      CHECK(verdict.tlsa == whole.tlsa);
    }
}

}  // namespace

TEST_CASE("no single flipped bit of RFC 9102, A.1 changes what is proven", "[dnschain]") {
  flip_bits(rfc9102_vectors()[0], true);
}

TEST_CASE("a flipped bit in any octet of the other vectors changes nothing that is proven",
          "[dnschain]") {
  for (std::size_t i = 1; i < rfc9102_vectors().size(); ++i) flip_bits(rfc9102_vectors()[i], false);
}

TEST_CASE("no part of a vector proves anything", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    // What the proof needs is shorter than the whole where a record is spare.
    const std::size_t needed = judge(vector, vector.derived).proof.size();
    for (std::size_t size = 0; size < vector.derived.size(); ++size) {
      const Bytes part(vector.derived.begin(),
                       vector.derived.begin() + static_cast<std::ptrdiff_t>(size));
      const auto body = parse_extension_body(part);
      if (!body || body->records.size() >= needed) continue;
      CHECK(judge(vector, part).kind == VerdictKind::bogus);
    }
  }
}
