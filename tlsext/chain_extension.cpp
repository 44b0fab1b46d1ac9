// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/chain_extension.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <exception>

#include "tlsext/extension/codec.hpp"
#include "tlsext/session_impl.hpp"

namespace mooring::tlsext {

struct ChainOffer {
  WOLFSSL_CUSTOM_EXT extension{};
  std::array<std::byte, 2> port{};  // client: the body
  ChainBytes chain;                 // server: owns the body until the message is out
};

void ChainOfferFree::operator()(ChainOffer* offer) const noexcept {
  delete offer;
}

namespace {

using Impl = TlsSession::Impl;

// Alerts, as the callback returns them (RFC 8446, 6).
constexpr int kIllegalParameter = -47;
constexpr int kDecodeError = -50;
constexpr int kInternalError = -80;
constexpr int kUnsupportedExtension = -110;
constexpr int kLeaveToWolfssl = 0;
constexpr int kTaken = 1;

constexpr std::size_t kExtensionHeaderSize = 4;
constexpr std::uint16_t kServerNameType = 0;

Impl& session_of(WOLFSSL* ssl) {
  return *static_cast<Impl*>(wolfSSL_GetIOReadCtx(ssl));
}

bool is_tls13(WOLFSSL* ssl) {
  return wolfSSL_version(ssl) == TLS1_3_VERSION;
}

void offer(Impl& session, ByteView body) {
  session.offer->extension = {kDnssecChainType, static_cast<unsigned short>(body.size()),
                              reinterpret_cast<const unsigned char*>(body.data())};
}

// The ready-made chain for this session, or null (RFC 9102, 2.1 and 3: not ours, unknown port, none
// ready). A source that throws has none.
ChainBytes find_chain(Impl& session) {
  if (!session.known_name || !session.server->chain_source) return nullptr;
  try {
    return session.server->chain_source(session.server_name, *session.chain_port);
  } catch (...) {
    return nullptr;
  }
}

// Server: puts the chain into session.offer and returns true if it is to be sent.
bool supply_chain(Impl& session, WOLFSSL* ssl, std::size_t room) {
  // RFC 9102, 6: not on resumption. TLS 1.3 sends no Certificate then; TLS 1.2 comes here.
  if (!session.chain_port || wolfSSL_session_reused(ssl) != 0) return false;
  ServerCounters& counters = session.server->counters;
  ChainBytes chain = find_chain(session);
  if (!chain) {
    ++counters.chain_not_available;
    return false;
  }
  if (chain->size() > kMaxChainSize || chain->size() + kExtensionHeaderSize > room) {
    ++counters.chain_too_big;
    return false;
  }
  ++counters.chain_sent;
  session.offer.reset(new ChainOffer);
  session.offer->chain = std::move(chain);
  offer(session, *session.offer->chain);
  return true;
}

// Client: RFC 9102, 2.1: the extension goes with SNI.
bool supply_request(Impl& session) {
  if (!session.chain_port || session.server_name.empty()) return false;
  session.offer.reset(new ChainOffer);
  session.offer->port = encode_chain_request(*session.chain_port);
  offer(session, session.offer->port);
  return true;
}

int on_send(WOLFSSL* ssl, unsigned char message, unsigned room,
            const WOLFSSL_CUSTOM_EXT** extensions, unsigned short* count, void*) noexcept try {
  Impl& session = session_of(ssl);
  const bool any = session.server
                       ? supply_chain(session, ssl, room)
                       : message == WOLFSSL_EXT_MSG_CLIENT_HELLO && supply_request(session);
  if (any) {
    *extensions = &session.offer->extension;
    *count = 1;
  }
  return 0;
} catch (...) {
  return MEMORY_E;
}

int refuse(Impl& session, int alert, const char* why) {
  session.refusal = why;
  return alert;
}

// RFC 6066, 3: HostName is ASCII. wolfSSL keeps it as a C string, so a name with a NUL in it would
// be taken for a shorter one. The name begins after the list's length, a type and its own length.
int check_server_name(Impl& session, ByteView body) {
  constexpr std::size_t kNameOffset = 5;
  if (body.size() < kNameOffset) return kLeaveToWolfssl;
  const ByteView name = body.subspan(kNameOffset);
  if (std::find(name.begin(), name.end(), std::byte{0}) == name.end()) return kLeaveToWolfssl;
  return refuse(session, kIllegalParameter, "NUL in the server name");
}

int on_request(Impl& session, ByteView body) {
  const auto port = parse_chain_request(body);
  if (!port) return refuse(session, kDecodeError, "dnssec_chain request of a wrong length");
  session.chain_port = port;
  return kTaken;
}

int on_chain(Impl& session, WOLFSSL* ssl, unsigned char message, unsigned entry, ByteView body) {
  // RFC 8446, 4.2: not asked for, or in a message that it does not belong to.
  if (!session.chain_port || session.server_name.empty()) {
    return refuse(session, kUnsupportedExtension, "dnssec_chain was not asked for");
  }
  const int expected = is_tls13(ssl) ? WOLFSSL_EXT_MSG_CERTIFICATE : WOLFSSL_EXT_MSG_SERVER_HELLO;
  if (message != expected || entry != 0) {
    return refuse(session, kIllegalParameter, "dnssec_chain in the wrong message");
  }
  session.facts->chain.emplace(body.begin(), body.end());
  return kTaken;
}

int on_receive(WOLFSSL* ssl, unsigned char message, unsigned short entry, unsigned short type,
               const unsigned char* data, unsigned short size, void*) noexcept try {
  if (type != kDnssecChainType && type != kServerNameType) return kLeaveToWolfssl;
  Impl& session = session_of(ssl);
  const ByteView body(reinterpret_cast<const std::byte*>(data), size);
  const bool hello = session.server && message == WOLFSSL_EXT_MSG_CLIENT_HELLO;
  if (type == kServerNameType) return hello ? check_server_name(session, body) : kLeaveToWolfssl;
  if (hello) return on_request(session, body);
  if (session.server) {
    return refuse(session, kIllegalParameter, "dnssec_chain in the wrong message");
  }
  return on_chain(session, ssl, message, entry, body);
} catch (...) {
  return kInternalError;
}

// Runs when a ClientHello's extensions have been read. An unknown name or none is no error: the
// first identity answers, and no chain goes with it (RFC 9102, 3).
int on_server_name(WOLFSSL* ssl, int*, void*) noexcept try {
  Impl& session = session_of(ssl);
  void* data = nullptr;
  const unsigned short size = wolfSSL_SNI_GetRequest(ssl, WOLFSSL_SNI_HOST_NAME, &data);
  session.server_name = canonical_name({static_cast<const char*>(data), data ? size : 0U});
  WOLFSSL_CTX* chosen = session.server->find(session.server_name);
  session.known_name = chosen != nullptr && !session.server_name.empty();
  if (session.known_name && wolfSSL_set_SSL_CTX(ssl, chosen) == nullptr) return fatal_return;
  return 0;
} catch (...) {
  return fatal_return;
}

int on_certificate(int /*verified*/, WOLFSSL_X509_STORE_CTX* store) noexcept try {
  auto& session = *static_cast<Impl*>(store->userCtx);
  ClientFacts& facts = *session.facts;
  if (facts.certificates.empty()) {
    for (int i = 0; i < store->totalCerts; ++i) {
      const auto* der = reinterpret_cast<const std::byte*>(store->certs[i].buffer);
      facts.certificates.emplace_back(der, der + store->certs[i].length);
    }
  }
  return 1;
} catch (...) {
  return 0;
}

}  // namespace

void install_chain_extension(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_custom_ext_cb(context, on_send, on_receive, nullptr);
}

void install_identity_selection(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_servername_callback(context, on_server_name);
}

void install_certificate_capture(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, on_certificate);
}

}  // namespace mooring::tlsext
