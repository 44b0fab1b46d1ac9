// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/client/chain_extension.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include "tlsext/client/session_impl.hpp"

namespace mooring::tlsext {
namespace {

using Impl = ClientSession::Impl;

Impl& session_of(WOLFSSL* ssl) {
  return static_cast<Impl&>(RecordPump::of(ssl));
}

// RFC 9102, 2.1: the extension goes with SNI.
bool asks_for_chain(const Impl& session) {
  return session.chain_port.has_value() && !session.server_name.empty();
}

int on_send(WOLFSSL* ssl, unsigned char message, unsigned /*available*/,
            const WOLFSSL_CUSTOM_EXT** extensions, unsigned short* count, void*) noexcept try {
  Impl& session = session_of(ssl);
  if (message != WOLFSSL_EXT_MSG_CLIENT_HELLO || !asks_for_chain(session)) return 0;
  const auto body = encode_chain_request(*session.chain_port);
  session.offer =
      std::make_unique<ChainOffer>(std::make_shared<const Bytes>(body.begin(), body.end()));
  *extensions = &session.offer->extension();
  *count = 1;
  return 0;
} catch (...) {
  return MEMORY_E;
}

int on_receive(WOLFSSL* ssl, unsigned char message, unsigned short entry, unsigned short type,
               const unsigned char* data, unsigned short size, void*) noexcept try {
  if (type != kDnssecChainType) return kLeaveToWolfssl;
  Impl& session = session_of(ssl);
  // RFC 8446, 4.2: not asked for, or in a message that it does not belong to.
  if (!asks_for_chain(session)) {
    return session.refuse(Alert::unsupported_extension, "dnssec_chain was not asked for");
  }
  const bool tls13 = wolfSSL_version(ssl) == TLS1_3_VERSION;
  const int expected = tls13 ? WOLFSSL_EXT_MSG_CERTIFICATE : WOLFSSL_EXT_MSG_SERVER_HELLO;
  if (message != expected || entry != 0) {
    return session.refuse(Alert::illegal_parameter, "dnssec_chain in the wrong message");
  }
  const auto* octets = reinterpret_cast<const std::byte*>(data);
  session.chain.emplace(octets, octets + size);
  return kTaken;
} catch (...) {
  return -static_cast<int>(Alert::internal_error);
}

int on_certificate(int /*verified*/, WOLFSSL_X509_STORE_CTX* store) noexcept try {
  auto& certificates = static_cast<Impl*>(store->userCtx)->certificates;
  if (!certificates.empty()) return 1;
  for (int i = 0; i < store->totalCerts; ++i) {
    const auto* der = reinterpret_cast<const std::byte*>(store->certs[i].buffer);
    certificates.emplace_back(der, der + store->certs[i].length);
  }
  return 1;
} catch (...) {
  return 0;
}

}  // namespace

void install_chain_request(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_custom_ext_cb(context, on_send, on_receive, nullptr);
}

void install_certificate_capture(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, on_certificate);
}

}  // namespace mooring::tlsext
