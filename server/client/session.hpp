// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "server/base/bytes.hpp"
#include "server/client/exchange.hpp"
#include "server/client/group.hpp"
#include "server/client/peer.hpp"
#include "server/client/session_snapshot.hpp"
#include "server/client/sleeping_session.hpp"
#include "server/client/transport.hpp"
#include "tlsext/server/context.hpp"
#include "tlsext/server/session.hpp"

namespace mooring::server {

enum class SessionPhase : std::uint8_t {
  handshaking,  ///< TLS handshake
  open,         ///< takes queries
  ending,       ///< takes no more; answers what it has, then closes
  closed,       ///< the transport's close() was called, or it was given away
};

/// One DoT client (RFC 7858): TLS around DNS messages with their length prefix, answered out of
/// order (RFC 7766). Owns no socket and reads no clock. Used by one thread.
class ClientSession final : private TimedSession,
                            private ListHook<SleepTimerTag>,
                            private ListHook<WriteTimerTag>,
                            private ListHook<DirtyTag>,
                            private ListHook<HolderTag>,
                            private ExchangeListener,
                            private tlsext::SessionSink {
 public:
  /// For a connection just accepted. `group` and `transport` must outlive the session; the context
  /// may be replaced while it lives; `peer` is copied; `client` is as for DnsExchange. Fails when
  /// TLS is out of memory.
  [[nodiscard]] static tlsext::Result<std::unique_ptr<ClientSession>> create(
      SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
      const Peer& peer, TimePoint now, const std::optional<ClientAddress>& client = std::nullopt);
  /// Makes a session go on where another one was, also one of another process: its queries are
  /// asked again, and its idle timeout runs on. The transport has the octets that the other one's
  /// had. Fails for what is no state of a session, and when TLS is out of memory.
  [[nodiscard]] static tlsext::Result<std::unique_ptr<ClientSession>> resume(
      SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
      const SessionSnapshot& from, TimePoint now,
      const std::optional<ClientAddress>& client = std::nullopt);
  /// Goes on where a session fell asleep; `client` as before, `from` can only be given up or
  /// destroyed after this. Fails when there is no memory to thaw its TLS.
  [[nodiscard]] static tlsext::Result<std::unique_ptr<ClientSession>> wake(
      SleepingSession& from, TimePoint now, const std::optional<ClientAddress>& client);
  /// Its queries in flight are forgotten.
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Octets from the client, cut anywhere. After any call the phase may be closed; calls to a
  /// closed session do nothing.
  void on_data(ByteView octets, TimePoint now);
  /// All that the transport held has gone.
  void on_sent();
  /// The client has ended or reset the TCP connection: answers that are not sent yet are dropped
  /// (RFC 7766, 6.2.4).
  void on_end(StreamEnd how);
  /// All that this open session is, for another one to go on with. Then it is closed without a word
  /// to its transport, and can only be destroyed. Fails, and changes nothing, while a message of
  /// TLS is under way; try again later.
  [[nodiscard]] tlsext::Result<SessionSnapshot> give(tlsext::SecretMemory& memory, TimePoint now);

  /// The same session asleep; the transport destroys this one, which can do nothing else any more.
  /// Null while something is under way: a query, an answer, a message or TLS's own business.
  [[nodiscard]] std::unique_ptr<SleepingSession> sleep();

  [[nodiscard]] SessionPhase phase() const { return phase_; }
  [[nodiscard]] const Peer& peer() const { return peer_; }
  /// No query is in flight, and all that it has to send has gone.
  [[nodiscard]] bool quiet() const { return !has_work(); }

 private:
  friend class SessionGroup;
  template <class, class>
  friend class List;

  ClientSession(SessionGroup& group, tlsext::ServerSession tls, ClientTransport& transport,
                const Peer& peer, TimePoint now, const std::optional<ClientAddress>& client);
  void on_ciphertext(ByteView octets) override;
  void on_plaintext(ByteView octets) override;
  void on_exchange_changed() override;

  [[nodiscard]] static tlsext::Result<std::unique_ptr<ClientSession>> thaw(
      SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
      const SessionSnapshot& from, TimePoint now, const std::optional<ClientAddress>& client);
  void enter(SessionPhase next);
  void note_failure(const tlsext::Error& error);
  void handshake_done();
  void go_on(const SessionSnapshot& from, TimePoint now);
  void end(Counter& reason) override;
  void close(CloseMode mode, Counter& reason);
  void leave_group();
  void close_politely(Counter& reason) override;
  void flush(TimePoint now);
  void send_answers();
  void transmit();
  void update_reading();
  void restart_idle(TimePoint now);
  void restart_sleep(TimePoint now) override;
  [[nodiscard]] bool may_sleep() const;
  void on_phase_timeout(TimePoint now) override;
  void on_write_timeout(TimePoint now);
  void hold(std::size_t octets);
  void let_go();
  void note_holding();
  void give_way();
  [[nodiscard]] bool owns(const Buffer& buffer) const;
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] std::size_t waiting() const;

  SessionGroup& group_;
  ClientTransport& transport_;
  const Peer peer_;
  tlsext::ServerSession tls_;
  DnsExchange exchange_;
  TimePoint now_;              ///< of the call that is being served
  TimePoint sleep_at_;         ///< while it is in the group's list for this
  TimePoint write_deadline_;   ///< for the client to take what the transport holds
  std::uint32_t held_ = 0;     ///< octets of copies that the transport has made
  std::uint32_t unsent_ = 0;   ///< of these, when last looked at, what the kernel had not taken
  Counter* reason_ = nullptr;  ///< why it is ending
  SessionPhase phase_ = SessionPhase::handshaking;
  bool reading_ = true;
  std::uint8_t holding_ = 0;  ///< its list in the group's holders, while it is in one
};

}  // namespace mooring::server
