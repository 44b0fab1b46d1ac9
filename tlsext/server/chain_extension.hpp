// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

struct WOLFSSL_CTX;

namespace mooring::tlsext {

/// Makes the sessions of a server's `context` send dnssec_chain to clients that ask for it
/// (RFC 9102).
void install_chain_extension(WOLFSSL_CTX* context);

/// Makes them change to the identity that SNI names.
void install_identity_selection(WOLFSSL_CTX* context);

}  // namespace mooring::tlsext
