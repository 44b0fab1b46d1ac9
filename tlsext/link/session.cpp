// SPDX-License-Identifier: GPL-3.0-or-later
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>

#include "tlsext/link/key_pin.hpp"
#include "tlsext/link/link.hpp"
#include "tlsext/link/link_state.hpp"
#include "tlsext/record/context_settings.hpp"

namespace mooring::tlsext {

LinkSession::Impl::Impl(const std::shared_ptr<LinkState>& state, LinkRole role)
    : RecordPump(state,
                 SslPtr(wolfSSL_new(
                     (role == LinkRole::connects ? state->connecting : state->accepting).get()))),
      link(*state),
      role_(role) {}

// An answer of false has wolfSSL send an alert: unknown_ca as a rule.
bool LinkSession::Impl::takes_certificate(ByteView der) {
  const auto deny = [&](const char* why) {
    blame(why);
    return false;
  };
  const std::optional<KeyPin> pin = key_pin_of_der(der);
  if (!pin) return deny("its certificate cannot be read");
  const auto found = std::find_if(link.peers.begin(), link.peers.end(),
                                  [&](const LinkPeer& other) { return other.pin == *pin; });
  if (found == link.peers.end()) return deny("its key is not that of a peer");
  if (wanted != nullptr && wanted != &*found) return deny("its key is that of another peer");
  peer = &*found;
  return true;
}

// What wolfSSL leaves to us: it goes on without ALPN where the other side does not use it. That
// there is a key is its own condition already; without one nothing is open in any case.
bool LinkSession::Impl::is_complete() {
  const auto deny = [&](Alert alert, const char* why) {
    wolfSSL_SendFatalAlert(ssl(), static_cast<unsigned char>(alert));
    blame(why);
    return false;
  };
  if (peer == nullptr) return deny(Alert::certificate_required, "it has shown no certificate");
  if (info().alpn != link.alpn) {
    return deny(Alert::no_application_protocol, "it does not speak the protocol of a link");
  }
  return true;
}

int LinkSession::Impl::shake() {
  const int result = role_ == LinkRole::connects ? wolfSSL_connect(ssl()) : wolfSSL_accept(ssl());
  if (result != WOLFSSL_SUCCESS) return result;
  if (!is_complete()) return WOLFSSL_FATAL_ERROR;
  return result;
}

namespace {

Result<std::unique_ptr<LinkSession::Impl>> make(const std::shared_ptr<LinkState>& state,
                                                LinkRole role) {
  auto impl = std::make_unique<LinkSession::Impl>(state, role);
  WOLFSSL* ssl = impl->ssl();
  if (ssl == nullptr) return failure(ErrorCode::internal, "no memory for a session");
  wolfSSL_SetCertCbCtx(ssl, impl.get());
  if (!use_alpn(ssl, state->alpn, WOLFSSL_ALPN_FAILED_ON_MISMATCH)) {
    return failure(ErrorCode::internal, "no memory for ALPN");
  }
  return impl;
}

}  // namespace

Result<LinkSession> LinkSession::connect(LinkContext& context, std::string_view peer) {
  const std::vector<LinkPeer>& peers = context.state_->peers;
  const auto wanted = std::find_if(peers.begin(), peers.end(),
                                   [&](const LinkPeer& other) { return other.name == peer; });
  if (wanted == peers.end()) {
    return failure(ErrorCode::configuration, std::string(peer) + " is no peer");
  }
  auto impl = make(context.state_, LinkRole::connects);
  if (!impl) return tl::unexpected(std::move(impl.error()));
  (*impl)->wanted = &*wanted;
  if (!offer_groups((*impl)->ssl(), Version::tls13)) {
    return failure(ErrorCode::internal, "no memory for key shares");
  }
  return LinkSession(std::move(*impl));
}

Result<LinkSession> LinkSession::accept(LinkContext& context) {
  auto impl = make(context.state_, LinkRole::accepts);
  if (!impl) return tl::unexpected(std::move(impl.error()));
  wolfSSL_no_ticket_TLSv13((*impl)->ssl());
  return LinkSession(std::move(*impl));
}

LinkSession::LinkSession(std::unique_ptr<Impl> impl) : Session(std::move(impl)) {}

Result<void> LinkSession::start(SessionSink& sink) {
  return pump().start(sink);
}

const std::string& LinkSession::peer() const {
  static const std::string kNobody;
  const LinkPeer* peer = static_cast<const Impl&>(pump()).peer;
  return state() == SessionState::handshaking || peer == nullptr ? kNobody : peer->name;
}

}  // namespace mooring::tlsext
