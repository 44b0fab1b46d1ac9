// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/sleeping_session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "tlsext/record/sink.hpp"
#include "tlsext/server/session.hpp"

namespace mooring::server {

namespace {

/// Gathers the one record that a sleeping session may have to send.
struct LastRecord final : tlsext::SessionSink {
  std::vector<std::byte>& octets;

  explicit LastRecord(std::vector<std::byte>& into) : octets(into) {}
  void on_ciphertext(ByteView part) override {
    octets.insert(octets.end(), part.begin(), part.end());
  }
  void on_plaintext(ByteView) override {}
};

std::unique_ptr<const tlsext::Bytes> unless_empty(tlsext::Bytes octets) {
  return octets.empty() ? nullptr : std::make_unique<const tlsext::Bytes>(std::move(octets));
}

SessionFacts facts_of(tlsext::FrozenSession& frozen) {
  return {std::move(frozen.server_name), std::move(frozen.records.alpn),
          std::move(frozen.records.group), frozen.chain_port, frozen.known_name};
}

}  // namespace

SleepingSession::SleepingSession(SessionGroup& group, ClientTransport& transport, const Peer& peer,
                                 std::uint64_t received, tlsext::FrozenSession frozen)
    : group_(group),
      transport_(transport),
      peer_(peer),
      keys_(std::move(frozen.records.state)),
      facts_(group.sleep_.facts.share(facts_of(frozen))),
      unread_(unless_empty(std::move(frozen.records.unread))),
      received_(received),
      keys_size_(frozen.records.state_size) {
  ++group_.size_;
  group_.counters_.connections.slept.add();
}

SleepingSession::~SleepingSession() {
  if (state_ == State::asleep) woken();
}

tlsext::Result<SessionSnapshot> SleepingSession::give(TimePoint now) {
  const auto left = std::chrono::ceil<Milliseconds>(phase_deadline - now);
  SessionSnapshot out{take(), {}, peer_, std::max(left, Milliseconds{}), true};
  out.exchange.received = received_;
  return out;
}

/// Its TLS as a value. It is no session any more.
tlsext::FrozenSession SleepingSession::take() {
  if (state_ == State::asleep) woken();
  state_ = State::taken;
  tlsext::FrozenSession out;
  out.records.state = std::move(keys_);
  out.records.state_size = keys_size_;
  if (unread_) out.records.unread = *unread_;
  out.records.alpn = facts_->alpn;
  out.records.group = facts_->group;
  out.known_name = facts_->known_name;
  out.chain_port = facts_->chain_port;
  out.server_name = facts_->server_name;
  return out;
}

void SleepingSession::on_end(StreamEnd how) {
  if (state_ == State::closed) return;
  auto& reason = group_.counters_.connections.closed_by_client;
  if (how == StreamEnd::broken) return close(CloseMode::at_once, reason);
  close_politely(reason);
}

void SleepingSession::give_up() {
  if (state_ != State::closed) {
    close(CloseMode::at_once, group_.counters_.connections.closed_no_memory);
  }
}

void SleepingSession::on_phase_timeout(TimePoint) {
  close_politely(group_.counters_.connections.closed_idle);
}

/// With close_notify (RFC 8446, 6.1), for which its TLS alone is woken.
void SleepingSession::close_politely(Counter& reason) {
  auto tls = tlsext::ServerSession::thaw(*group_.sleep_.context, take());
  if (!tls) return close(CloseMode::at_once, group_.counters_.connections.closed_no_memory);
  LastRecord record(group_.ciphertext_);
  tls->close(record);
  if (!record.octets.empty()) {  // there may be no memory for it
    group_.counters_.connections.octets_sent.add(record.octets.size());
    group_.counters_.clients.writes.add();
    static_cast<void>(transport_.send(record.octets));
    record.octets.clear();
  }
  close(CloseMode::after_sending, reason);
}

void SleepingSession::close(CloseMode mode, Counter& reason) {
  if (state_ == State::asleep) woken();
  state_ = State::closed;
  keys_ = {};
  reason.add();
  unlink();
  transport_.close(mode);
}

/// It counts as a session no more.
void SleepingSession::woken() {
  --group_.size_;
  group_.counters_.connections.woken.add();
}

}  // namespace mooring::server
