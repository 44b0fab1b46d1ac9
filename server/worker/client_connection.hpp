// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <utility>

#include "server/client/admission.hpp"
#include "server/client/session.hpp"
#include "server/io/loop.hpp"
#include "server/memory/cell_pool.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/worker/parcel_codec.hpp"

namespace mooring::server {

class ClientConnection;

/// For the list of all connections of a worker.
struct LiveTag {};

/// What a connection without a session waits for.
enum class EndWait : std::uint8_t {
  sending,    ///< its last octets wait for the kernel
  lingering,  ///< FIN is sent; what the client still sends is thrown away
};

/// What a connection has before it, as far as it may be given away.
enum class Standing : std::uint8_t {
  quiet,  ///< no query in flight, and nothing unsent
  busy,
  handshaking,
  ending,
};

/// What a connection asks of the worker that owns it.
class ConnectionHost {
 public:
  virtual void session_opened(ClientConnection& connection) = 0;
  /// The session is over: drop_session() is due at the end of this turn of the loop.
  virtual void session_ended(ClientConnection& connection) = 0;
  virtual void handshake_failed(ClientConnection& connection, const HandshakeFailure& why) = 0;
  /// end() is to be called when this has taken too long; takes the place of an earlier such call.
  virtual void end_within(ClientConnection& connection, EndWait why) = 0;
  /// The connection is done with: it is to be destroyed at the end of this turn.
  virtual void done(ClientConnection& connection) = 0;

 protected:
  ~ConnectionHost() = default;
};

/// The TCP connection of a client: carries a session, awake or asleep, and after the session's end
/// sees to it that its last octets arrive.
class ClientConnection final : public InCells,
                               public StreamOwner,
                               public ClientTransport,
                               public ListHook<LiveTag>,
                               public ListHook<ClientConnection> {
 public:
  /// `loop` and `host` must outlive the connection.
  ClientConnection(Loop& loop, ConnectionHost& host, std::unique_ptr<Stream> stream)
      : loop_(loop), host_(host), stream_(std::move(stream)) {
    stream_->set_owner(*this);
  }

  /// While it has a session.
  [[nodiscard]] const Endpoint& client() const {
    return (session_ ? session_->peer() : sleeping_->peer()).address;
  }
  /// Starts a session on the accepted stream; or ends, when there is no memory for one.
  void begin(SessionGroup& group, tlsext::ServerContext& context, Admitted admitted);
  /// Goes on with a session on a stream that was adopted. On an error this can only be destroyed.
  [[nodiscard]] Result<void> resume(SessionGroup& group, tlsext::ServerContext& context,
                                    Admitted admitted, const SessionSnapshot& session);
  [[nodiscard]] Standing standing() const;
  /// Whether it has a session with a client from there.
  [[nodiscard]] bool is_from(const IpPrefix& prefix) const {
    return (session_ || sleeping_) && prefix.contains(client().address);
  }
  /// All of a connection whose session is open, but for its listener; then this can only be
  /// destroyed. On an error, as without a descriptor that is free, it goes on; none is told while a
  /// message of TLS is under way.
  [[nodiscard]] Result<std::optional<ParcelContent>> give(SessionGroup& group,
                                                          tlsext::ServerContext& context,
                                                          tlsext::SecretMemory& keys);
  /// No more waiting.
  void end();
  /// Frees the session, which has ended.
  void drop_session() {
    session_.reset();
    sleeping_.reset();
  }
  [[nodiscard]] TimePoint ends_at() const { return ends_at_; }
  void set_ends_at(TimePoint when) { ends_at_ = when; }

  void on_read(ByteView octets) override;
  void on_finished() override;
  void on_broken(const Error& why) override;
  void on_written() override;

  std::size_t send(ByteView octets) override;
  std::size_t waiting() const override { return stream_->waiting(); }
  void set_reading(bool on) override;
  void session_opened() override { host_.session_opened(*this); }
  void handshake_failed(const HandshakeFailure& why) override;
  void session_idle() override;
  void close(CloseMode mode) override;

 private:
  enum class State : std::uint8_t {
    serving,
    sending,
    lingering,
    over,
  };
  [[nodiscard]] bool wake();
  void stream_ended(StreamEnd how);
  void linger();

  Loop& loop_;
  ConnectionHost& host_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<ClientSession> session_;
  std::unique_ptr<SleepingSession> sleeping_;  ///< in its place
  Admission place_;
  TimePoint ends_at_{};
  std::uint32_t discarded_ = 0;
  State state_ = State::serving;
  bool finished_ = false;  ///< the client sends no more
};

}  // namespace mooring::server
