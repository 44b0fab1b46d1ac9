// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/worker_loop.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mooring::server {

namespace {

using std::chrono::system_clock;

/// After the drain time: for the last octets of sessions that were cut off.
constexpr Milliseconds kFarewell{200};
/// After a session's end, for its last octets to be taken by the kernel, and then for the client to
/// close.
constexpr Milliseconds kSendWait{10'000};
constexpr Milliseconds kLingerWait{1'000};

std::optional<TimePoint> earliest(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

}  // namespace

tlsext::ChainBytes ChainSlot::find(std::string_view name, std::uint16_t port) const {
  if (!table) return nullptr;
  const auto* chain = table->find(name, dnschain::Port(port));
  // The keeper withdraws it as well, but its message may still be on the way.
  if (chain == nullptr || system_clock::now() >= chain->until) return nullptr;
  return chain->body;
}

WorkerLoop::WorkerLoop(Loop& loop, WorkerSettings settings, ClientLimits& limits,
                       WorkerObserver& observer)
    : loop_(loop),
      settings_(std::move(settings)),
      observer_(observer),
      admission_(limits, settings_.exempt, counters_.traffic.connections),
      links_(loop_, settings_.upstream_servers),
      upstream_(settings_.upstream, links_, ids_, counters_.traffic.upstream, this),
      buffers_(settings_.buffer_octets),
      sessions_(settings_.sessions, buffers_, upstream_, counters_.traffic),
      timer_(loop_.make_timer([this] { on_time(); })) {
  links_.serve(upstream_);
  loop_.at_end_of_turn([this] { end_turn(); });
}

WorkerLoop::~WorkerLoop() {
  while (ClientConnection* connection = live_.front()) delete connection;
}

void WorkerLoop::set_context(std::shared_ptr<tlsext::ServerContext> context) {
  if (context_) count_chains();
  context_ = std::move(context);
  counted_ = context_->counters();
  sessions_.set_context(context_);
}

void WorkerLoop::set_ticket_keys(const std::shared_ptr<const tlsext::TicketKeySet>& keys) {
  if (context_) context_->set_ticket_keys(keys);
}

void WorkerLoop::set_settings(WorkerSettings settings) {
  const bool other_upstream = settings.upstream != settings_.upstream ||
                              settings.upstream_servers != settings_.upstream_servers;
  settings_ = std::move(settings);
  admission_.set_exempt(settings_.exempt);
  sessions_.set(settings_.sessions, loop_.now());
  buffers_.set_max(settings_.buffer_octets);
  if (!other_upstream) return;
  links_.set_servers(settings_.upstream_servers);
  upstream_.set(settings_.upstream, loop_.now());
}

void WorkerLoop::listen(const Endpoint& name, OwnedFd socket, int backlog) {
  const auto accepted = [this, number = number_of(name)](Result<std::unique_ptr<Stream>> stream) {
    on_connection(std::move(stream), number);
  };
  auto listener = loop_.listen(std::move(socket), backlog, accepted);
  if (!listener) return observer_.on_listen_failed(name, listener.error().context);
  listeners_.emplace_back(name, std::move(*listener));
}

void WorkerLoop::stop_listening(const Endpoint& name) {
  std::erase_if(listeners_, [&](const auto& one) { return one.first == name; });
}

/// The same for the same name: what a client came to outlives the listener.
std::uint16_t WorkerLoop::number_of(const Endpoint& listener) {
  const auto found = std::ranges::find(listener_names_, listener);
  const auto number = static_cast<std::uint16_t>(found - listener_names_.begin());
  if (found == listener_names_.end()) listener_names_.push_back(listener);
  return number;
}

void WorkerLoop::drain(Milliseconds wait) {
  if (drained_at_) return;
  listeners_.clear();
  sessions_.begin_drain();
  drained_at_ = loop_.now() + wait;
}

void WorkerLoop::on_connection(Result<std::unique_ptr<Stream>> accepted, std::uint16_t listener) {
  if (!accepted || !context_) return;
  auto admitted = admission_.admit({(*accepted)->peer(), listener});
  if (!admitted) return;
  auto* const connection = new (connections_) ClientConnection(loop_, *this, std::move(*accepted));
  live_.push_back(*connection);
  connection->begin(sessions_, *context_, std::move(*admitted));
}

void WorkerLoop::session_ended(ClientConnection& connection) {
  ended_.push_back(&connection);
}

void WorkerLoop::handshake_failed(ClientConnection& connection, const HandshakeFailure& why) {
  observer_.on_handshake_failed(connection.client(), why);
}

void WorkerLoop::end_within(ClientConnection& connection, EndWait why) {
  const bool sending = why == EndWait::sending;
  connection.set_ends_at(loop_.now() + (sending ? kSendWait : kLingerWait));
  (sending ? sending_ : lingering_).push_back(connection);
}

void WorkerLoop::done(ClientConnection& connection) {
  done_.push_back(&connection);
}

void WorkerLoop::on_upstream_state(std::size_t server, UpstreamState state,
                                   std::string_view reason) {
  if (server < links_.servers().size()) {
    observer_.on_upstream_state(links_.servers()[server], state, reason);
  }
}

void WorkerLoop::on_time() {
  const TimePoint now = loop_.now();
  upstream_.on_time(now);
  sessions_.on_time(now);
  for (Ending* list : {&sending_, &lingering_}) {
    for (ClientConnection* one = list->front(); one != nullptr && one->ends_at() <= now;
         one = list->front()) {
      static_cast<ListHook<ClientConnection>*>(one)->unlink();
      one->end();
    }
  }
  if (drained_at_ && now >= *drained_at_) end_drain(now);
}

void WorkerLoop::end_drain(TimePoint now) {
  if (farewell_) return loop_.stop();
  farewell_ = true;
  sessions_.close_all();
  drained_at_ = now + kFarewell;
}

void WorkerLoop::end_turn() {
  if (!opened_.empty()) give_opened();
  sessions_.flush(loop_.now());
  for (ClientConnection* connection : std::exchange(ended_, {})) connection->drop_session();
  for (ClientConnection* connection : std::exchange(done_, {})) destroy(*connection);
  links_.end_turn();
  if (context_) count_chains();
  if (drained_at_ && live_.empty()) return loop_.stop();
  timer_->set_earlier(next_deadline());
}

std::optional<TimePoint> WorkerLoop::next_deadline() const {
  auto next = earliest(sessions_.next_deadline(), upstream_.next_deadline());
  for (const Ending* list : {&sending_, &lingering_}) {
    if (!list->empty()) next = earliest(next, list->front()->ends_at());
  }
  return earliest(next, drained_at_);
}

void WorkerLoop::count_chains() {
  const tlsext::ServerCounters& now = context_->counters();
  if (now.chain_sent != counted_.chain_sent) {
    counters_.chains.sent.add(now.chain_sent - counted_.chain_sent);
  }
  if (now.chain_not_available != counted_.chain_not_available) {
    counters_.chains.not_available.add(now.chain_not_available - counted_.chain_not_available);
  }
  if (now.chain_too_big != counted_.chain_too_big) {
    counters_.chains.too_big.add(now.chain_too_big - counted_.chain_too_big);
  }
  counted_ = now;
}

}  // namespace mooring::server
