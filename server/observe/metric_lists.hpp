// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What is counted: the one place to add to. Each line is METRIC(name, kind, unit, help), and
// becomes a member of its group's struct and a row of its table (metrics.hpp). The names and their
// order are those of the log's lines.

#define MOORING_CONNECTION_METRICS(METRIC)                                                         \
  METRIC(accepted, counter, "connections", "taken")                                                \
  METRIC(refused_total, counter, "connections", "the limit on connections in total was reached")   \
  METRIC(refused_per_client, counter, "connections", "the limit for one client was reached")       \
  METRIC(closed_by_client, counter, "connections", "close_notify or the end of the TCP stream")    \
  METRIC(closed_idle, counter, "connections", "nothing came for the idle timeout")                 \
  METRIC(closed_drained, counter, "connections", "at the end of service, everything answered")     \
  METRIC(closed_handshake_failed, counter, "connections",                                          \
         "not TLS, a TLS error or no end of the handshake")                                        \
  METRIC(closed_handshake_timeout, counter, "connections", "the handshake took too long")          \
  METRIC(closed_write_timeout, counter, "connections", "the client did not read what was sent")    \
  METRIC(closed_overfull, counter, "connections",                                                  \
         "too many answers waited for a client that does not read")                                \
  METRIC(closed_tls_error, counter, "connections", "a TLS error after the handshake")              \
  METRIC(closed_malformed, counter, "connections",                                                 \
         "a response, or a message without a whole DNS header")                                    \
  METRIC(closed_no_memory, counter, "connections",                                                 \
         "the bound on message memory was reached, or there was none to wake")                     \
  METRIC(given, counter, "connections", "live ones handed to another worker or process")           \
  METRIC(taken, counter, "connections", "live ones that another worker or process handed over")    \
  METRIC(taken_refused, counter, "connections", "handed over, and closed: not to be gone on with") \
  METRIC(handshakes_full, counter, "handshakes", "without a ticket that could be used")            \
  METRIC(handshakes_resumed, counter, "handshakes", "from a ticket")                               \
  METRIC(slept, counter, "times", "an idle session was put to sleep")                              \
  METRIC(woken, counter, "times", "a sleeping session went on, was given away or ended")           \
  METRIC(octets_received, counter, "octets", "ciphertext")                                         \
  METRIC(octets_sent, counter, "octets", "ciphertext")

#define MOORING_CLIENT_METRICS(METRIC)                                                         \
  METRIC(queries, counter, "messages", "whole messages received, of any kind")                 \
  METRIC(forwarded, counter, "messages", "queries handed to the upstream pool")                \
  METRIC(answers, counter, "messages", "messages sent, our own and those of the upstream")     \
  METRIC(answers_dropped, counter, "messages", "the client had closed before its answer came") \
  METRIC(formerr, counter, "messages", "malformed queries answered FORMERR")                   \
  METRIC(badvers, counter, "messages", "EDNS versions that we do not know")                    \
  METRIC(not_implemented, counter, "messages", "operations other than QUERY")                  \
  METRIC(refused, counter, "messages", "zone transfers")                                       \
  METRIC(servfail, counter, "messages", "SERVFAIL of our own making")                          \
  METRIC(responses, counter, "messages", "responses sent to us as if they were queries")       \
  METRIC(no_header, counter, "messages", "messages under 12 octets")                           \
  METRIC(reading_paused, counter, "times", "a client was not read from for one of its bounds") \
  METRIC(writes, counter, "writes", "pieces of ciphertext handed to the transport")

#define MOORING_UPSTREAM_METRICS(METRIC)                                                        \
  METRIC(sent, counter, "messages", "queries written, those sent again included")               \
  METRIC(sent_again, counter, "messages", "because their connection was lost")                  \
  METRIC(answers, counter, "messages", "matched to a query whose client still waits")           \
  METRIC(answers_late, counter, "messages", "after the deadline, or after the client had gone") \
  METRIC(answers_unknown_id, counter, "messages", "also the second answer to one query")        \
  METRIC(answers_wrong_question, counter, "messages", "the ID of a query, not its question")    \
  METRIC(answers_malformed, counter, "messages", "matched, but not to be passed on")            \
  METRIC(nonsense, counter, "messages",                                                         \
         "messages that are no responses; they cost the connection")                            \
  METRIC(timeouts, counter, "messages", "queries that reached their deadline")                  \
  METRIC(overflows, counter, "messages",                                                        \
         "queries turned away: too many waiting, or too much memory")                           \
  METRIC(failed_fast, counter, "messages",                                                      \
         "queries not tried, or no longer: no resolver can be reached")                         \
  METRIC(lost_twice, counter, "messages", "queries given up: their connections were lost")      \
  METRIC(connections_opened, counter, "connections", "established")                             \
  METRIC(connections_failed, counter, "connections", "could not be established")                \
  METRIC(connections_lost, counter, "connections",                                              \
         "closed by the resolver or the network with queries in flight")                        \
  METRIC(connections_retired, counter, "connections",                                           \
         "given up by us: stalled, or too many answers owed")                                   \
  METRIC(writes, counter, "writes", "pieces handed to the transport")

#define MOORING_CHAIN_METRICS(METRIC)                                                  \
  METRIC(sent, counter, "handshakes", "got the chain that they asked for")             \
  METRIC(not_available, counter, "handshakes", "asked, and there was no chain for it") \
  METRIC(too_big, counter, "handshakes", "asked, and the chain did not fit")

#define MOORING_KEEPER_METRICS(METRIC)                                                            \
  METRIC(services, gauge, "services", "all that the keeper has")                                  \
  METRIC(served, gauge, "services", "have a chain")                                               \
  METRIC(kept_for_pins, gauge, "services", "not configured any more, but clients may hold pins")  \
  METRIC(mismatched, gauge, "services", "no TLSA record matches what is served")                  \
  METRIC(without_tlsa, gauge, "services", "served, and proven to have no TLSA record")            \
  METRIC(failing, gauge, "services", "the last refresh failed")                                   \
  METRIC(refreshes, counter, "refreshes", "that went well")                                       \
  METRIC(refreshes_failed, counter, "refreshes", "the other ones")                                \
  METRIC(published, counter, "events", "a chain was published")                                   \
  METRIC(withdrawn, counter, "events", "a chain was withdrawn")                                   \
  METRIC(mismatches, counter, "events", "no TLSA record matches; again each day")                 \
  METRIC(bounds_near, counter, "events", "a chain's end is near and nothing better is to be had") \
  METRIC(certificates_held, gauge, "certificates", "new ones that wait for their TLSA record")

#define MOORING_LOAD_METRICS(METRIC)                        \
  METRIC(now, gauge, "connections", "of clients, open now") \
  METRIC(asleep, gauge, "connections", "of these, asleep")  \
  METRIC(clients, gauge, "clients", "networks that they are from")
