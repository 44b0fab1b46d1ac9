// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/session.hpp"

#include <array>
#include <cassert>
#include <utility>

namespace mooring::server {
namespace {

constexpr std::size_t kPhases = 4;
constexpr std::size_t kCiphertextKept = 256U << 10U;
constexpr std::size_t kOverfull = 16;
/// More than this is not held for a client that has broken TLS.
constexpr std::size_t kLastOctets = 4096;

/// kLegal[from][to]
constexpr std::array<std::array<bool, kPhases>, kPhases> kLegal{{
    //   handshaking  open  ending closed
    {{false, true, false, true}},   // handshaking
    {{false, false, true, true}},   // open
    {{false, false, false, true}},  // ending
    {{false, false, false, false}}  // closed
}};

}  // namespace

tlsext::Result<std::unique_ptr<ClientSession>> ClientSession::create(
    SessionGroup& group, tlsext::ServerContext& context, ClientTransport& transport,
    const Peer& peer, TimePoint now, const std::optional<ClientAddress>& client) {
  auto tls = tlsext::ServerSession::accept(context);
  if (!tls) return tl::unexpected(std::move(tls.error()));
  std::unique_ptr<ClientSession> out(
      new ClientSession(group, std::move(*tls), transport, peer, now, client));
  out->phase_deadline = now + group.settings_.handshake_timeout;
  group.handshaking_.push_back(*out);
  group.counters_.connections.accepted.add();
  return out;
}

ClientSession::ClientSession(SessionGroup& group, tlsext::ServerSession tls,
                             ClientTransport& transport, const Peer& peer, TimePoint now,
                             const std::optional<ClientAddress>& client)
    : group_(group),
      transport_(transport),
      peer_(peer),
      tls_(std::move(tls)),
      exchange_(group.upstream_, group.buffers_, group.counters_.clients, *this, peer_, client),
      now_(now) {
  ++group_.size_;
}

ClientSession::~ClientSession() {
  let_go();
  if (phase_ != SessionPhase::closed) --group_.size_;
}

void ClientSession::on_data(ByteView octets, TimePoint now) {
  if (phase_ == SessionPhase::closed) return;
  now_ = now;
  auto& counters = group_.counters_.connections;
  counters.octets_received.add(octets.size());
  const std::uint64_t messages_before = exchange_.received();
  const auto received = tls_.receive(octets, *this);
  transmit();
  const auto state = tls_.state();
  if (!received) {
    const bool early = phase_ == SessionPhase::handshaking;
    if (early) note_failure(received.error());
    close(held_ > kLastOctets ? CloseMode::at_once : CloseMode::after_sending,
          early ? counters.closed_handshake_failed : counters.closed_tls_error);
    return;
  }
  if (state == tlsext::SessionState::handshaking) return note_holding();
  if (phase_ == SessionPhase::handshaking) handshake_done();
  if (exchange_.received() != messages_before) restart_idle(now);
  // A client that says it sends no more may still read; it is answered what it has asked.
  if (state != tlsext::SessionState::open) end(counters.closed_by_client);
  update_reading();
  note_holding();
}

void ClientSession::on_sent() {
  if (phase_ == SessionPhase::closed) return;
  let_go();
  group_.dirty_.push_back(*this);
}

void ClientSession::on_end(StreamEnd how) {
  if (phase_ == SessionPhase::closed) return;
  auto& counters = group_.counters_.connections;
  if (phase_ == SessionPhase::handshaking) {
    const bool finished = how == StreamEnd::finished;
    transport_.handshake_failed({finished ? "closed by the client" : "connection lost", {}});
    return close(CloseMode::at_once, counters.closed_handshake_failed);
  }
  if (how == StreamEnd::broken) return close(CloseMode::at_once, counters.closed_by_client);
  // What was sent already is the client's, and after it our own close_notify (RFC 8446, 6.1).
  exchange_.abandon();
  end(counters.closed_by_client);
  group_.dirty_.push_back(*this);
}

void ClientSession::on_ciphertext(ByteView octets) {
  group_.ciphertext_.insert(group_.ciphertext_.end(), octets.begin(), octets.end());
}

void ClientSession::on_plaintext(ByteView octets) {
  if (phase_ == SessionPhase::ending) return;
  exchange_.receive(octets, group_.settings_.max_in_flight, now_);
}

void ClientSession::on_exchange_changed() {
  group_.dirty_.push_back(*this);
}

void ClientSession::enter(SessionPhase next) {
  assert(kLegal[static_cast<std::size_t>(phase_)][static_cast<std::size_t>(next)]);
  phase_ = next;
}

void ClientSession::note_failure(const tlsext::Error& error) {
  const bool from_client = error.code == tlsext::ErrorCode::peer_alert;
  transport_.handshake_failed({error.context, error.alert, from_client});
}

void ClientSession::handshake_done() {
  enter(SessionPhase::open);
  auto& counters = group_.counters_.connections;
  (tls_.info().resumed ? counters.handshakes_resumed : counters.handshakes_full).add();
  restart_idle(now_);
  transport_.session_opened();
}

/// Takes no more queries from now on, and closes when everything is answered and sent.
void ClientSession::end(Counter& reason) {
  if (phase_ != SessionPhase::open) return;
  enter(SessionPhase::ending);
  reason_ = &reason;
  group_.dirty_.push_back(*this);
}

void ClientSession::close(CloseMode mode, Counter& reason) {
  enter(SessionPhase::closed);
  reason.add();
  exchange_.abandon();
  leave_group();
  transport_.close(mode);
}

void ClientSession::leave_group() {
  --group_.size_;
  ListHook<PhaseTimerTag>::unlink();
  ListHook<SleepTimerTag>::unlink();
  let_go();
  ListHook<HolderTag>::unlink();
  ListHook<DirtyTag>::unlink();
}

void ClientSession::close_politely(Counter& reason) {
  tls_.close(*this);
  transmit();
  close(CloseMode::after_sending, reason);
}

void ClientSession::flush(TimePoint now) {
  now_ = now;
  auto& counters = group_.counters_.connections;
  // Not while the client does not take its answers: there would be ever more of them.
  if (exchange_.held_back() && waiting() <= group_.settings_.max_waiting_octets) {
    exchange_.resume(group_.settings_.max_in_flight, now);
    restart_idle(now);
  }
  if (exchange_.fault() == ExchangeFault::no_memory) {
    close(CloseMode::at_once, counters.closed_no_memory);
    return;
  }
  if (held_ == 0 && !exchange_.ready().empty()) send_answers();
  if (phase_ == SessionPhase::closed) return;
  if (waiting() > kOverfull * group_.settings_.max_waiting_octets) {
    close(CloseMode::at_once, counters.closed_overfull);
    return;
  }
  if (exchange_.fault() == ExchangeFault::malformed) end(counters.closed_malformed);
  if (phase_ == SessionPhase::ending && !has_work()) {
    close_politely(*reason_);
    return;
  }
  update_reading();
  note_holding();
}

void ClientSession::send_answers() {
  const auto sent = tls_.send(exchange_.ready(), *this);
  exchange_.clear_ready();
  transmit();
  if (!sent) close(CloseMode::at_once, group_.counters_.connections.closed_tls_error);
}

/// Hands what TLS has produced to the transport, in one piece.
void ClientSession::transmit() {
  auto& ciphertext = group_.ciphertext_;
  if (ciphertext.empty()) return;
  group_.counters_.connections.octets_sent.add(ciphertext.size());
  group_.counters_.clients.writes.add();
  const std::size_t kept = transport_.send(ciphertext);
  if (kept != 0) hold(kept);
  if (ciphertext.capacity() > kCiphertextKept) {
    ciphertext = {};
  } else {
    ciphertext.clear();
  }
}

/// Whether something is still to be done before the session may end.
bool ClientSession::has_work() const {
  return exchange_.unanswered() != 0 || exchange_.held_back() || !exchange_.ready().empty() ||
         held_ != 0;
}

/// Octets that the client does not take.
std::size_t ClientSession::waiting() const {
  return held_ == 0 ? 0 : transport_.waiting() + exchange_.ready().size();
}

void ClientSession::update_reading() {
  const bool wanted = phase_ != SessionPhase::ending && !exchange_.held_back() &&
                      exchange_.fault() == ExchangeFault::none &&
                      waiting() <= group_.settings_.max_waiting_octets;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) group_.counters_.clients.reading_paused.add();
  transport_.set_reading(wanted);
}

void ClientSession::restart_idle(TimePoint now) {
  phase_deadline = now + group_.settings_.idle_timeout;
  group_.established_.push_back(*this);
  restart_sleep(now);
}

void ClientSession::on_phase_timeout(TimePoint now) {
  auto& counters = group_.counters_.connections;
  now_ = now;
  if (phase_ == SessionPhase::handshaking) {
    transport_.handshake_failed({"took too long", {}});
    close(CloseMode::at_once, counters.closed_handshake_timeout);
  } else if (has_work()) {
    restart_idle(now);  // it is we who are late, or the write timeout's business
  } else {
    close_politely(counters.closed_idle);
  }
}

void ClientSession::on_write_timeout(TimePoint now) {
  const auto left = static_cast<std::uint32_t>(transport_.waiting());
  if (left >= unsent_) {
    return close(CloseMode::at_once, group_.counters_.connections.closed_write_timeout);
  }
  unsent_ = left;  // slow, but it takes what it is sent
  write_deadline_ = now + group_.settings_.write_timeout;
  group_.writing_.push_back(*this);
}

/// The transport has made a copy: memory like any other.
void ClientSession::hold(std::size_t octets) {
  if (held_ == 0) {
    write_deadline_ = now_ + group_.settings_.write_timeout;
    group_.writing_.push_back(*this);
  }
  held_ += static_cast<std::uint32_t>(octets);
  unsent_ = static_cast<std::uint32_t>(transport_.waiting());
  group_.buffers_.charge(octets, exchange_.outgoing());
}

void ClientSession::let_go() {
  if (held_ == 0) return;
  group_.buffers_.discharge(held_);
  held_ = unsent_ = 0;
  ListHook<WriteTimerTag>::unlink();
}

/// Keeps its place among those that hold memory longer than for this turn.
void ClientSession::note_holding() {
  const std::size_t answers = held_ == 0 ? 0 : held_ + exchange_.outgoing().capacity();
  const std::size_t octets = exchange_.incoming().capacity() + answers;
  if (octets == 0 || phase_ == SessionPhase::closed) {
    if (ListHook<HolderTag>::linked()) ListHook<HolderTag>::unlink();
    return;
  }
  const std::size_t base = exchange_.received() == 0 ? 0 : SessionGroup::kHoldings;
  const std::size_t list = base + SessionGroup::holding_class(octets);
  if (ListHook<HolderTag>::linked() && holding_ == list) return;
  holding_ = static_cast<std::uint8_t>(list);
  group_.holders_[list].push_back(*this);
}

/// What it holds is needed for others; it is closed at the end of this turn.
void ClientSession::give_way() {
  ListHook<HolderTag>::unlink();
  exchange_.give_way();
  let_go();
}

bool ClientSession::owns(const Buffer& buffer) const {
  return &buffer == &exchange_.incoming() || &buffer == &exchange_.outgoing();
}

}  // namespace mooring::server
