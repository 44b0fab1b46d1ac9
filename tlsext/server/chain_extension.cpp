// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/server/chain_extension.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>

#include "tlsext/server/session_impl.hpp"

namespace mooring::tlsext {
namespace {

using Impl = ServerSession::Impl;

constexpr std::size_t kExtensionHeaderSize = 4;
constexpr std::uint16_t kServerNameType = 0;

Impl& session_of(WOLFSSL* ssl) {
  return static_cast<Impl&>(RecordPump::of(ssl));
}

// The ready-made chain for this session, or null (RFC 9102, 2.1 and 3: not ours, unknown port, none
// ready). A source that throws has none.
ChainBytes find_chain(const Impl& session) {
  if (!session.known_name || !session.server.chain_source) return nullptr;
  try {
    return session.server.chain_source(session.server_name, *session.chain_port);
  } catch (...) {
    return nullptr;
  }
}

// Whether there is a chain to send, which session.offer then has.
bool supply_chain(Impl& session, WOLFSSL* ssl, std::size_t available) {
  // RFC 9102, 6: not on resumption. TLS 1.3 sends no Certificate then; TLS 1.2 comes here.
  if (!session.chain_port || wolfSSL_session_reused(ssl) != 0) return false;
  ServerCounters& counters = session.server.counters;
  ChainBytes chain = find_chain(session);
  if (!chain) {
    ++counters.chain_not_available;
    return false;
  }
  if (chain->size() > kMaxChainSize || chain->size() + kExtensionHeaderSize > available) {
    ++counters.chain_too_big;
    return false;
  }
  ++counters.chain_sent;
  session.offer = std::make_unique<ChainOffer>(std::move(chain));
  return true;
}

int on_send(WOLFSSL* ssl, unsigned char /*message*/, unsigned available,
            const WOLFSSL_CUSTOM_EXT** extensions, unsigned short* count, void*) noexcept try {
  Impl& session = session_of(ssl);
  if (supply_chain(session, ssl, available)) {
    *extensions = &session.offer->extension();
    *count = 1;
  }
  return 0;
} catch (...) {
  return MEMORY_E;
}

// RFC 6066, 3: HostName is ASCII. wolfSSL keeps it as a C string, so a name with a NUL in it would
// be taken for a shorter one. The name begins after the list's length, a type and its own length.
int check_server_name(Impl& session, ByteView body) {
  constexpr std::size_t kNameOffset = 5;
  if (body.size() < kNameOffset) return kLeaveToWolfssl;
  const ByteView name = body.subspan(kNameOffset);
  if (std::find(name.begin(), name.end(), std::byte{0}) == name.end()) return kLeaveToWolfssl;
  return session.refuse(Alert::illegal_parameter, "NUL in the server name");
}

int take_request(Impl& session, ByteView body) {
  session.chain_port = parse_chain_request(body);
  if (session.chain_port) return kTaken;
  return session.refuse(Alert::decode_error, "dnssec_chain request of a wrong length");
}

int on_receive(WOLFSSL* ssl, unsigned char message, unsigned short /*entry*/, unsigned short type,
               const unsigned char* data, unsigned short size, void*) noexcept {
  const ByteView body(reinterpret_cast<const std::byte*>(data), size);
  const bool hello = message == WOLFSSL_EXT_MSG_CLIENT_HELLO;
  if (type == kServerNameType && hello) return check_server_name(session_of(ssl), body);
  if (type != kDnssecChainType) return kLeaveToWolfssl;
  Impl& session = session_of(ssl);
  if (hello) return take_request(session, body);
  return session.refuse(Alert::illegal_parameter, "dnssec_chain in the wrong message");
}

// Runs when a ClientHello's extensions have been read. An unknown name or none is no error: the
// first identity answers, and no chain goes with it (RFC 9102, 3).
int on_server_name(WOLFSSL* ssl, int*, void*) noexcept try {
  Impl& session = session_of(ssl);
  void* data = nullptr;
  const unsigned short size = wolfSSL_SNI_GetRequest(ssl, WOLFSSL_SNI_HOST_NAME, &data);
  session.server_name = canonical_name({static_cast<const char*>(data), data ? size : 0U});
  WOLFSSL_CTX* chosen = session.server.find(session.server_name);
  session.known_name = chosen != nullptr && !session.server_name.empty();
  if (session.known_name && wolfSSL_set_SSL_CTX(ssl, chosen) == nullptr) return fatal_return;
  return 0;
} catch (...) {
  return fatal_return;
}

}  // namespace

void install_chain_extension(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_custom_ext_cb(context, on_send, on_receive, nullptr);
}

void install_identity_selection(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_servername_callback(context, on_server_name);
}

}  // namespace mooring::tlsext
