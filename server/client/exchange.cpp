// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/exchange.hpp"

namespace mooring::server {
namespace {

OwnAnswer describe(QueryFailure why) {
  const Rcode servfail = Rcode::server_failure;
  switch (why) {
    case QueryFailure::timeout:
      return {servfail, ExtendedError::network_error, "the resolver did not answer in time"};
    case QueryFailure::lost:
      return {servfail, ExtendedError::network_error, "the connection to the resolver was lost"};
    case QueryFailure::malformed:
      return {servfail, ExtendedError::network_error, "the resolver's answer was malformed"};
    case QueryFailure::unreachable:
      return {servfail, ExtendedError::no_reachable_authority, "the resolver cannot be reached"};
    case QueryFailure::overflow:
      return {servfail, ExtendedError::not_ready, "too many queries are waiting"};
  }
  return {servfail, ExtendedError::other, {}};
}

}  // namespace

DnsExchange::DnsExchange(UpstreamPool& upstream, BufferPool& buffers, ClientCounters& counters,
                         ExchangeListener& listener, const Peer& peer,
                         const std::optional<ClientAddress>& client)
    : QueryOwner(upstream.client(client)),
      upstream_(upstream),
      counters_(counters),
      listener_(listener),
      peer_(peer),
      in_(buffers, BufferUse::unproven),
      out_(buffers) {}

DnsExchange::~DnsExchange() {
  abandon();
}

void DnsExchange::receive(ByteView octets, std::size_t max_in_flight, TimePoint now) {
  note(in_.feed(octets, [&](ByteView message) { return on_message(message, max_in_flight, now); }));
}

void DnsExchange::resume(std::size_t max_in_flight, TimePoint now) {
  note(in_.resume([&](ByteView message) { return on_message(message, max_in_flight, now); }));
}

void DnsExchange::stop() {
  in_.stop();
}

void DnsExchange::abandon() {
  counters_.answers_dropped.add(in_flight());
  upstream_.cancel(*this);
  in_.stop();
  out_.clear();
}

void DnsExchange::give_way() {
  in_.stop();
  out_.clear();
  fault_ = ExchangeFault::no_memory;
  listener_.on_exchange_changed();
}

QueryContext DnsExchange::context_of(const QueryShape& shape) const {
  return {peer_.address, QueryTransport::tls, shape.opt.hop, static_cast<std::uint32_t>(received_)};
}

MessageVerdict DnsExchange::on_message(ByteView message, std::size_t max_in_flight, TimePoint now) {
  if (in_flight() >= upstream_.fair_share(max_in_flight)) return MessageVerdict::hold_back;
  counters_.queries.add();
  if (received_++ == 0) in_.set_use(BufferUse::incoming);
  const auto checked = check_query(message);
  handle({message, checked.shape, context_of(checked.shape)}, checked.verdict, now);
  return fault_ == ExchangeFault::none ? MessageVerdict::next : MessageVerdict::stop;
}

void DnsExchange::handle(const Query& query, QueryVerdict verdict, TimePoint now) {
  if (verdict != QueryVerdict::forward) {
    answer_here(query, verdict);
  } else if (const auto refused = upstream_.submit(*this, query, now)) {
    reply(query, describe(*refused), counters_.servfail);
  } else {
    counters_.forwarded.add();
  }
}

void DnsExchange::answer_here(const Query& query, QueryVerdict verdict) {
  switch (verdict) {
    case QueryVerdict::malformed:
      return reply(query, {Rcode::form_error}, counters_.formerr);
    case QueryVerdict::bad_version:
      return reply(query, {Rcode::bad_version}, counters_.badvers);
    case QueryVerdict::not_implemented:
      return reply(query, {Rcode::not_implemented, ExtendedError::not_supported, "queries only"},
                   counters_.not_implemented);
    case QueryVerdict::transfer:
      return reply(query, {Rcode::refused, ExtendedError::not_supported, "no zone transfers here"},
                   counters_.refused);
    // A response must never be answered, or two servers could keep each other busy; who sends one
    // to a server, or sends less than a header, does not speak DNS.
    case QueryVerdict::response:
      counters_.responses.add();
      break;
    case QueryVerdict::no_header:
      counters_.no_header.add();
      break;
    case QueryVerdict::forward:  // not answered here
      return;
  }
  fault_ = ExchangeFault::malformed;
}

ExchangeSnapshot DnsExchange::snapshot() const {
  return {in_.snapshot(), out_.snapshot(), UpstreamPool::in_flight(*this), received_, fault_};
}

// Whoever goes on sees to its queries: they are not counted as dropped.
ExchangeSnapshot DnsExchange::release() {
  ExchangeSnapshot out = snapshot();
  upstream_.cancel(*this);
  in_.stop();
  out_.clear();
  return out;
}

void DnsExchange::restore(const ExchangeSnapshot& from, TimePoint now) {
  received_ = from.received;
  fault_ = from.fault;
  if (received_ != 0) in_.set_use(BufferUse::incoming);
  if (!out_.append(from.unsent)) fault_ = ExchangeFault::no_memory;
  for (const QueryInFlight& query : from.in_flight) {
    const auto checked = check_query(query.message);
    handle({query.message, checked.shape, query.context}, checked.verdict, now);
  }
  note(in_.restore(from.incoming));
  if (fault_ != ExchangeFault::none) in_.stop();
  if (!out_.empty() || held_back()) listener_.on_exchange_changed();
}

void DnsExchange::note(FramerState state) {
  if (state == FramerState::no_memory) fault_ = ExchangeFault::no_memory;
  if (fault_ != ExchangeFault::none) listener_.on_exchange_changed();
}

void DnsExchange::reply(const Query& query, const OwnAnswer& answer, Counter& counter) {
  counter.add();
  appended(append_own_answer(out_, query.message, query.shape, answer));
}

void DnsExchange::on_answer(const Answer& answer) {
  appended(append_answer(out_, answer));
}

void DnsExchange::on_failure(const Query& query, QueryFailure why) {
  reply(query, describe(why), counters_.servfail);
}

void DnsExchange::appended(bool whole) {
  if (whole) {
    counters_.answers.add();
  } else {
    fault_ = ExchangeFault::no_memory;
  }
  listener_.on_exchange_changed();
}

}  // namespace mooring::server
