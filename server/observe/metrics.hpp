// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace mooring::server {

/// A number that one thread counts up and any thread may read. Its owner's increment is a plain
/// load, add and store: no locked instruction on the query path.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Connections of clients, counted once when they come and once when they go.
struct ConnectionCounters {
  Counter accepted;
  Counter refused_total;       ///< the limit on connections in total was reached
  Counter refused_per_client;  ///< the limit for one client address was reached
  Counter closed_by_client;    ///< close_notify or the end of the TCP stream
  Counter closed_idle;
  Counter closed_drained;            ///< at the end of service, everything answered
  Counter closed_handshake_failed;   ///< not TLS, a TLS error or no end of the handshake
  Counter closed_handshake_timeout;  ///< the handshake took too long
  Counter closed_write_timeout;      ///< the client did not read what was sent
  Counter closed_overfull;           ///< too many answers waited for a client that does not read
  Counter closed_tls_error;          ///< a TLS error after the handshake
  Counter closed_malformed;          ///< a response, or a message without a whole DNS header
  Counter closed_no_memory;          ///< the bound on message memory was reached
  Counter handshakes_full;
  Counter handshakes_resumed;
  Counter octets_received;  ///< ciphertext
  Counter octets_sent;      ///< ciphertext
};

/// DNS messages of clients.
struct ClientCounters {
  Counter queries;          ///< whole messages received, of any kind
  Counter forwarded;        ///< queries handed to the upstream pool
  Counter answers;          ///< messages sent, our own and those of the upstream
  Counter answers_dropped;  ///< the client had closed before its answer came
  Counter formerr;          ///< malformed queries answered FORMERR
  Counter badvers;          ///< EDNS versions that we do not know
  Counter not_implemented;  ///< operations other than QUERY
  Counter refused;          ///< zone transfers
  Counter servfail;         ///< SERVFAIL of our own making
  Counter responses;        ///< responses sent to us as if they were queries
  Counter no_header;        ///< messages under 12 octets
  Counter reading_paused;   ///< times that a client was not read from for one of its bounds
  Counter writes;           ///< pieces of ciphertext handed to the transport
};

/// Traffic with the upstream resolvers.
struct UpstreamCounters {
  Counter sent;                ///< queries written, those sent again included
  Counter sent_again;          ///< because their connection was lost
  Counter answers;             ///< matched to a query whose client still waits
  Counter answers_late;        ///< after the deadline, or after the client had gone
  Counter answers_unknown_id;  ///< also the second answer to one query
  Counter answers_wrong_question;
  Counter answers_malformed;  ///< matched, but not to be passed on
  Counter nonsense;           ///< messages that are no responses; they cost the connection
  Counter timeouts;           ///< queries that reached their deadline
  Counter overflows;          ///< queries turned away: too many waiting, or too much memory
  Counter failed_fast;        ///< not tried, or no longer: no resolver can be reached
  Counter lost_twice;         ///< given up: their connections were lost
  Counter connections_opened;
  Counter connections_failed;   ///< could not be established
  Counter connections_lost;     ///< closed by the resolver or the network with queries in flight
  Counter connections_retired;  ///< given up by us: stalled, or too many answers owed
  Counter writes;               ///< pieces handed to the transport
};

/// What one worker counts. Its thread alone adds.
struct Counters {
  ConnectionCounters connections;
  ClientCounters clients;
  UpstreamCounters upstream;
};

}  // namespace mooring::server
