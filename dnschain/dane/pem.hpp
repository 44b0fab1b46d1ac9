// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// One block of PEM text (RFC 7468).
struct PemBlock {
  std::string label;       ///< "CERTIFICATE"
  bool encrypted = false;  ///< by its label, or by a header of RFC 1421
  Bytes der;               ///< of an encrypted one as it is

  [[nodiscard]] bool is_private_key() const { return label.ends_with("PRIVATE KEY"); }
};

struct PemText {
  std::vector<PemBlock> blocks;
  bool damaged = false;  ///< something like a block follows, and cannot be read
};

/// The blocks of PEM text; what is between them is passed over.
[[nodiscard]] PemText parse_pem(std::string_view text);

/// The DER of each CERTIFICATE block of PEM text, in order, up to the first block that is damaged.
[[nodiscard]] std::vector<Bytes> certificates_in_pem(std::string_view text);

}  // namespace mooring::dnschain
