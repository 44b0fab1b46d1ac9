// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/server/session.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include "tlsext/record/context_settings.hpp"
#include "tlsext/server/session_impl.hpp"

namespace mooring::tlsext {

ServerSession::Impl::Impl(const std::shared_ptr<ServerState>& state, SslPtr ssl)
    : RecordPump(state, std::move(ssl)), server(*state) {}

int ServerSession::Impl::shake() {
  return wolfSSL_accept(ssl());
}

Result<std::unique_ptr<ServerSession::Impl>> ServerSession::Impl::create(
    const std::shared_ptr<ServerState>& state) {
  SslPtr ssl(wolfSSL_new(state->identities.front().ssl.get()));
  if (!ssl) return failure(ErrorCode::internal, "no memory for a session");
  return std::make_unique<Impl>(state, std::move(ssl));
}

Result<ServerSession> ServerSession::accept(ServerContext& context) {
  const std::shared_ptr<ServerState>& state = context.state_;
  auto impl = Impl::create(state);
  if (!impl) return tl::unexpected(std::move(impl.error()));
  WOLFSSL* ssl = (*impl)->ssl();
  if (!use_alpn(ssl, state->alpn, WOLFSSL_ALPN_FAILED_ON_MISMATCH)) {
    return failure(ErrorCode::internal, "no memory for ALPN");
  }
  if (!state->tickets) {
    wolfSSL_no_ticket_TLSv13(ssl);
    wolfSSL_NoTicketTLSv12(ssl);
  }
  return ServerSession(std::move(*impl));
}

Result<FrozenSession> ServerSession::freeze(SecretMemory& memory) {
  auto records = pump().freeze(memory);
  if (!records) return tl::unexpected(std::move(records.error()));
  const auto& impl = static_cast<const Impl&>(pump());
  return FrozenSession{std::move(*records), impl.known_name, impl.chain_port, impl.server_name};
}

Result<ServerSession> ServerSession::thaw(ServerContext& context, const FrozenSession& frozen) {
  auto impl = Impl::create(context.state_);
  if (!impl) return tl::unexpected(std::move(impl.error()));
  if (auto going = (*impl)->thaw(frozen.records); !going) {
    return tl::unexpected(std::move(going.error()));
  }
  (*impl)->known_name = frozen.known_name;
  (*impl)->chain_port = frozen.chain_port;
  (*impl)->server_name = frozen.server_name;
  return ServerSession(std::move(*impl));
}

ServerSession::ServerSession(std::unique_ptr<Impl> impl) : Session(std::move(impl)) {}

const std::string& ServerSession::server_name() const {
  return static_cast<const Impl&>(pump()).server_name;
}

std::optional<std::uint16_t> ServerSession::requested_chain_port() const {
  return static_cast<const Impl&>(pump()).chain_port;
}

}  // namespace mooring::tlsext
