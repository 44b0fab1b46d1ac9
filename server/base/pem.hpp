// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace mooring::server {

/// The DER octets of each CERTIFICATE block of PEM text (RFC 7468), in order. A block that is not
/// whole base64 is left out.
[[nodiscard]] std::vector<std::vector<std::byte>> certificates_from_pem(std::string_view pem);

}  // namespace mooring::server
