// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TlsSession that tells a client what its server has shown.
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include "tlsext/session_impl.hpp"

namespace mooring::tlsext {
namespace {

bool is_raw_key(WOLFSSL* ssl) {
  int type = WOLFSSL_CERT_TYPE_UNKNOWN;
  return wolfSSL_get_negotiated_server_cert_type(ssl, &type) == WOLFSSL_SUCCESS &&
         type == WOLFSSL_CERT_TYPE_RPK;
}

}  // namespace

std::vector<Bytes> TlsSession::peer_certificates() const {
  if (!impl_->facts || is_raw_key(impl_->ssl.get())) return {};
  return impl_->facts->certificates;
}

Bytes TlsSession::peer_raw_public_key() const {
  if (!impl_->facts || impl_->facts->certificates.empty() || !is_raw_key(impl_->ssl.get())) {
    return {};
  }
  return impl_->facts->certificates.front();
}

std::optional<Bytes> TlsSession::dnssec_chain() const {
  return impl_->facts ? impl_->facts->chain : std::nullopt;
}

std::shared_ptr<const Bytes> TlsSession::resumption_ticket() const {
  if (!impl_->client || impl_->state == SessionState::handshaking) return nullptr;
  const SslSessionPtr session(wolfSSL_get1_session(impl_->ssl.get()));
  if (!session || wolfSSL_SESSION_has_ticket(session.get()) == 0) return nullptr;
  const int size = wolfSSL_i2d_SSL_SESSION(session.get(), nullptr);
  if (size <= 0) return nullptr;
  auto ticket = std::make_shared<Bytes>(static_cast<std::size_t>(size));
  auto* octets = reinterpret_cast<unsigned char*>(ticket->data());
  if (wolfSSL_i2d_SSL_SESSION(session.get(), &octets) != size) return nullptr;
  return ticket;
}

}  // namespace mooring::tlsext
