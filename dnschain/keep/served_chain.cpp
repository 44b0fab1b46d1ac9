// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/served_chain.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>

#include "dnschain/build/chain_layout.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/dns/rrset.hpp"

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

RrType covered_type(const Record& record) {
  if (record.type != RrType::rrsig) return record.type;
  const auto rrsig = parse_rrsig(record.rdata);
  return rrsig ? rrsig->covered : record.type;
}

/// Owner in canonical order puts a zone before all that is below it; the rest keeps an RRset and
/// its signatures together.
bool comes_before(const Record& a, const Record& b) {
  if (const auto order = a.owner <=> b.owner; order != 0) return order < 0;
  if (covered_type(a) != covered_type(b)) return covered_type(a) < covered_type(b);
  if (a.type != b.type) return b.type == RrType::rrsig;
  return std::ranges::lexicographical_compare(a.rdata, b.rdata);
}

/// A resolver whose clock was set may tell a TTL above the one in the zone (RFC 4035, 5.3.3).
void bound_ttls(Chain& chain) {
  std::map<std::pair<Name, RrType>, std::uint32_t> original;
  for (const Record& record : chain.records) {
    const auto rrsig = record.type == RrType::rrsig ? parse_rrsig(record.rdata) : std::nullopt;
    if (rrsig) original.try_emplace({record.owner, rrsig->covered}, sane_ttl(rrsig->original_ttl));
  }
  for (Record& record : chain.records) {
    const auto found = original.find({record.owner, covered_type(record)});
    if (found != original.end()) record.ttl = std::min(record.ttl, found->second);
  }
}

/// A TTL never counts for more than the zone gave it (RFC 4035, 5.3.3).
std::uint32_t smallest_ttl(const Chain& chain) {
  std::uint32_t smallest = std::numeric_limits<std::uint32_t>::max();
  for (const Record& record : chain.records) {
    smallest = std::min(smallest, sane_ttl(record.ttl));
    if (const auto rrsig = record.type == RrType::rrsig ? parse_rrsig(record.rdata) : std::nullopt)
      smallest = std::min(smallest, sane_ttl(rrsig->original_ttl));
  }
  return smallest;
}

Result<ServedChain> bounded(ServedChain served, WallTime now, seconds grace) {
  bound_ttls(served.chain);
  served.ttl_bound = served.chain.fetched + seconds(served.verdict.ttl);
  served.until = std::min(served.ttl_bound + grace, served.verdict.until);
  if (served.until <= now)
    return tl::unexpected(Error{ErrorCode::unusable, "the chain has no time left to be served"});
  return served;
}

bool same_but_for_ttl(const Record& a, const Record& b) {
  return a.owner == b.owner && a.type == b.type && a.rdata == b.rdata;
}

WallTime end_of(const Record& record, const ServedChain& served) {
  return std::min(served.chain.fetched + seconds(record.ttl), served.verdict.until);
}

}  // namespace

Result<ServedChain> admit(Chain chain, const Service& service, const TrustAnchor& anchor,
                          WallTime now, seconds grace, const VerifyLimits& limits) {
  Verdict verdict = verify(chain.records, service, anchor, now, limits);
  if (verdict.kind == VerdictKind::bogus)
    return tl::unexpected(
        Error{ErrorCode::unproven, "the chain does not verify: " + verdict.reason});
  ServedChain served{{lay_out(chain.records, verdict, now), chain.fetched}, std::move(verdict)};
  sort_records(chain);
  served.given = std::move(chain.records);
  if (served.chain.records.size() < served.given.size()) {
    Verdict again = verify(served.chain.records, service, anchor, now, limits);
    if (again.kind == served.verdict.kind)
      served.verdict = std::move(again);
    else
      served.chain.records = served.given;
  }
  return bounded(std::move(served), now, grace);
}

void sort_records(Chain& chain) {
  std::ranges::sort(chain.records, comes_before);
}

Result<ServedChain> renew(const ServedChain& before, Chain fresh, WallTime now, seconds grace) {
  ServedChain served{{before.chain.records, fresh.fetched}, before.verdict};
  for (Record& record : served.chain.records)
    record.ttl = std::ranges::lower_bound(fresh.records, record, comes_before)->ttl;
  served.verdict.ttl = smallest_ttl(served.chain);
  served.given = std::move(fresh.records);
  return bounded(std::move(served), now, grace);
}

bool same_as_given(const Chain& fresh, const ServedChain& before) {
  return std::ranges::equal(fresh.records, before.given, same_but_for_ttl);
}

bool same_records(const Chain& a, const Chain& b) {
  return std::ranges::equal(a.records, b.records, same_but_for_ttl);
}

bool same_data(const Chain& a, const Chain& b) {
  // Not std::views::filter: clang 14 cannot compile GCC 12's.
  const auto data_of = [](const Chain& chain) {
    std::vector<std::reference_wrapper<const Record>> data;
    std::ranges::copy_if(chain.records, std::back_inserter(data),
                         [](const Record& x) { return x.type != RrType::rrsig; });
    return data;
  };
  return std::ranges::equal(data_of(a), data_of(b), same_but_for_ttl);
}

ServedBody make_body(const ServedChain& served, std::chrono::hours support_lifetime,
                     ChainPrefix prefix, WallTime now) {
  WallTime first_end = served.until;
  for (const Record& record : served.chain.records)
    first_end = std::min(first_end, end_of(record, served));
  ServedBody out;
  out.renew_at = now + std::clamp((first_end - now) / 10, seconds(1), seconds(300));
  ExtensionBody body{support_lifetime, served.chain.records, prefix};
  for (Record& record : body.records) {
    const seconds left = std::max(end_of(record, served) - out.renew_at, seconds(0));
    record.ttl = std::min(record.ttl, static_cast<std::uint32_t>(left.count()));
  }
  out.octets = std::make_shared<const Bytes>(serialise(body));
  return out;
}

}  // namespace mooring::dnschain
