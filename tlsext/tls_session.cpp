// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/tls_session.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tlsext/base/alerts.hpp"
#include "tlsext/extension/codec.hpp"
#include "tlsext/session_impl.hpp"

namespace mooring::tlsext {
namespace {

using Impl = TlsSession::Impl;

constexpr std::size_t kMaxRecordText = 16384;  // RFC 8446, 5.1

int on_input(WOLFSSL*, char* buffer, int size, void* context) noexcept {
  ByteView& input = static_cast<Impl*>(context)->input;
  const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
  if (count == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
  std::memcpy(buffer, input.data(), count);
  input = input.subspan(count);
  return static_cast<int>(count);
}

int on_output(WOLFSSL*, char* buffer, int size, void* context) noexcept try {
  auto& impl = *static_cast<Impl*>(context);
  if (impl.sink == nullptr) return WOLFSSL_CBIO_ERR_GENERAL;
  impl.sink->on_ciphertext(
      {reinterpret_cast<const std::byte*>(buffer), static_cast<std::size_t>(size)});
  return size;
} catch (...) {
  return WOLFSSL_CBIO_ERR_GENERAL;
}

// As in IANA's registry, where wolfSSL has another spelling.
std::string group_name(std::string_view name) {
  if (name == "SECP256R1") return "secp256r1";
  if (name == "SECP384R1") return "secp384r1";
  return std::string(name);
}

tl::unexpected<Error> internal(std::string what) {
  return tl::unexpected(Error{ErrorCode::internal, std::nullopt, std::move(what)});
}

// The sink is known to the callbacks for the length of one call only.
class Driving {
 public:
  Driving(Impl& impl, SessionSink& sink) : impl_(impl) { impl_.sink = &sink; }
  ~Driving() {
    impl_.sink = nullptr;
    impl_.input = {};
  }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;

 private:
  Impl& impl_;
};

void attach(Impl& impl) {
  WOLFSSL* ssl = impl.ssl.get();
  wolfSSL_SSLSetIORecv(ssl, on_input);
  wolfSSL_SSLSetIOSend(ssl, on_output);
  wolfSSL_SetIOReadCtx(ssl, &impl);
  wolfSSL_SetIOWriteCtx(ssl, &impl);
}

bool use_alpn(WOLFSSL* ssl, const std::string& list, unsigned char mismatch) {
  if (list.empty()) return true;
  std::string copy = list;  // wolfSSL wants it writable
  return wolfSSL_UseALPN(ssl, copy.data(), static_cast<unsigned>(copy.size()), mismatch) ==
         WOLFSSL_SUCCESS;
}

bool use_groups(WOLFSSL* ssl, Version maximum) {
  for (const unsigned short group :
       {WOLFSSL_X25519MLKEM768, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1}) {
    if (wolfSSL_UseSupportedCurve(ssl, group) != WOLFSSL_SUCCESS) return false;
  }
  if (maximum == Version::tls12) return true;
  // Two shares: a server that does not know ML-KEM yet needs no HelloRetryRequest.
  return wolfSSL_UseKeyShare(ssl, WOLFSSL_X25519MLKEM768) == WOLFSSL_SUCCESS &&
         wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS;
}

// A ticket that cannot be used any more (expired, of another version) is no error: a full
// handshake follows.
void use_ticket(WOLFSSL* ssl, const Bytes& ticket) {
  const auto* octets = reinterpret_cast<const unsigned char*>(ticket.data());
  const SslSessionPtr session(
      wolfSSL_d2i_SSL_SESSION(nullptr, &octets, static_cast<long>(ticket.size())));
  if (session) wolfSSL_set_session(ssl, session.get());
}

bool prepare_client(Impl& impl, const ClientRequest& request, Version maximum) {
  WOLFSSL* ssl = impl.ssl.get();
  const std::string& name = impl.server_name;
  wolfSSL_SetCertCbCtx(ssl, &impl);
  if (!name.empty() &&
      wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name.data(),
                     static_cast<unsigned short>(name.size())) != WOLFSSL_SUCCESS) {
    return false;
  }
  if (!use_alpn(ssl, impl.client->alpn, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) ||
      !use_groups(ssl, maximum) || wolfSSL_UseSessionTicket(ssl) != WOLFSSL_SUCCESS) {
    return false;
  }
  if (request.resumption) use_ticket(ssl, *request.resumption);
  return true;
}

}  // namespace

// The peer's alert if it was that which ended the session; else ours, and wolfSSL sends none for
// many of its errors (RFC 8446, 6.2).
void Impl::settle_alert(Error& error, int code) {
  WOLFSSL_ALERT_HISTORY history{};
  wolfSSL_get_alert_history(ssl.get(), &history);
  // A close_notify before the end of the handshake needs no answer either (RFC 8446, 6.1).
  const bool left = code == ZERO_RETURN || code == WOLFSSL_ERROR_ZERO_RETURN;
  if (left || history.last_rx.level == alert_fatal ||
      (code == FATAL_ERROR && history.last_rx.code > 0)) {
    error.code = ErrorCode::peer_alert;
    error.alert =
        left ? std::uint8_t{close_notify} : static_cast<std::uint8_t>(history.last_rx.code);
    error.context = "alert " + alert_name(*error.alert) + " received";
    return;
  }
  if (code == MEMORY_E || code == SOCKET_ERROR_E) error.code = ErrorCode::internal;
  if (code == SOCKET_ERROR_E) return;  // nowhere to send it
  const bool sent = history.last_tx.level == alert_fatal;
  const std::uint8_t alert = sent ? static_cast<std::uint8_t>(history.last_tx.code)
                                  : alert_for(code, wolfSSL_is_init_finished(ssl.get()) != 0);
  if (sent || wolfSSL_SendFatalAlert(ssl.get(), alert) == WOLFSSL_SUCCESS) error.alert = alert;
}

tl::unexpected<Error> Impl::fail(int result) {
  state = SessionState::failed;
  offer.reset();
  const int code = wolfSSL_get_error(ssl.get(), result);
  const char* text = refusal;
  if (text == nullptr) text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  Error error{ErrorCode::protocol, std::nullopt, text != nullptr ? text : "TLS failed"};
  settle_alert(error, code);
  return tl::unexpected(std::move(error));
}

Result<void> Impl::advance() {
  if (state == SessionState::handshaking) {
    if (auto done = handshake(); !done) return done;
  }
  if (state == SessionState::open) return read();
  return {};
}

Result<void> Impl::handshake() {
  const int result = server ? wolfSSL_accept(ssl.get()) : wolfSSL_connect(ssl.get());
  if (result == WOLFSSL_SUCCESS) {
    state = SessionState::open;
    offer.reset();
    return {};
  }
  if (wolfSSL_get_error(ssl.get(), result) == WOLFSSL_ERROR_WANT_READ) return {};
  return fail(result);
}

// Reads until wolfSSL wants more, not until the input is empty: it may hold a record that came in
// the same segment as the end of the handshake.
Result<void> Impl::read() {
  std::array<std::byte, kMaxRecordText> text;
  for (;;) {
    const int result = wolfSSL_read(ssl.get(), text.data(), static_cast<int>(text.size()));
    if (result > 0) {
      sink->on_plaintext(ByteView(text).first(static_cast<std::size_t>(result)));
      continue;
    }
    const int code = wolfSSL_get_error(ssl.get(), result);
    if (code == WOLFSSL_ERROR_WANT_READ) return {};
    if (code == WOLFSSL_ERROR_ZERO_RETURN) {
      state = SessionState::peer_closed;
      return {};
    }
    return fail(result);
  }
}

Result<TlsSession> TlsSession::accept(ServerContext& context) {
  auto impl = std::make_unique<Impl>();
  impl->server = context.impl().state;
  impl->ssl.reset(wolfSSL_new(impl->server->identities.front().ssl.get()));
  if (!impl->ssl) return internal("no memory for a session");
  attach(*impl);
  WOLFSSL* ssl = impl->ssl.get();
  if (!use_alpn(ssl, impl->server->alpn, WOLFSSL_ALPN_FAILED_ON_MISMATCH)) {
    return internal("no memory for ALPN");
  }
  if (!impl->server->tickets) {
    wolfSSL_no_ticket_TLSv13(ssl);
    wolfSSL_NoTicketTLSv12(ssl);
  }
  return TlsSession(std::move(impl));
}

Result<TlsSession> TlsSession::connect(ClientContext& context, const ClientRequest& request) {
  auto impl = std::make_unique<Impl>();
  impl->client = context.impl().state;
  impl->facts = std::make_unique<ClientFacts>();
  impl->server_name = canonical_name(request.server_name);
  impl->chain_port = request.chain_port;
  impl->ssl.reset(wolfSSL_new(impl->client->ssl.get()));
  if (!impl->ssl) return internal("no memory for a session");
  attach(*impl);
  if (!prepare_client(*impl, request, impl->client->maximum)) {
    return internal("the TLS client cannot be set up");
  }
  return TlsSession(std::move(impl));
}

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;

Result<void> TlsSession::start(SessionSink& sink) {
  if (impl_->server || impl_->state != SessionState::handshaking) return {};
  const Driving driving(*impl_, sink);
  return impl_->handshake();
}

Result<void> TlsSession::receive(ByteView ciphertext, SessionSink& sink) {
  if (impl_->state == SessionState::failed) return internal("the session has failed");
  const Driving driving(*impl_, sink);
  impl_->input = ciphertext;
  return impl_->advance();
}

Result<void> TlsSession::send(ByteView plaintext, SessionSink& sink) {
  if (impl_->state != SessionState::open && impl_->state != SessionState::peer_closed) {
    return internal("the session is not open");
  }
  const Driving driving(*impl_, sink);
  constexpr std::size_t kMost = 1U << 30;  // wolfSSL counts in int
  while (!plaintext.empty()) {
    const ByteView part = plaintext.first(std::min(plaintext.size(), kMost));
    const int result = wolfSSL_write(impl_->ssl.get(), part.data(), static_cast<int>(part.size()));
    if (result <= 0) return impl_->fail(result);
    plaintext = plaintext.subspan(static_cast<std::size_t>(result));
  }
  return {};
}

void TlsSession::close(SessionSink& sink) {
  if (impl_->state == SessionState::closed || impl_->state == SessionState::failed) return;
  const Driving driving(*impl_, sink);
  if (impl_->state != SessionState::handshaking) wolfSSL_shutdown(impl_->ssl.get());
  impl_->state = SessionState::closed;
}

SessionState TlsSession::state() const {
  return impl_->state;
}

SessionInfo TlsSession::info() const {
  WOLFSSL* ssl = impl_->ssl.get();
  SessionInfo info;
  info.version = wolfSSL_version(ssl) == TLS1_3_VERSION ? Version::tls13 : Version::tls12;
  if (const char* cipher = wolfSSL_get_cipher(ssl)) info.cipher = cipher;
  if (const char* group = wolfSSL_get_curve_name(ssl)) info.group = group_name(group);
  char* alpn = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(ssl, &alpn, &size) == WOLFSSL_SUCCESS) info.alpn.assign(alpn, size);
  info.resumed = wolfSSL_session_reused(ssl) != 0;
  return info;
}

const std::string& TlsSession::server_name() const {
  return impl_->server_name;
}

std::optional<std::uint16_t> TlsSession::requested_chain_port() const {
  return impl_->server ? impl_->chain_port : std::nullopt;
}

}  // namespace mooring::tlsext
