// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/client/peer.hpp"
#include "server/dns/framer.hpp"
#include "server/memory/buffer_pool.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/pool.hpp"
#include "server/upstream/query.hpp"

namespace mooring::server {

/// Hears that an exchange has something new: octets to send, places for queries held back, or a
/// fault.
class ExchangeListener {
 public:
  virtual void on_exchange_changed() = 0;

 protected:
  ~ExchangeListener() = default;
};

enum class ExchangeFault : std::uint8_t {
  none,
  malformed,  ///< a message without a whole header, or a response: there is nothing to answer to
  no_memory,  ///< the bound on message memory was reached, and something is lost
};

/// What an exchange holds, as plain values: another can be made from it, also in another process.
struct ExchangeSnapshot {
  FramerSnapshot incoming;
  std::vector<std::byte> unsent;         ///< answers with their prefixes
  std::vector<QueryInFlight> in_flight;  ///< each with its tag and the client's ID
  std::uint64_t received = 0;            ///< whole messages
  ExchangeFault fault = ExchangeFault::none;
};

/// One client's DNS messages in and out, without the TLS around them: cuts the stream into
/// messages, forwards queries, answers what must not be forwarded, and gathers the answers.
class DnsExchange final : private QueryOwner {
 public:
  /// All the references must outlive the exchange. `client` is the network whose connections are
  /// one client to the pool; none: this one is a client by itself. Queries are said to come from
  /// `peer`, over TLS.
  DnsExchange(UpstreamPool& upstream, BufferPool& buffers, ClientCounters& counters,
              ExchangeListener& listener, const Peer& peer,
              const std::optional<ClientAddress>& client);
  DnsExchange(UpstreamPool& upstream, BufferPool& buffers, ClientCounters& counters,
              ExchangeListener& listener, const Peer&& gone,
              const std::optional<ClientAddress>& client) = delete;
  ~DnsExchange();

  /// Takes octets from the client, cut anywhere. When `max_in_flight` queries are in flight, or
  /// fewer while the upstream pool is crowded, what follows is held back.
  void receive(ByteView octets, std::size_t max_in_flight, TimePoint now);
  /// Goes on with what was held back, as far as there are places.
  void resume(std::size_t max_in_flight, TimePoint now);
  /// Whoever goes on from the snapshot has all that was here: nothing may be received or sent after
  /// it, and abandon() comes next.
  [[nodiscard]] ExchangeSnapshot snapshot() const;
  /// As snapshot(); and then this has nothing any more.
  [[nodiscard]] ExchangeSnapshot release();
  /// Makes a new exchange go on where another one was: asks again what was in flight, with the same
  /// tags. What was held back waits for resume().
  void restore(const ExchangeSnapshot& from, TimePoint now);
  /// Takes nothing more: not what was held back, nor what is received.
  void stop();
  /// The client is gone: no answer is wanted any more.
  void abandon();
  /// Its memory is needed for others: everything is lost, as a fault.
  void give_way();

  /// Answers with their prefixes that are ready to be sent.
  [[nodiscard]] ByteView ready() const { return out_.view(); }
  /// All that was ready has been sent.
  void clear_ready() { out_.clear(); }
  /// Memory for what has come and cannot be used yet.
  [[nodiscard]] const Buffer& incoming() const { return in_.buffer(); }
  /// Memory for what is ready().
  [[nodiscard]] const Buffer& outgoing() const { return out_; }

  [[nodiscard]] bool held_back() const { return in_.state() == FramerState::held_back; }
  [[nodiscard]] ExchangeFault fault() const { return fault_; }
  /// Queries that an answer is still to come to.
  [[nodiscard]] std::size_t unanswered() const { return in_flight(); }
  /// Whole messages received so far.
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  void on_answer(const Answer& answer) override;
  void on_failure(const Query& query, QueryFailure why) override;
  [[nodiscard]] QueryContext context_of(const QueryShape& shape) const;
  MessageVerdict on_message(ByteView message, std::size_t max_in_flight, TimePoint now);
  void handle(const Query& query, QueryVerdict verdict, TimePoint now);
  /// What is not to be forwarded.
  void answer_here(const Query& query, QueryVerdict verdict);
  void note(FramerState state);
  void reply(const Query& query, const OwnAnswer& answer, Counter& counter);
  void appended(bool whole);

  UpstreamPool& upstream_;
  ClientCounters& counters_;
  ExchangeListener& listener_;
  const Peer& peer_;
  DnsFramer in_;
  Buffer out_;
  std::uint64_t received_ = 0;
  ExchangeFault fault_ = ExchangeFault::none;
};

}  // namespace mooring::server
