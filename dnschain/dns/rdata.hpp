// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "dnschain/dns/record.hpp"

namespace mooring::dnschain {

// RDATA taken apart. Every parser reads the whole of `rdata` or gives nothing. Views point into
// the RDATA they were read from, which must outlive them.

struct RrsigData {  // RFC 4034, 3.1
  RrType covered{};
  std::uint8_t algorithm = 0;
  std::uint8_t labels = 0;
  std::uint32_t original_ttl = 0;
  std::uint32_t expiration = 0;
  std::uint32_t inception = 0;
  std::uint16_t key_tag = 0;
  Name signer;
  ByteView signature;
};

struct DnskeyData {  // RFC 4034, 2.1
  std::uint16_t flags = 0;
  std::uint8_t protocol = 0;
  std::uint8_t algorithm = 0;
  ByteView key;
};

struct DsData {  // RFC 4034, 5.1
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  std::uint8_t digest_type = 0;
  ByteView digest;
};

/// The types at a name, as NSEC and NSEC3 list them (RFC 4034, 4.1.2).
class TypeBitmap {
 public:
  TypeBitmap() = default;
  /// Nothing when the windows are out of order, empty, too long or cut.
  [[nodiscard]] static std::optional<TypeBitmap> parse(ByteView octets);
  [[nodiscard]] bool has(RrType type) const;

 private:
  explicit TypeBitmap(ByteView octets) : octets_(octets) {}
  ByteView octets_;
};

struct NsecData {  // RFC 4034, 4.1
  Name next;
  TypeBitmap types;
};

struct Nsec3Data {  // RFC 5155, 3.2
  std::uint8_t algorithm = 0;
  std::uint8_t flags = 0;
  std::uint16_t iterations = 0;
  ByteView salt;
  ByteView next;
  TypeBitmap types;
};

struct TlsaData {  // RFC 6698, 2.1
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  ByteView data;
};

[[nodiscard]] std::optional<RrsigData> parse_rrsig(ByteView rdata);
[[nodiscard]] std::optional<DnskeyData> parse_dnskey(ByteView rdata);
[[nodiscard]] std::optional<DsData> parse_ds(ByteView rdata);
[[nodiscard]] std::optional<NsecData> parse_nsec(ByteView rdata);
[[nodiscard]] std::optional<Nsec3Data> parse_nsec3(ByteView rdata);
[[nodiscard]] std::optional<TlsaData> parse_tlsa(ByteView rdata);
/// The one name that is all of the RDATA of NS, CNAME and DNAME.
[[nodiscard]] std::optional<Name> parse_single_name(ByteView rdata);

/// Whether the RDATA has the form of its type. Types that this room gives no meaning to may hold
/// anything.
[[nodiscard]] bool is_well_formed(RrType type, ByteView rdata);

/// The key tag of a DNSKEY's RDATA (RFC 4034, appendix B).
[[nodiscard]] std::uint16_t key_tag(ByteView dnskey_rdata);

/// Mnemonic of a type ("TLSA"), or "TYPE65280" (RFC 3597, 5).
[[nodiscard]] std::string to_text(RrType type);

}  // namespace mooring::dnschain
