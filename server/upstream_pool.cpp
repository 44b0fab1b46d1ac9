// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream_pool.hpp"

#include <algorithm>
#include <bit>

#include "server/upstream_pool_impl.hpp"

namespace mooring::server {
namespace {

/// How long queries may wait for company while there is room for them.
constexpr Milliseconds kRefillDelay{1};
/// A connection that owes no more answers than this is not busy.
constexpr std::size_t kFewOwed = 8;
/// What one owner may have in flight while more than half of the waiting queue is taken.
constexpr std::size_t kShareOfCrowded = 8;

}  // namespace

std::optional<QueryFailure> UpstreamPool::Impl::refusal(const Query& query, TimePoint now) {
  if (octets + query.message.size() + 2 > settings.query_octets) {
    counters.overflows.add();
    return QueryFailure::overflow;
  }
  if (room != 0 && waiting_count == 0) return std::nullopt;
  if (waiting_count >= settings.waiting) {
    counters.overflows.add();
    return QueryFailure::overflow;
  }
  // While a resolver restarts, queries wait for it; when it has been away for longer than any of
  // them would wait, waiting is of no use to anybody.
  const auto since = servers.all_down_since();
  if (since && connecting == 0 && now - *since >= settings.query_deadline && !servers.choose(now)) {
    counters.failed_fast.add();
    return QueryFailure::unreachable;
  }
  return std::nullopt;
}

void UpstreamPool::Impl::place(UpstreamConnection& connection, PendingQuery& query, TimePoint now) {
  if (connection.ids.size() == 0) connection.quiet_since = now;
  query.set_upstream_id(connection.ids.add(query, ids));
  query.on_connection = true;
  query.connection = connection.index;
  connection.queries.push_back(query);
  (void)connection.out.append(query.frame());  // its pool has no bound: it cannot fail
  dirty |= connection.bit();
  if (connection.ids.full()) room &= ~connection.bit();
  counters.sent.add();
  if (query.sent_again) counters.sent_again.add();
}

/// A send costs the same for one query as for many, so that queries go where one is due anyway, or
/// where many more can follow.
UpstreamConnection* UpstreamPool::Impl::choose(bool patient) const {
  std::uint64_t due = room & dirty;
  if (due == 0 && !patient) due = room & heard;  // an acknowledgement is due there
  if (due != 0) return connections[static_cast<std::size_t>(std::countr_zero(due))].get();
  UpstreamConnection* emptiest = nullptr;
  for (std::uint64_t rest = room; rest != 0; rest &= rest - 1) {
    UpstreamConnection* const one =
        connections[static_cast<std::size_t>(std::countr_zero(rest))].get();
    if (2 * one->ids.size() <= settings.in_flight_per_connection) return one;
    if (emptiest == nullptr || one->ids.size() < emptiest->ids.size()) emptiest = one;
  }
  return patient ? nullptr : emptiest;
}

void UpstreamPool::Impl::dispatch(TimePoint now) {
  // More queries wait than all connections have room for. To send one for each answer that comes
  // would cost a system call for each; those that wait already can wait until half the places are
  // free, or for a moment, unless others would be turned away for it.
  const bool patient = (!refill_at || now < *refill_at) &&
                       2 * waiting_count > settings.in_flight_per_connection &&
                       waiting_count < settings.waiting;
  while (waiting_count != 0) {
    UpstreamConnection* const connection = choose(patient);
    if (connection == nullptr) break;
    PendingQuery& query = *waiting.front();
    --waiting_count;
    place(*connection, query, now);
  }
  const bool held = waiting_count != 0 && room != 0;
  if (!held || !patient) refill_at.reset();
  if (held && !refill_at) refill_at = now + kRefillDelay;
  if (waiting_count != 0) open_more(now);
}

/// Unbound before 1.23 leaves Nagle's algorithm on: of several answers it sends one and holds the
/// others back until that has been acknowledged, which the kernel would do 40 ms later. Where many
/// answers are owed another query will follow soon, and what is sent acknowledges as well.
void UpstreamPool::Impl::acknowledge(bool everywhere) {
  for (std::uint64_t rest = heard; rest != 0; rest &= rest - 1) {
    const UpstreamConnection& one = *connections[static_cast<std::size_t>(std::countr_zero(rest))];
    if (!everywhere && one.ids.size() > kFewOwed) continue;
    heard &= ~one.bit();
    if (one.ids.size() != 0) transport.acknowledge(UpstreamId{one.index});
  }
  if (heard == 0) acknowledge_at.reset();
}

void UpstreamPool::Impl::forget(PendingQuery& query) {
  if (query.on_connection) {
    UpstreamConnection& connection = *connections[query.connection];
    connection.ids.remove(query.upstream_id);
    if (!query.ListHook<DeadlineTag>::linked()) --connection.overdue;
    update_room(connection);
  } else {
    --waiting_count;
  }
  query.ListHook<PlaceTag>::unlink();
  query.ListHook<DeadlineTag>::unlink();
  octets -= query.frame().size();
  slab.give_back(query);
}

void UpstreamPool::Impl::fail(PendingQuery& query, QueryFailure why) {
  if (QueryOwner* const owner = query.detach()) {
    owner->on_failure({query.message(), query.shape}, why);
  }
}

void UpstreamPool::Impl::expire(PendingQuery& query) {
  query.ListHook<DeadlineTag>::unlink();
  const bool answer_owed = query.on_connection;
  if (answer_owed) {
    // Its ID stays taken. A connection that owes too many answers has little room for others.
    UpstreamConnection& connection = *connections[query.connection];
    if (2 * ++connection.overdue >= settings.in_flight_per_connection) {
      retired |= connection.bit();
      choose_server();
    }
  }
  if (query.owner != nullptr) {
    counters.timeouts.add();
    fail(query, servers.all_down_since() ? QueryFailure::unreachable : QueryFailure::timeout);
  }
  if (!answer_owed) forget(query);
}

Take UpstreamPool::Impl::on_message(UpstreamConnection& connection, ByteView message) {
  if (!is_response(message)) {
    counters.nonsense.add();
    return Take::stop;
  }
  PendingQuery* const query = connection.ids.find(read_u16(message, 0));
  if (query == nullptr) {
    counters.answers_unknown_id.add();
    return Take::more;
  }
  const ByteView asked = query->message();
  const auto checked = check_answer(message, asked, query->shape.question_end);
  if (checked.verdict == AnswerVerdict::wrong_question) {
    counters.answers_wrong_question.add();
    return Take::more;
  }
  connection.answered = true;
  if (query->owner == nullptr) {
    counters.answers_late.add();
  } else if (checked.verdict == AnswerVerdict::malformed) {
    counters.answers_malformed.add();
    fail(*query, QueryFailure::malformed);
  } else {
    counters.answers.add();
    const std::size_t question_size = query->shape.question_end - kDnsHeaderSize;
    query->detach()->on_answer(
        {message, checked.opt, query->shape.id, asked.subspan(kDnsHeaderSize, question_size)});
  }
  forget(*query);
  return Take::more;
}

UpstreamPool::UpstreamPool(const UpstreamSettings& settings, UpstreamTransport& transport,
                           MessageIds& ids, UpstreamCounters& counters, UpstreamObserver* observer)
    : impl_(std::make_unique<Impl>(settings, transport, ids, counters, observer)) {}

UpstreamPool::~UpstreamPool() = default;

std::optional<QueryFailure> UpstreamPool::submit(QueryOwner& owner, const Query& query,
                                                 TimePoint now) {
  Impl& pool = *impl_;
  if (pool.refill_at && pool.waiting_count >= pool.settings.waiting) pool.dispatch(now);
  if (const auto refusal = pool.refusal(query, now)) return refusal;
  PendingQuery& pending = pool.slab.take();
  pending.store(query);
  pending.attach(owner);
  pending.deadline = now + pool.settings.query_deadline;
  pool.deadlines.push_back(pending);
  pool.octets += pending.frame().size();
  // Those that wait already come first.
  UpstreamConnection* const connection = pool.waiting_count == 0 ? pool.choose(false) : nullptr;
  if (connection != nullptr) {
    pool.place(*connection, pending, now);
    if (pool.best_server != 0) pool.probe_better_server(now);
    return std::nullopt;
  }
  pool.waiting.push_back(pending);
  ++pool.waiting_count;
  pool.open_more(now);
  return std::nullopt;
}

std::size_t UpstreamPool::fair_share(std::size_t limit) const {
  const Impl& pool = *impl_;
  if (2 * pool.waiting_count < pool.settings.waiting) return limit;
  return std::min(limit, pool.waiting_count < pool.settings.waiting ? kShareOfCrowded : 1);
}

void UpstreamPool::cancel(QueryOwner& owner) {
  PendingQuery::detach_all(owner, [this](PendingQuery& query) {
    if (!query.on_connection) impl_->forget(query);
  });
}

void UpstreamPool::flush() {
  Impl& pool = *impl_;
  pool.heard &= ~pool.dirty;
  while (pool.dirty != 0) {
    const auto index = std::countr_zero(pool.dirty);
    UpstreamConnection& connection = *pool.connections[static_cast<std::size_t>(index)];
    pool.dirty &= ~connection.bit();
    pool.counters.writes.add();
    pool.transport.send(UpstreamId{connection.index}, connection.out.view());
    connection.out.clear();
  }
  if (pool.heard != 0) pool.acknowledge(false);
}

std::size_t UpstreamPool::pending() const {
  return impl_->slab.in_use();
}

std::size_t UpstreamPool::connected() const {
  std::size_t count = 0;
  for (const auto& connection : impl_->connections) {
    if (connection->state == ConnectionState::open) ++count;
  }
  return count;
}

}  // namespace mooring::server
