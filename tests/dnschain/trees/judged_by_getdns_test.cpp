// SPDX-License-Identifier: GPL-3.0-or-later
//
// getdns as an independent judge: a validator that takes records, a trust anchor and the time, as
// the verifier does.
#include <getdns/getdns.h>
#include <getdns/getdns_extra.h>

#include <catch2/catch.hpp>
#include <memory>

#include "cases/scene.hpp"
#include "dnschain/build/chain_layout.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using namespace mooring::test;

namespace {

struct ListDeleter {
  void operator()(getdns_list* list) const noexcept { getdns_list_destroy(list); }
};
struct DictDeleter {
  void operator()(getdns_dict* dict) const noexcept { getdns_dict_destroy(dict); }
};
using List = std::unique_ptr<getdns_list, ListDeleter>;
using Dict = std::unique_ptr<getdns_dict, DictDeleter>;

List list_of(const RecordList& records) {
  List list(getdns_list_create());
  std::size_t count = 0;
  for (const Record& record : records) {
    Bytes wire;
    write_record(record, wire);
    const auto* at = reinterpret_cast<const std::uint8_t*>(wire.data());
    std::size_t left = wire.size();
    getdns_dict* raw = nullptr;
    REQUIRE(getdns_wire2rr_dict_scan(&at, &left, &raw) == GETDNS_RETURN_GOOD);
    const Dict dict(raw);
    REQUIRE(getdns_list_set_dict(list.get(), count++, raw) == GETDNS_RETURN_GOOD);
  }
  return list;
}

/// TLSA records, aliases and what denies the names that wildcards stand in for, with their
/// signatures: what is to be validated.
RecordList claims(const RecordList& records) {
  RecordList out;
  for (const Record& record : records) {
    const auto rrsig = parse_rrsig(record.rdata);
    const RrType type = record.type == RrType::rrsig && rrsig ? rrsig->covered : record.type;
    if (type != RrType::ds && type != RrType::dnskey) out.push_back(record);
  }
  return out;
}

bool is_secure(const RecordList& records, const TrustAnchor& anchor, WallTime now) {
  const List to_validate = list_of(claims(records));
  const List support = list_of(records);
  const List anchors = list_of(anchor.records());
  return getdns_validate_dnssec2(to_validate.get(), support.get(), anchors.get(),
                                 now.time_since_epoch().count(),
                                 0) == static_cast<getdns_return_t>(GETDNS_DNSSEC_SECURE);
}

}  // namespace

TEST_CASE("getdns finds the RFC 9102 vectors with a TLSA RRset secure at their date only",
          "[dnschain][judge]") {
  const auto anchor =
      TrustAnchor::parse(mooring::test::fixture("rfc9102/trust-anchor.txt"), "f").value();
  for (const Vector& vector : rfc9102_vectors()) {
    if (vector.expected != "secure-tlsa") continue;
    INFO(vector.file);
    const auto verdict = verify(parse_extension_body(vector.derived).value().records,
                                vector.service(), anchor, vector.inception);
    REQUIRE(verdict.kind == VerdictKind::secure);
    // At the very ends getdns is stricter than RFC 4035, 5.3.1, which includes them.
    const std::chrono::seconds one(1);
    CHECK(is_secure(verdict.proof, anchor, vector.inception + one));
    CHECK(is_secure(verdict.proof, anchor, vector.expiration - one));
    CHECK_FALSE(is_secure(verdict.proof, anchor, vector.inception - one));
    CHECK_FALSE(is_secure(verdict.proof, anchor, vector.expiration + one));
  }
}

namespace {

/// Where getdns is known to be wrong: at the last second of a signature, and beyond 32 bits of
/// time.
bool is_beyond_getdns(const TreeCase& each) {
  return each.title == "a signature that ends this very second" ||
         each.title == "signatures across the end of 32 bits in 2106";
}

}  // namespace

TEST_CASE("getdns finds every tree secure that the verifier finds secure", "[dnschain][judge]") {
  std::size_t judged = 0;
  for (const auto& cases : {shape_cases(), key_cases()})
    for (const TreeCase& each : cases) {
      if (each.expected != VerdictKind::secure || is_beyond_getdns(each)) continue;
      INFO(each.title);
      Scene scene;
      each.make(scene);
      const Verdict verdict = scene.verify();
      const auto anchor =
          TrustAnchor::parse(scene.anchor.empty() ? scene.tree.anchor_text() : scene.anchor, "t")
              .value();
      const auto records =
          scene.records.empty() ? scene.tree.chain(scene.service()) : scene.records;
      CHECK(is_secure(verdict.proof, anchor, scene.now));
      CHECK(is_secure(lay_out(records, verdict, scene.now), anchor, scene.now));
      ++judged;
    }
  WARN("getdns judged " << judged << " trees");
}
