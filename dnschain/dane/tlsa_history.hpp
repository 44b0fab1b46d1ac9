// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <vector>

#include "dnschain/dns/record.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// A TLSA RRset that was proven, and for how long caches may answer with it.
struct SeenTlsa {
  std::vector<TlsaRecord> records;  ///< none: it was proven that there are none to go by
  std::chrono::seconds ttl{0};      ///< for a cache that gets it from the zone, as seen last
  WallTime since{};                 ///< first seen, and no other one from then on
  WallTime last_seen{};
  WallTime cached_until{};  ///< no cache has it from here on; moves on while it is published

  bool operator==(const SeenTlsa&) const = default;
};

/// From when on a key may be used whose record is in the RRset that is published since `published`:
/// two TTLs later (RFC 7671, 8.1), one for caches, another for what is handed on from cache to
/// cache and from name server to name server.
[[nodiscard]] WallTime new_key_from(WallTime published, std::chrono::seconds ttl);

/// The TTL that the zone gives the TLSA RRset among `records`, from its RRSIG; 0 without one.
[[nodiscard]] std::chrono::seconds tlsa_zone_ttl(const std::vector<Record>& records);

/// For how long a cache that begins to ask now may still answer with the TLSA RRset of a chain: its
/// TTL, and before it those of the aliases that lead to it.
[[nodiscard]] std::chrono::seconds tlsa_cache_time(const std::vector<Record>& records);

/// The TLSA RRsets of a service that caches may still hold, over restarts.
class TlsaHistory {
 public:
  TlsaHistory() = default;
  /// Goes on with what was stored; anything seen in the future is taken for seen at `now`.
  TlsaHistory(std::vector<SeenTlsa> stored, WallTime now);

  /// `records` are proven at `now`. What was seen before may have been there until this moment.
  void saw(std::vector<TlsaRecord> records, std::chrono::seconds ttl, WallTime now);

  /// The clock was set by `step`: caches hold what they have as long as before all the same.
  void clock_set(std::chrono::seconds step);

  /// The oldest first; the last one is what is published, as far as is known here.
  [[nodiscard]] const std::vector<SeenTlsa>& seen() const { return seen_; }

 private:
  void move_out_of_future(WallTime now);
  void add(std::vector<TlsaRecord> records, WallTime now);
  void forget(WallTime now);

  std::vector<SeenTlsa> seen_;
};

}  // namespace mooring::dnschain
