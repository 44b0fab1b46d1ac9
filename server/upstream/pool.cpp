// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pool.hpp"

#include <algorithm>
#include <bit>

#include "server/upstream/pool_impl.hpp"

namespace mooring::server {
namespace {

/// How long queries may wait for company while there is room for them.
constexpr Milliseconds kRefillDelay{1};
/// A connection that owes no more answers than this is not busy.
constexpr std::size_t kFewOwed = 8;
/// What one owner may have in flight while more than half of the waiting queue is taken.
constexpr std::size_t kShareOfCrowded = 8;
/// An eighth of all room is for clients that have no more than this in the pool.
constexpr std::size_t kKeptPart = 8;
constexpr std::size_t kFewWaiting = 8;
constexpr std::size_t kFewOctets = 4096;

}  // namespace

std::optional<QueryFailure> UpstreamPool::Impl::refusal(const PoolClient& client,
                                                        const Query& query, TimePoint now) {
  if (away(now)) {
    counters.failed_fast.add();
    return QueryFailure::unreachable;
  }
  const std::size_t more = query.message.size() + 2;
  const std::size_t kept = client.octets < kFewOctets ? 0 : settings.query_octets / kKeptPart;
  const std::size_t held_back = client.waiting < kFewWaiting ? 0 : settings.waiting / kKeptPart;
  if (octets + more > settings.query_octets - kept ||
      waiting.size() >= settings.waiting - held_back) {
    counters.overflows.add();
    return QueryFailure::overflow;
  }
  return std::nullopt;
}

void UpstreamPool::Impl::place(UpstreamConnection& connection, PendingQuery& query, TimePoint now) {
  if (connection.ids.size() == 0) connection.quiet_since = now;
  query.set_upstream_id(connection.ids.add(query, ids));
  query.place = QueryPlace::on_connection;
  query.connection = connection.index;
  query.sent_at = now;
  waiting.hold(*query.client);
  connection.queries.push_back(query);
  (void)connection.out.append(query.frame());  // its pool has no bound: it cannot fail
  dirty |= connection.bit();
  if (connection.full()) room &= ~connection.bit();
  if (connection.nearly_full()) common &= ~connection.bit();
  counters.sent.add();
  if (query.sends++ != 0) counters.sent_again.add();
}

/// A send costs the same for one query as for many, so that queries go where one is due anyway, or
/// where many more can follow.
UpstreamConnection* UpstreamPool::Impl::choose(std::uint64_t among, bool patient) const {
  std::uint64_t due = among & dirty;
  if (due == 0 && !patient) due = among & heard;  // an acknowledgement is due there
  if (due != 0) return connections[static_cast<std::size_t>(std::countr_zero(due))].get();
  UpstreamConnection* emptiest = nullptr;
  for (std::uint64_t rest = among; rest != 0; rest &= rest - 1) {
    UpstreamConnection* const one =
        connections[static_cast<std::size_t>(std::countr_zero(rest))].get();
    if (2 * one->ids.size() <= settings.in_flight_per_connection) return one;
    if (emptiest == nullptr || one->ids.size() < emptiest->ids.size()) emptiest = one;
  }
  return patient ? nullptr : emptiest;
}

void UpstreamPool::Impl::give_places(TimePoint now, bool at_once) {
  // More queries wait than all connections have room for. To send one for each answer that comes
  // would cost a system call for each; those that wait already can wait until half the places are
  // free, or for a moment, unless others would be turned away for it.
  const bool patient = !at_once && (!refill_at || now < *refill_at) &&
                       2 * waiting.size() > settings.in_flight_per_connection &&
                       waiting.size() < settings.waiting;
  PendingQuery* next = waiting.next(now);
  for (; next != nullptr; next = waiting.next(now)) {
    // What is kept for others is so on each connection: where it were on one, that one would always
    // have room, and be sent to for each answer.
    UpstreamConnection* connection = choose(waiting.keeps(now) ? common : room, patient);
    if (connection == nullptr && !patient) connection = choose(room, false);
    if (connection == nullptr) break;
    waiting.take(*next);
    place(*connection, *next, now);
  }
  const bool held = next != nullptr && room != 0;
  if (!held || !patient) refill_at.reset();
  if (held && !refill_at) refill_at = now + kRefillDelay;
}

void UpstreamPool::Impl::dispatch(TimePoint now) {
  last_now = now;
  wake_at.reset();
  if (waiting.size() != 0) {
    give_places(now, false);
    open_more(now);
    if (away(now)) fail_waiting();
  } else {
    refill_at.reset();
  }
  if (waiting.size() != 0) relieve(now);
  if (servers.all_down_since()) probe_away(now);
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
  if (query.place == QueryPlace::on_connection) {
    UpstreamConnection& connection = *connections[query.connection];
    connection.ids.remove(query.upstream_id);
    if (!query.ListHook<DeadlineTag>::linked()) --connection.overdue;
    update_room(connection);
  } else if (query.place == QueryPlace::waiting) {
    waiting.remove(query);
  }
  query.ListHook<PlaceTag>::unlink();
  query.ListHook<DeadlineTag>::unlink();
  octets -= query.frame().size();
  query.client->octets -= query.frame().size();
  if (query.place != QueryPlace::waiting) waiting.release(*query.client);
  slab.give_back(query);
}

void UpstreamPool::Impl::fail(PendingQuery& query, QueryFailure why) {
  if (QueryOwner* const owner = query.detach()) {
    owner->on_failure({query.message(), query.shape, query.context}, why);
  }
}

void UpstreamPool::Impl::expire(PendingQuery& query) {
  query.ListHook<DeadlineTag>::unlink();
  const bool answer_owed = query.place == QueryPlace::on_connection;
  if (answer_owed) {
    // Its ID stays taken. A connection that owes too many answers has little room for others.
    UpstreamConnection& connection = *connections[query.connection];
    if (2 * ++connection.overdue >= connection.limit) retire(connection);
  }
  if (query.owner != nullptr) {
    counters.timeouts.add();
    fail(query, servers.all_down_since() ? QueryFailure::unreachable : QueryFailure::timeout);
  }
  if (!answer_owed) forget(query);
}

MessageVerdict UpstreamPool::Impl::on_message(UpstreamConnection& connection, ByteView message) {
  if (!is_response(message)) {
    counters.nonsense.add();
    return MessageVerdict::stop;
  }
  PendingQuery* const query = connection.ids.find(read_u16(message, 0));
  if (query == nullptr) {
    counters.answers_unknown_id.add();
    return MessageVerdict::next;
  }
  const ByteView asked = query->message();
  const auto checked = check_answer(message, asked, query->shape.question_end);
  if (checked.verdict == AnswerVerdict::wrong_question) {
    counters.answers_wrong_question.add();
    return MessageVerdict::next;
  }
  ++connection.answers;
  if (connection.limit < settings.in_flight_per_connection) ++connection.limit;
  if (query->owner == nullptr) {
    counters.answers_late.add();
  } else if (checked.verdict == AnswerVerdict::malformed) {
    counters.answers_malformed.add();
    fail(*query, QueryFailure::malformed);
  } else {
    counters.answers.add();
    const std::size_t question_size = query->shape.question_end - kDnsHeaderSize;
    query->detach()->on_answer({message, checked.opt, query->shape.id,
                                asked.subspan(kDnsHeaderSize, question_size), query->context});
  }
  forget(*query);
  return MessageVerdict::next;
}

UpstreamPool::UpstreamPool(const UpstreamSettings& settings, UpstreamTransport& transport,
                           MessageIds& ids, UpstreamCounters& counters, UpstreamObserver* observer)
    : impl_(std::make_unique<Impl>(settings, transport, ids, counters, observer)) {}

UpstreamPool::~UpstreamPool() = default;

PoolClientRef UpstreamPool::client(const std::optional<ClientAddress>& network) {
  return impl_->waiting.client(network);
}

std::optional<QueryFailure> UpstreamPool::submit(QueryOwner& owner, const Query& query,
                                                 TimePoint now) {
  Impl& pool = *impl_;
  pool.last_asked = pool.last_now = now;
  if (owner.pool_client().get() == nullptr) owner.pool_client() = client(std::nullopt);
  PoolClient& client = *owner.pool_client().get();
  pool.waiting.seen(client, now);
  if (pool.refill_at && pool.waiting.size() >= pool.settings.waiting) pool.dispatch(now);
  if (const auto refusal = pool.refusal(client, query, now)) return refusal;
  PendingQuery& pending = pool.slab.take();
  pending.store(query);
  pending.attach(owner);
  pending.client = &client;
  pending.deadline = now + pool.settings.query_deadline;
  pool.deadlines.push_back(pending);
  pool.octets += pending.frame().size();
  client.octets += pending.frame().size();
  // Those that wait already, and may have what is free, come first; not later than whoever asks now
  // can have a place that was kept for him.
  if (pool.refill_at && pool.room != 0 && client.waiting == 0 && pool.waiting.leaves_room(now)) {
    pool.give_places(now, true);
  }
  const bool first =
      pool.room != 0 && pool.waiting.next(now) == nullptr && pool.waiting.may_hold(client, now);
  UpstreamConnection* const connection = first ? pool.choose(pool.room, false) : nullptr;
  if (connection != nullptr) {
    pool.place(*connection, pending, now);
    if (pool.best_server != 0) pool.probe_better_server(now);
    return std::nullopt;
  }
  pending.place = QueryPlace::waiting;
  pool.waiting.push(pending);
  pool.open_more(now);
  pool.relieve(now);
  return std::nullopt;
}

std::size_t UpstreamPool::fair_share(std::size_t limit) const {
  const Impl& pool = *impl_;
  if (2 * pool.waiting.size() < pool.settings.waiting) return limit;
  const std::size_t kept = pool.settings.waiting / kKeptPart;
  return std::min(limit, pool.waiting.size() < pool.settings.waiting - kept ? kShareOfCrowded : 1);
}

std::vector<QueryInFlight> UpstreamPool::in_flight(const QueryOwner& owner) {
  std::vector<QueryInFlight> queries;
  queries.reserve(owner.in_flight());
  owner.owned_queries().list.visit([&](const PendingQuery& query) {
    const ByteView message = query.message();
    queries.push_back({{message.begin(), message.end()}, query.context});
    write_u16(queries.back().message.data(), query.shape.id);
    return true;
  });
  return queries;
}

void UpstreamPool::cancel(QueryOwner& owner) {
  Impl& pool = *impl_;
  PendingQuery::detach_all(owner, [&](PendingQuery& query) {
    if (query.place != QueryPlace::on_connection) pool.forget(query);
  });
  // What went may have stood before others that can have a place now.
  if (pool.waiting.size() != 0 && pool.room != 0) pool.consider(pool.last_now);
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
