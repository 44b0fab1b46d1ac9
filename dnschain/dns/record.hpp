// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"
#include "dnschain/dns/name.hpp"

namespace mooring::dnschain {

/// RR types that this room gives a meaning to (RFC 1035, 4034, 5155, 6672, 6698).
enum class RrType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  dname = 39,
  opt = 41,
  ds = 43,
  rrsig = 46,
  nsec = 47,
  dnskey = 48,
  nsec3 = 50,
  nsec3param = 51,
  tlsa = 52,
};

/// One resource record with every name in it uncompressed.
struct Record {
  Name owner;
  RrType type{};
  std::uint16_t rr_class = 1;
  std::uint32_t ttl = 0;  ///< seconds
  Bytes rdata;

  bool operator==(const Record&) const = default;
};

/// Presentation form in one line: owner, TTL, class, type, RDATA.
[[nodiscard]] std::string to_text(const Record& record);

/// Reads records, one after the other, until the octets end (RFC 1035, 3.2.1, nothing compressed).
/// At most `limit` of them.
[[nodiscard]] Result<std::vector<Record>> read_records(ByteView octets, std::size_t limit);

/// The octets of one record, appended to `out`.
void write_record(const Record& record, Bytes& out);

}  // namespace mooring::dnschain
