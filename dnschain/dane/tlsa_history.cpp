// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/tlsa_history.hpp"

#include <algorithm>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/dns/rrset.hpp"

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// However often a zone changes: those that caches lose first are forgotten first.
constexpr std::size_t kMost = 64;

bool same_set(const std::vector<TlsaRecord>& a, const std::vector<TlsaRecord>& b) {
  return a.size() == b.size() && std::ranges::is_permutation(a, b);
}

/// The sum of what the RRSIGs over RRsets of `type` say, each RRset counted once.
seconds original_ttls(const std::vector<Record>& records, RrType type) {
  std::vector<Name> owners;
  seconds sum{0};
  for (const Record& record : records) {
    const auto rrsig = record.type == RrType::rrsig ? parse_rrsig(record.rdata) : std::nullopt;
    if (!rrsig || rrsig->covered != type) continue;
    if (std::ranges::find(owners, record.owner) != owners.end()) continue;
    owners.push_back(record.owner);
    sum += seconds(sane_ttl(rrsig->original_ttl));
  }
  return sum;
}

}  // namespace

WallTime new_key_from(WallTime published, seconds ttl) {
  return published + 2 * ttl;
}

seconds tlsa_zone_ttl(const std::vector<Record>& records) {
  return original_ttls(records, RrType::tlsa);
}

seconds tlsa_cache_time(const std::vector<Record>& records) {
  return tlsa_zone_ttl(records) + original_ttls(records, RrType::cname) +
         original_ttls(records, RrType::dname);
}

TlsaHistory::TlsaHistory(std::vector<SeenTlsa> stored, WallTime now) : seen_(std::move(stored)) {
  move_out_of_future(now);
}

/// The clock was ahead when these were seen: as much must be taken off their other times.
void TlsaHistory::move_out_of_future(WallTime now) {
  for (SeenTlsa& each : seen_) {
    const seconds ahead = each.last_seen - now;
    if (ahead <= seconds(0)) continue;
    each.since -= ahead;
    each.last_seen -= ahead;
    each.cached_until -= ahead;
  }
}

void TlsaHistory::clock_set(seconds step) {
  for (SeenTlsa& each : seen_) {
    for (WallTime* time : {&each.since, &each.last_seen, &each.cached_until}) *time += step;
  }
}

void TlsaHistory::saw(std::vector<TlsaRecord> records, seconds ttl, WallTime now) {
  move_out_of_future(now);
  if (!seen_.empty()) {
    SeenTlsa& before = seen_.back();
    before.cached_until = std::max(before.cached_until, now + before.ttl);
  }
  if (seen_.empty() || !same_set(seen_.back().records, records)) add(std::move(records), now);
  SeenTlsa& published = seen_.back();
  published.ttl = ttl;
  published.last_seen = now;
  published.cached_until = std::max(published.cached_until, now + ttl);
  forget(now);
}

/// Puts at the end one that was not the last; what is known of it already goes along.
void TlsaHistory::add(std::vector<TlsaRecord> records, WallTime now) {
  const auto known = std::ranges::find_if(
      seen_, [&](const SeenTlsa& each) { return same_set(each.records, records); });
  const WallTime cached_until = known == seen_.end() ? now : known->cached_until;
  if (known != seen_.end()) seen_.erase(known);
  seen_.push_back({std::move(records), seconds(0), now, now, cached_until});
}

/// What has left the caches is still needed for a TTL more: it tells since when a record that it
/// shares with later ones has been there.
void TlsaHistory::forget(WallTime now) {
  SeenTlsa published = std::move(seen_.back());
  seen_.pop_back();
  std::erase_if(seen_, [&](const SeenTlsa& each) { return each.cached_until + each.ttl <= now; });
  if (seen_.size() >= kMost)
    seen_.erase(std::ranges::min_element(seen_, {}, &SeenTlsa::cached_until));
  seen_.push_back(std::move(published));
}

}  // namespace mooring::dnschain
