// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pool.hpp"

#include <algorithm>

namespace mooring::server {
namespace {

/// How long queries may wait for company while there are places for them.
constexpr Milliseconds kRefillDelay{1};
/// How many times a query is sent at most.
constexpr std::size_t kMostSends = 32;
/// What one owner may have in flight while more than half of the waiting queue is taken.
constexpr std::size_t kShareOfCrowded = 8;
/// An eighth of all places and octets is for clients that have no more than this in the pool.
constexpr std::size_t kKeptPart = 8;
constexpr std::size_t kFewWaiting = 8;
constexpr std::size_t kFewOctets = 4096;

}  // namespace

UpstreamPool::UpstreamPool(const UpstreamSettings& settings, UpstreamTransport& transport,
                           MessageIds& ids, UpstreamCounters& counters, UpstreamObserver* observer,
                           const ResolverPolicy& policy)
    : settings_(settings),
      ids_(ids),
      counters_(counters),
      waiting_(settings.places()),
      manager_(settings_, transport, counters,
               Resolvers(settings.servers, {settings.first_backoff, settings.last_backoff}, policy,
                         observer),
               waiting_, *this),
      connections_(manager_.connections()) {}

void UpstreamPool::set(const UpstreamSettings& settings, TimePoint now) {
  List<PendingQuery, PlaceTag> owed;
  manager_.close_all(owed);
  while (PendingQuery* const query = owed.front()) {
    if (query->owner == nullptr) {
      forget(*query);
    } else {
      wait_again(*query);
    }
  }
  settings_ = settings;
  queries_.cut_deadlines(now + settings_.query_deadline);
  manager_.restart();
  dispatch(now);
}

PoolClientRef UpstreamPool::client(const std::optional<ClientAddress>& network) {
  return waiting_.client(network);
}

std::optional<QueryFailure> UpstreamPool::refusal(const PoolClient& client, const Query& query,
                                                  TimePoint now) {
  if (manager_.away(now)) {
    counters_.failed_fast.add();
    return QueryFailure::unreachable;
  }
  const std::size_t more = query.message.size() + kLengthPrefix;
  const std::size_t kept = client.octets < kFewOctets ? 0 : settings_.query_octets / kKeptPart;
  const std::size_t held_back = client.waiting < kFewWaiting ? 0 : settings_.waiting / kKeptPart;
  if (queries_.octets() + more > settings_.query_octets - kept ||
      waiting_.size() >= settings_.waiting - held_back) {
    counters_.overflows.add();
    return QueryFailure::overflow;
  }
  return std::nullopt;
}

std::optional<QueryFailure> UpstreamPool::submit(QueryOwner& owner, const Query& query,
                                                 TimePoint now) {
  last_asked_ = last_now_ = now;
  if (owner.pool_client().get() == nullptr) owner.pool_client() = client(std::nullopt);
  PoolClient& client = *owner.pool_client().get();
  waiting_.seen(client, now);
  if (refill_at_ && waiting_.size() >= settings_.waiting) dispatch(now);
  if (const auto why = refusal(client, query, now)) return why;
  PendingQuery& pending = queries_.add(owner, client, query, now + settings_.query_deadline);
  // Those that wait already, and may have what is free, come first; not later than whoever asks now
  // can have a place that was kept for him.
  if (refill_at_ && connections_.has_place() && client.waiting == 0 &&
      waiting_.leaves_places(now)) {
    give_places(now, true);
  }
  const bool first =
      connections_.has_place() && waiting_.next(now) == nullptr && waiting_.may_hold(client, now);
  UpstreamConnection* const connection = first ? connections_.choose(false, false) : nullptr;
  if (connection != nullptr) {
    send(*connection, pending, now);
    if (manager_.better_may_be_back()) manager_.probe_better(now);
    return std::nullopt;
  }
  pending.place = QueryPlace::waiting;
  waiting_.push(pending);
  manager_.open_more(now);
  manager_.relieve(now);
  return std::nullopt;
}

void UpstreamPool::send(UpstreamConnection& connection, PendingQuery& query, TimePoint now) {
  connections_.send(connection, query, ids_, now);
  waiting_.hold(*query.client);
  counters_.sent.add();
  if (query.sends++ != 0) counters_.sent_again.add();
}

void UpstreamPool::give_places(TimePoint now, bool at_once) {
  // More queries wait than all connections have places for. To send one for each answer that comes
  // would cost a system call for each; those that wait already can wait until half the places are
  // free, or for a moment, unless others would be turned away for it.
  const bool patient = !at_once && (!refill_at_ || now < *refill_at_) &&
                       2 * waiting_.size() > settings_.in_flight_per_connection &&
                       waiting_.size() < settings_.waiting;
  PendingQuery* next = waiting_.next(now);
  for (; next != nullptr; next = waiting_.next(now)) {
    // What is kept for others is so on each connection: where it were on one, that one would always
    // have places, and be sent to for each answer.
    UpstreamConnection* connection = connections_.choose(waiting_.keeps(now), patient);
    if (connection == nullptr && !patient) connection = connections_.choose(false, false);
    if (connection == nullptr) break;
    waiting_.take(*next);
    send(*connection, *next, now);
  }
  const bool held = next != nullptr && connections_.has_place();
  if (!held || !patient) refill_at_.reset();
  if (held && !refill_at_) refill_at_ = now + kRefillDelay;
}

void UpstreamPool::dispatch(TimePoint now) {
  last_now_ = now;
  manager_.clear_retry();
  if (waiting_.size() != 0) {
    give_places(now, false);
    manager_.open_more(now);
    if (manager_.away(now)) fail_waiting();
  } else {
    refill_at_.reset();
  }
  if (waiting_.size() != 0) manager_.relieve(now);
  if (manager_.all_down()) manager_.probe_away(now, last_asked_);
}

void UpstreamPool::forget(PendingQuery& query) {
  PoolClient& client = *query.client;
  const bool holds_place = query.place != QueryPlace::waiting;
  if (query.place == QueryPlace::on_connection) {
    connections_.remove(query);
  } else if (query.place == QueryPlace::waiting) {
    waiting_.remove(query);
  }
  query.ListHook<PlaceTag>::unlink();
  queries_.remove(query);
  if (holds_place) waiting_.release(client);
}

void UpstreamPool::fail(PendingQuery& query, QueryFailure why) {
  if (QueryOwner* const owner = query.detach()) {
    owner->on_failure({query.message(), query.shape, query.context}, why);
  }
}

void UpstreamPool::fail_waiting() {
  while (PendingQuery* const query = waiting_.any()) {
    counters_.failed_fast.add();
    fail(*query, QueryFailure::unreachable);
    forget(*query);
  }
}

void UpstreamPool::expire(PendingQuery& query) {
  QueryStore::expire(query);
  const bool answer_owed = query.place == QueryPlace::on_connection;
  if (answer_owed && connections_.expired(query)) manager_.retire(connections_.of(query));
  if (query.owner != nullptr) {
    counters_.timeouts.add();
    fail(query, manager_.all_down() ? QueryFailure::unreachable : QueryFailure::timeout);
  }
  if (!answer_owed) forget(query);
}

void UpstreamPool::wait_again(PendingQuery& query) {
  waiting_.release(*query.client);
  query.place = QueryPlace::waiting;
  waiting_.push_again(query);
}

/// A resolver that closes after each few answers gets everything done in the end, and one that is
/// being stopped takes connections for a moment that nobody serves any more. But a query may also
/// be the reason why its connections are lost.
void UpstreamPool::on_queries_lost(List<PendingQuery, PlaceTag>& owed, bool answered) {
  while (PendingQuery* const query = owed.front()) {
    const bool again = query->sends < kMostSends && (answered || !query->lost_before);
    if (query->owner != nullptr && again) {
      query->lost_before = query->lost_before || !answered;
      wait_again(*query);
      continue;
    }
    if (query->owner != nullptr) counters_.lost_twice.add();
    fail(*query, QueryFailure::lost);
    forget(*query);
  }
}

MessageVerdict UpstreamPool::on_message(UpstreamConnection& connection, ByteView message) {
  if (!is_response(message)) {
    counters_.nonsense.add();
    return MessageVerdict::stop;
  }
  PendingQuery* const query = connection.find(read_u16(message, 0));
  if (query == nullptr) {
    counters_.answers_unknown_id.add();
    return MessageVerdict::next;
  }
  const ByteView asked = query->message();
  const auto checked = check_answer(message, asked, query->shape.question_end);
  if (checked.verdict == AnswerVerdict::wrong_question) {
    counters_.answers_wrong_question.add();
    return MessageVerdict::next;
  }
  connections_.answered(connection);
  if (query->owner == nullptr) {
    counters_.answers_late.add();
  } else if (checked.verdict == AnswerVerdict::malformed) {
    counters_.answers_malformed.add();
    fail(*query, QueryFailure::malformed);
  } else {
    counters_.answers.add();
    const std::size_t question_size = query->shape.question_end - kDnsHeaderSize;
    query->detach()->on_answer({message, checked.opt, query->shape.id,
                                asked.subspan(kDnsHeaderSize, question_size), query->context});
  }
  forget(*query);
  return MessageVerdict::next;
}

std::size_t UpstreamPool::fair_share(std::size_t limit) const {
  if (2 * waiting_.size() < settings_.waiting) return limit;
  const std::size_t kept = settings_.waiting / kKeptPart;
  return std::min(limit, waiting_.size() < settings_.waiting - kept ? kShareOfCrowded : 1);
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
  PendingQuery::detach_all(owner, [&](PendingQuery& query) {
    if (query.place != QueryPlace::on_connection) forget(query);
  });
  // What went may have stood before others that can have a place now.
  if (waiting_.size() != 0 && connections_.has_place()) manager_.retry_by(last_now_);
}

void UpstreamPool::flush() {
  connections_.flush();
}

void UpstreamPool::on_connected(UpstreamId connection, TimePoint now) {
  UpstreamConnection& it = connections_.at(connection);
  if (it.state() != ConnectionState::connecting) return;
  manager_.connected(it, now);
  dispatch(now);
}

void UpstreamPool::on_data(UpstreamId connection, ByteView octets, TimePoint now) {
  UpstreamConnection& it = connections_.at(connection);
  if (!it.established()) return;
  const auto state = connections_.receive(
      it, octets, now, [&](ByteView message) { return on_message(it, message); });
  if (it.answers() != 0) manager_.answered(it);
  if (state != FramerState::ready) {
    connections_.close_transport(it);
    manager_.ended(it, "it sent something that is no DNS response", now);
    return;
  }
  manager_.close_retired();
  if (waiting_.size() != 0) dispatch(now);
}

void UpstreamPool::on_closed(UpstreamId connection, std::string_view reason, TimePoint now) {
  UpstreamConnection& it = connections_.at(connection);
  if (it.live()) manager_.ended(it, reason, now);
}

void UpstreamPool::on_time(TimePoint now) {
  // Deadlines first: what has reached its own is not asked again by a connection that has too.
  while (PendingQuery* const query = queries_.earliest()) {
    if (query->deadline > now) break;
    expire(*query);
  }
  manager_.on_time(now);
  // Also when those that waited have gone: their moment must not stay due.
  if (waiting_.size() != 0 || refill_at_ || manager_.retry_at()) dispatch(now);
  const auto acknowledge_at = connections_.acknowledge_at();
  if (acknowledge_at && *acknowledge_at <= now) connections_.acknowledge_all();
}

std::optional<TimePoint> UpstreamPool::next_deadline() const {
  TimePoint next = manager_.next_deadline().value_or(TimePoint::max());
  if (const PendingQuery* const query = queries_.earliest()) next = std::min(next, query->deadline);
  for (const auto& when : {refill_at_, connections_.acknowledge_at(), manager_.retry_at()}) {
    if (when) next = std::min(next, *when);
  }
  return next == TimePoint::max() ? std::nullopt : std::optional(next);
}

}  // namespace mooring::server
