// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

struct WOLFSSL_CTX;

namespace mooring::tlsext {

/// Makes the sessions of a client's `context` ask for dnssec_chain and keep what is sent (RFC
/// 9102).
void install_chain_request(WOLFSSL_CTX* context);

/// Makes them keep the server's certificates and, without PKIX verification, accept any.
void install_certificate_capture(WOLFSSL_CTX* context);

}  // namespace mooring::tlsext
