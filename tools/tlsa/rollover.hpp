// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/base/outcome.hpp"
#include "tools/tlsa/certificate.hpp"
#include "tools/tlsa/forms.hpp"

namespace mooring::tools {

/// What a key rollover starts from.
struct RolloverInput {
  std::vector<KeyMaterial> old_keys;
  std::vector<KeyMaterial> new_keys;
  std::vector<TlsaForm> forms;      ///< of the records that are published for the old key
  std::uint32_t ttl = 3600;         ///< of the RRset in the zone, in seconds
  dnschain::WallTime published_at;  ///< when the RRset with both is, or was, published everywhere
  std::vector<dnschain::TlsaRecord> already_there;  ///< as the resolver has it; may be empty
};

/// RFC 7671, 8.1: both records first, two TTLs later the new key, then the old record goes.
struct RolloverPlan {
  std::vector<dnschain::TlsaRecord> old_records;
  std::vector<dnschain::TlsaRecord> new_records;
  bool same_key = false;      ///< nothing changes: the records match both
  bool new_is_there = false;  ///< all of the new records are published already
  std::uint32_t ttl = 0;
  dnschain::WallTime published_at;
  dnschain::WallTime new_key_from;  ///< from then on the server may use the new key
};

[[nodiscard]] Outcome<RolloverPlan> plan_rollover(const RolloverInput& input);

/// What is published while both keys may be in use: the old records and the new, each once.
[[nodiscard]] std::vector<dnschain::TlsaRecord> records_to_publish(const RolloverPlan& plan);

/// The forms of those published records that match the old key, each once.
[[nodiscard]] std::vector<TlsaForm> forms_in_use(const std::vector<dnschain::TlsaRecord>& published,
                                                 const std::vector<KeyMaterial>& old_keys);

}  // namespace mooring::tools
