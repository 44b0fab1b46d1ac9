// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tlsext/base/types.hpp"

struct WOLFSSL;
struct WOLFSSL_CTX;

namespace mooring::tlsext {

/// What contexts of both roles are given: cipher suites, groups, the lowest version, no cache of
/// sessions. False when wolfSSL does not take it.
[[nodiscard]] bool set_up(WOLFSSL_CTX* context, Version minimum);

/// Protocol names as wolfSSL takes them: with commas between.
[[nodiscard]] std::string alpn_list(const std::vector<std::string>& names);

/// Makes a session use the protocols of such a list, if it is not empty; `mismatch` is wolfSSL's
/// option for when none is common. False when there is no memory for it.
[[nodiscard]] bool use_alpn(WOLFSSL* ssl, const std::string& list, unsigned char mismatch);

}  // namespace mooring::tlsext
