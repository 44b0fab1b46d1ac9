// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/counters_log.hpp"

#include <cstdint>
#include <string>

namespace mooring::server {

namespace {

/// Builds one line: each counter of `Group`, summed over the workers.
template <class Group>
class Sums {
 public:
  Sums(const char* name, std::vector<const Group*> groups) : groups_(std::move(groups)) {
    line_.push_back({"group", name});
  }
  Sums& add(std::string_view key, Counter Group::*counter) {
    std::uint64_t sum = 0;
    for (const Group* group : groups_) sum += (group->*counter).value();
    line_.push_back({key, std::to_string(sum)});
    return *this;
  }
  CounterLine take() { return std::move(line_); }

 private:
  std::vector<const Group*> groups_;
  CounterLine line_;
};

template <class Group, class Get>
std::vector<const Group*> groups_of(const std::vector<const WorkerCounters*>& workers, Get get) {
  std::vector<const Group*> out;
  for (const WorkerCounters* worker : workers) out.push_back(&get(*worker));
  return out;
}

CounterLine connection_line(const std::vector<const WorkerCounters*>& workers) {
  using C = ConnectionCounters;
  auto groups =
      groups_of<C>(workers, [](const auto& one) -> const C& { return one.traffic.connections; });
  return Sums<C>("connections", std::move(groups))
      .add("accepted", &C::accepted)
      .add("refused_total", &C::refused_total)
      .add("refused_per_client", &C::refused_per_client)
      .add("closed_by_client", &C::closed_by_client)
      .add("closed_idle", &C::closed_idle)
      .add("closed_drained", &C::closed_drained)
      .add("closed_handshake_failed", &C::closed_handshake_failed)
      .add("closed_handshake_timeout", &C::closed_handshake_timeout)
      .add("closed_write_timeout", &C::closed_write_timeout)
      .add("closed_overfull", &C::closed_overfull)
      .add("closed_tls_error", &C::closed_tls_error)
      .add("closed_malformed", &C::closed_malformed)
      .add("closed_no_memory", &C::closed_no_memory)
      .add("handshakes_full", &C::handshakes_full)
      .add("handshakes_resumed", &C::handshakes_resumed)
      .add("octets_received", &C::octets_received)
      .add("octets_sent", &C::octets_sent)
      .take();
}

CounterLine query_line(const std::vector<const WorkerCounters*>& workers) {
  using C = ClientCounters;
  auto groups =
      groups_of<C>(workers, [](const auto& one) -> const C& { return one.traffic.clients; });
  return Sums<C>("queries", std::move(groups))
      .add("queries", &C::queries)
      .add("forwarded", &C::forwarded)
      .add("answers", &C::answers)
      .add("answers_dropped", &C::answers_dropped)
      .add("formerr", &C::formerr)
      .add("badvers", &C::badvers)
      .add("not_implemented", &C::not_implemented)
      .add("refused", &C::refused)
      .add("servfail", &C::servfail)
      .add("responses", &C::responses)
      .add("no_header", &C::no_header)
      .add("reading_paused", &C::reading_paused)
      .add("writes", &C::writes)
      .take();
}

CounterLine upstream_line(const std::vector<const WorkerCounters*>& workers) {
  using C = UpstreamCounters;
  auto groups =
      groups_of<C>(workers, [](const auto& one) -> const C& { return one.traffic.upstream; });
  return Sums<C>("upstream", std::move(groups))
      .add("sent", &C::sent)
      .add("sent_again", &C::sent_again)
      .add("answers", &C::answers)
      .add("answers_late", &C::answers_late)
      .add("answers_unknown_id", &C::answers_unknown_id)
      .add("answers_wrong_question", &C::answers_wrong_question)
      .add("answers_malformed", &C::answers_malformed)
      .add("nonsense", &C::nonsense)
      .add("timeouts", &C::timeouts)
      .add("overflows", &C::overflows)
      .add("failed_fast", &C::failed_fast)
      .add("lost_twice", &C::lost_twice)
      .add("connections_opened", &C::connections_opened)
      .add("connections_failed", &C::connections_failed)
      .add("connections_lost", &C::connections_lost)
      .add("connections_retired", &C::connections_retired)
      .add("writes", &C::writes)
      .take();
}

CounterLine chain_line(const std::vector<const WorkerCounters*>& workers) {
  using C = ChainCounters;
  auto groups = groups_of<C>(workers, [](const auto& one) -> const C& { return one.chains; });
  return Sums<C>("chains", std::move(groups))
      .add("sent", &C::sent)
      .add("not_available", &C::not_available)
      .add("too_big", &C::too_big)
      .take();
}

}  // namespace

std::vector<CounterLine> counter_lines(const std::vector<const WorkerCounters*>& workers) {
  return {connection_line(workers), query_line(workers), upstream_line(workers),
          chain_line(workers)};
}

}  // namespace mooring::server
