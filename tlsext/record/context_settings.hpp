// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"

struct WOLFSSL;
struct WOLFSSL_CTX;

namespace mooring::tlsext {

/// What contexts of both roles are given: cipher suites, groups, the lowest version, no cache of
/// sessions. False when wolfSSL does not take it.
[[nodiscard]] bool set_up(WOLFSSL_CTX* context, Version minimum);

/// Gives a context a certificate chain (leaf first) and the key of that, PEM both; `owner` is whose
/// they are, for the error. Fails (configuration, private_key) when they cannot be used.
[[nodiscard]] Result<void> use_certificate(WOLFSSL_CTX* context, const std::string& owner,
                                           const std::string& certificate_pem,
                                           const std::string& private_key_pem);

/// Makes a client's session offer the groups that we have, with key shares of those that a server
/// most likely takes. False when there is no memory for it.
[[nodiscard]] bool offer_groups(WOLFSSL* ssl, Version maximum);

/// Protocol names as wolfSSL takes them: with commas between.
[[nodiscard]] std::string alpn_list(const std::vector<std::string>& names);

/// Makes a session use the protocols of such a list, if it is not empty; `mismatch` is wolfSSL's
/// option for when none is common. False when there is no memory for it.
[[nodiscard]] bool use_alpn(WOLFSSL* ssl, const std::string& list, unsigned char mismatch);

}  // namespace mooring::tlsext
