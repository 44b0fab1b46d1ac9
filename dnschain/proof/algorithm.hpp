// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <optional>
#include <string>

#include "dnschain/base/bytes.hpp"
#include "dnschain/dns/name.hpp"

namespace mooring::dnschain {

/// Whether signatures by this DNSSEC algorithm are checked: 8, 10, 13, 14, 15 and 16 are. To the
/// others, SHA-1's 5 and 7 among them, a zone counts as unsigned (RFC 4035, 5.2).
[[nodiscard]] bool is_supported_algorithm(std::uint8_t algorithm);

/// Whether DS records with this digest count: SHA-256 and SHA-384 do, SHA-1 does not.
[[nodiscard]] bool is_supported_digest(std::uint8_t digest_type);

/// The digest of `data`, or nothing when the type is not supported.
[[nodiscard]] std::optional<Bytes> ds_digest(std::uint8_t digest_type, ByteView data);

/// Why no signature by `key`, in the form it has in DNSKEY, is ever checked, in one line:
/// malformed, or an RSA key so large that it is only good to waste time.
[[nodiscard]] std::optional<std::string> key_fault(std::uint8_t algorithm, ByteView key);

/// Checks `signature`, in the form it has in RRSIG, over `data`. False for anything malformed.
[[nodiscard]] bool check_signature(std::uint8_t algorithm, ByteView key, ByteView signature,
                                   ByteView data);

/// What a check with a key costs, roughly, in checks of ECDSA P-256.
[[nodiscard]] std::size_t check_cost(std::uint8_t algorithm, ByteView key);

/// RFC 9276, 3.2: NSEC3 records with more iterations are as good as none, and hashing for them is
/// work that a stranger would set us.
inline constexpr std::size_t kMaxNsec3Iterations = 150;

using Sha1Digest = std::array<std::byte, 20>;

/// The hash of a name in lower-case wire form (RFC 5155, 5): `iterations` further rounds.
[[nodiscard]] Sha1Digest nsec3_hash(ByteView name, ByteView salt, std::uint16_t iterations);

/// The hash in the first label of an NSEC3 record's owner: base32 with the extended hex alphabet
/// (RFC 5155, 3; RFC 4648, 7), no padding. Nothing when that is no hash of this size.
[[nodiscard]] std::optional<Sha1Digest> nsec3_hash_in(const Name& owner);

}  // namespace mooring::dnschain
