// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/session_snapshot.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/client/session.hpp"

namespace mooring::server {

namespace {

/// For octets of a record that is not whole: nothing can come out of them.
struct NothingComes final : tlsext::SessionSink {
  bool came = false;
  void on_ciphertext(ByteView) override { came = true; }
  void on_plaintext(ByteView) override { came = true; }
};

}  // namespace

tlsext::Result<std::unique_ptr<ClientSession>> ClientSession::resume(
    SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
    const SessionSnapshot& from, TimePoint now, const std::optional<ClientAddress>& client) {
  auto out = thaw(group, context, transport, from, now, client);
  if (out) (*out)->go_on(from, now);
  return out;
}

/// A session whose TLS goes on; nothing else of it does yet.
tlsext::Result<std::unique_ptr<ClientSession>> ClientSession::thaw(
    SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
    const SessionSnapshot& from, TimePoint now, const std::optional<ClientAddress>& client) {
  auto tls = tlsext::ServerSession::thaw(context, from.tls);
  if (!tls) return tl::unexpected(std::move(tls.error()));
  NothingComes nothing;
  if (auto taken = tls->receive(from.tls.records.unread, nothing); !taken || nothing.came) {
    return tlsext::failure(tlsext::ErrorCode::internal, "this is no part of a record");
  }
  return std::unique_ptr<ClientSession>(
      new ClientSession(group, std::move(*tls), transport, from.peer, now, client));
}

void ClientSession::go_on(const SessionSnapshot& from, TimePoint now) {
  enter(SessionPhase::open);
  group_.go_on(*this, now + from.idle_left, now);
  restart_sleep(now);
  if (const std::size_t kept = transport_.waiting(); kept != 0) hold(kept);
  exchange_.restore(from.exchange, now);
  // Whether it is to be read from, and what it holds, is settled at the end of this turn.
  group_.dirty_.push_back(*this);
}

tlsext::Result<SessionSnapshot> ClientSession::give(tlsext::SecretMemory& memory, TimePoint now) {
  auto tls = tls_.freeze(memory);
  if (!tls) return tl::unexpected(std::move(tls.error()));
  const auto left = std::chrono::ceil<Milliseconds>(phase_deadline - now);
  SessionSnapshot out{std::move(*tls), exchange_.release(), peer_, std::max(left, Milliseconds{})};
  enter(SessionPhase::closed);
  leave_group();
  return out;
}

}  // namespace mooring::server
