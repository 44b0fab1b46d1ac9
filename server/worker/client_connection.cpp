// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/client_connection.hpp"

#include <cerrno>
#include <utility>

namespace mooring::server {

namespace {

/// What a client may send after the end before it is cut off.
constexpr std::uint32_t kLingerOctets = 1U << 20U;

}  // namespace

void ClientConnection::begin(SessionGroup& group, tlsext::ServerContext& context,
                             Admitted admitted) {
  place_ = std::move(admitted.place);
  auto session =
      ClientSession::create(group, context, *this, admitted.peer, loop_.now(), place_.client());
  if (!session) return end();
  session_ = std::move(*session);
  stream_->set_reading(true);
}

Result<void> ClientConnection::resume(SessionGroup& group, tlsext::ServerContext& context,
                                      Admitted admitted, const SessionSnapshot& session) {
  place_ = std::move(admitted.place);
  auto resumed =
      ClientSession::resume(group, context, *this, session, loop_.now(), place_.client());
  if (!resumed) return failure(std::move(resumed.error().context));
  session_ = std::move(*resumed);
  stream_->set_reading(true);
  if (session.asleep) session_idle();
  return {};
}

Standing ClientConnection::standing() const {
  if (state_ != State::serving) return Standing::ending;
  if (sleeping_) return Standing::quiet;
  if (session_->phase() == SessionPhase::handshaking) return Standing::handshaking;
  if (session_->phase() != SessionPhase::open) return Standing::ending;
  return session_->quiet() ? Standing::quiet : Standing::busy;
}

Result<std::optional<ParcelContent>> ClientConnection::give(SessionGroup& group,
                                                            tlsext::ServerContext& context,
                                                            tlsext::SecretMemory& keys) {
  auto session = session_ ? session_->give(keys, loop_.now()) : sleeping_->give(loop_.now());
  if (!session) return std::nullopt;
  auto stream = stream_->release();
  if (stream) return ParcelContent{std::move(*session), {}, std::move(*stream)};
  auto again = ClientSession::resume(group, context, *this, *session, loop_.now(), place_.client());
  if (again) {
    session_ = std::move(*again);
    sleeping_.reset();
    stream_->set_reading(true);  // the session before may have paused; this one begins with it
  } else {
    host_.session_ended(*this);
    end();
  }
  // Broken, which the session will be told when the stream finds out.
  if (stream.error().system == ENOTCONN) return std::nullopt;
  return tl::unexpected(std::move(stream.error()));
}

void ClientConnection::on_read(ByteView octets) {
  if (state_ == State::serving) {
    if (session_ || wake()) session_->on_data(octets, loop_.now());
    return;
  }
  discarded_ += static_cast<std::uint32_t>(octets.size());
  if (discarded_ > kLingerOctets) end();
}

void ClientConnection::on_finished() {
  finished_ = true;
  if (state_ == State::serving) {
    stream_ended(StreamEnd::finished);
  } else if (state_ == State::lingering) {
    end();
  }
}

void ClientConnection::on_broken(const Error&) {
  if (state_ == State::serving) return stream_ended(StreamEnd::broken);
  end();
}

void ClientConnection::stream_ended(StreamEnd how) {
  if (session_) return session_->on_end(how);
  sleeping_->on_end(how);
}

void ClientConnection::on_written() {
  if (state_ == State::serving) {
    session_->on_sent();
  } else if (state_ == State::sending) {
    linger();
  }
}

std::size_t ClientConnection::send(ByteView octets) {
  return stream_->write(octets);
}

void ClientConnection::set_reading(bool on) {
  stream_->set_reading(on);
}

void ClientConnection::handshake_failed(const HandshakeFailure& why) {
  host_.handshake_failed(*this, why);
}

void ClientConnection::session_idle() {
  sleeping_ = session_->sleep();
  if (sleeping_) session_.reset();
}

/// False: there was no memory for it, and the connection ends.
bool ClientConnection::wake() {
  auto woken = ClientSession::wake(*sleeping_, loop_.now(), place_.client());
  if (!woken) {
    sleeping_->give_up();
    return false;
  }
  session_ = std::move(*woken);
  sleeping_.reset();
  return true;
}

void ClientConnection::close(CloseMode mode) {
  host_.session_ended(*this);
  if (mode == CloseMode::at_once) return end();
  state_ = State::sending;
  // Reads again, even if the session had paused: it is thrown away.
  if (!finished_) stream_->set_reading(true);
  if (stream_->writing()) {
    host_.end_within(*this, EndWait::sending);
  } else {
    linger();
  }
}

void ClientConnection::linger() {
  // To close while the client still sends would make the kernel answer with a reset, and that may
  // destroy what the client has not read yet: the alert or the close_notify.
  state_ = State::lingering;
  if (finished_) return end();  // there is nothing that could still come
  stream_->shut_down();
  host_.end_within(*this, EndWait::lingering);
}

void ClientConnection::end() {
  if (state_ == State::over) return;
  state_ = State::over;
  stream_->set_reading(false);
  host_.done(*this);
}

}  // namespace mooring::server
