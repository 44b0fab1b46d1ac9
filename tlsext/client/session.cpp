// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/client/session.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include "tlsext/client/session_impl.hpp"
#include "tlsext/extension/codec.hpp"
#include "tlsext/record/context_settings.hpp"

namespace mooring::tlsext {
namespace {

// A ticket that cannot be used any more (expired, of another version) is no error: a full
// handshake follows.
void use_ticket(WOLFSSL* ssl, const Bytes& ticket) {
  const auto* octets = reinterpret_cast<const unsigned char*>(ticket.data());
  const SslSessionPtr session(
      wolfSSL_d2i_SSL_SESSION(nullptr, &octets, static_cast<long>(ticket.size())));
  if (session) wolfSSL_set_session(ssl, session.get());
}

bool use_server_name(WOLFSSL* ssl, const std::string& name) {
  if (name.empty()) return true;
  return wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name.data(),
                        static_cast<unsigned short>(name.size())) == WOLFSSL_SUCCESS;
}

bool is_raw_key(WOLFSSL* ssl) {
  int type = WOLFSSL_CERT_TYPE_UNKNOWN;
  return wolfSSL_get_negotiated_server_cert_type(ssl, &type) == WOLFSSL_SUCCESS &&
         type == WOLFSSL_CERT_TYPE_RPK;
}

}  // namespace

ClientSession::Impl::Impl(const std::shared_ptr<ClientState>& state, SslPtr ssl)
    : RecordPump(state, std::move(ssl)) {}

int ClientSession::Impl::shake() {
  return wolfSSL_connect(ssl());
}

Result<ClientSession> ClientSession::connect(ClientContext& context, const ClientRequest& request) {
  const std::shared_ptr<ClientState>& state = context.state_;
  auto impl = std::make_unique<Impl>(state, SslPtr(wolfSSL_new(state->ssl.get())));
  WOLFSSL* ssl = impl->ssl();
  if (ssl == nullptr) return failure(ErrorCode::internal, "no memory for a session");
  impl->server_name = canonical_name(request.server_name);
  impl->chain_port = request.chain_port;
  wolfSSL_SetCertCbCtx(ssl, impl.get());
  if (!use_server_name(ssl, impl->server_name) ||
      !use_alpn(ssl, state->alpn, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) ||
      !offer_groups(ssl, state->maximum) || wolfSSL_UseSessionTicket(ssl) != WOLFSSL_SUCCESS) {
    return failure(ErrorCode::internal, "the TLS client cannot be set up");
  }
  if (request.resumption) use_ticket(ssl, *request.resumption);
  return ClientSession(std::move(impl));
}

ClientSession::ClientSession(std::unique_ptr<Impl> impl) : Session(std::move(impl)) {}

const ClientSession::Impl& ClientSession::impl() const {
  return static_cast<const Impl&>(pump());
}

Result<void> ClientSession::start(SessionSink& sink) {
  return pump().start(sink);
}

std::vector<Bytes> ClientSession::peer_certificates() const {
  if (is_raw_key(impl().ssl())) return {};
  return impl().certificates;
}

Bytes ClientSession::peer_raw_public_key() const {
  if (impl().certificates.empty() || !is_raw_key(impl().ssl())) return {};
  return impl().certificates.front();
}

std::optional<Bytes> ClientSession::dnssec_chain() const {
  return impl().chain;
}

std::shared_ptr<const Bytes> ClientSession::resumption_ticket() const {
  if (state() == SessionState::handshaking) return nullptr;
  const SslSessionPtr session(wolfSSL_get1_session(impl().ssl()));
  if (!session || wolfSSL_SESSION_has_ticket(session.get()) == 0) return nullptr;
  const int size = wolfSSL_i2d_SSL_SESSION(session.get(), nullptr);
  if (size <= 0) return nullptr;
  auto ticket = std::make_shared<Bytes>(static_cast<std::size_t>(size));
  auto* octets = reinterpret_cast<unsigned char*>(ticket->data());
  if (wolfSSL_i2d_SSL_SESSION(session.get(), &octets) != size) return nullptr;
  return ticket;
}

}  // namespace mooring::tlsext
