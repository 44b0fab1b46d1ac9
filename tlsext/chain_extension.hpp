// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

struct WOLFSSL_CTX;

namespace mooring::tlsext {

/// The dnssec_chain extension of one handshake while it is being sent.
struct ChainOffer;
struct ChainOfferFree {
  void operator()(ChainOffer* offer) const noexcept;
};

/// Makes the sessions of `context` send and receive dnssec_chain (RFC 9102), in either role.
void install_chain_extension(WOLFSSL_CTX* context);

/// Makes the sessions of a server's `context` change to the identity that SNI names.
void install_identity_selection(WOLFSSL_CTX* context);

/// Makes the sessions of a client's `context` keep the server's certificates and, without PKIX
/// verification, accept any.
void install_certificate_capture(WOLFSSL_CTX* context);

}  // namespace mooring::tlsext
