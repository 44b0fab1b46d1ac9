// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_io.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "support/fake_watch.hpp"

namespace mooring::test {

using server::ByteView;
using server::Endpoint;
using server::Error;
using server::Result;

namespace {

std::string text_of(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

ByteView octets_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::vector<std::byte> copy_of(const std::string& text) {
  const ByteView octets = octets_of(text);
  return {octets.begin(), octets.end()};
}

/// Connections that nobody has now, by the descriptor that stands for each.
std::map<int, std::shared_ptr<FakePeer>>& given_away() {
  static std::map<int, std::shared_ptr<FakePeer>> all;
  return all;
}

}  // namespace

class FakeStream final : public server::Stream {
 public:
  explicit FakeStream(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) {
    peer_->stream_ = this;
  }
  ~FakeStream() override {
    if (peer_->stream_ != this) return;  // given away
    peer_->stream_ = nullptr;
    peer_->closed = true;
  }

  [[nodiscard]] std::optional<Endpoint> peer() const override {
    return peer_->known ? std::optional(peer_->address) : std::nullopt;
  }
  void set_reading(bool on) override { peer_->reading = on; }
  std::size_t write(ByteView octets) override {
    if (!peer_->writable_) return 0;
    const std::size_t before = peer_->kept.size();
    const std::size_t now = before == 0 ? std::min(octets.size(), peer_->room) : 0;
    peer_->room -= now;
    peer_->sent += text_of(octets.first(now));
    peer_->kept += text_of(octets.subspan(now));
    return peer_->kept.size() - before;
  }
  [[nodiscard]] std::size_t waiting() const override { return peer_->kept.size(); }
  [[nodiscard]] bool writing() const override { return !peer_->kept.empty(); }
  void acknowledge() override { ++peer_->acknowledged; }
  void shut_down() override { peer_->shut = true; }
  [[nodiscard]] Result<server::StreamState> release() override {
    if (!peer_->releases) return server::failure("too many open files", 24);
    server::StreamState state;
    state.unread = copy_of(std::exchange(peer_->unread_, {}));
    state.unwritten = copy_of(std::exchange(peer_->kept, {}));
    state.ends = peer_->shut;
    state.descriptor = server::OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    given_away()[state.descriptor.get()] = peer_;
    peer_->stream_ = nullptr;
    peer_->loop_ = nullptr;
    peer_->reading = false;
    return state;
  }

  [[nodiscard]] server::StreamOwner& told() const { return *owner(); }

 private:
  std::shared_ptr<FakePeer> peer_;
};

class FakeTimer final : public server::Timer {
 public:
  FakeTimer(FakeLoop& loop, std::function<void()> action) : Timer(std::move(action)), loop_(loop) {
    loop_.timers_.push_back(this);
  }
  ~FakeTimer() override { std::erase(loop_.timers_, this); }

  using Timer::fire;
  using Timer::set_for;

 private:
  void start(server::TimePoint) override {}
  void stop() override {}

  FakeLoop& loop_;
};

class FakeSignal final : public server::Signal {
 public:
  FakeSignal(FakeLoop& loop, int number, std::function<void()> act)
      : action(std::move(act)), loop_(loop) {
    loop_.signals_.emplace(number, this);
  }
  ~FakeSignal() override {
    std::erase_if(loop_.signals_, [this](const auto& one) { return one.second == this; });
  }

  std::function<void()> action;

 private:
  FakeLoop& loop_;
};

class FakeWakeUp final : public server::WakeUp {
 public:
  FakeWakeUp(FakeLoop& loop, std::function<void()> act) : action(std::move(act)), loop_(loop) {
    loop_.wake_ups_.push_back(this);
  }
  ~FakeWakeUp() override { std::erase(loop_.wake_ups_, this); }
  void wake() override {
    const std::lock_guard lock(loop_.mutex_);
    due = true;
    loop_.woken_.notify_all();
  }

  std::function<void()> action;
  std::atomic<bool> due = false;

 private:
  FakeLoop& loop_;
};

class FakeListener final : public server::Listener {
 public:
  FakeListener(FakeLoop& loop, server::OnConnection act)
      : on_connection(std::move(act)), loop_(loop) {
    loop_.listeners_.push_back(this);
  }
  ~FakeListener() override {
    std::ranges::replace(loop_.listeners_, this, static_cast<FakeListener*>(nullptr));
  }

  server::OnConnection on_connection;

 private:
  FakeLoop& loop_;
};

void FakePeer::connect() {
  if (stream_ != nullptr) static_cast<FakeStream*>(stream_)->told().on_connected();
}

void FakePeer::send(const std::string& octets) {
  unread_ += octets;
}

void FakePeer::finish() {
  finished_ = true;
}

void FakePeer::reset(const Error& why) {
  broken_ = why;
  // A connection that has come to nothing tells so without being read.
  reading = true;
  writable_ = false;
}

void FakePeer::take(std::size_t octets) {
  const std::size_t now = std::min(octets, kept.size());
  room += octets - now;
  sent += kept.substr(0, now);
  kept.erase(0, now);
  if (now > 0 && kept.empty() && stream_ != nullptr) {
    static_cast<FakeStream*>(stream_)->told().on_written();
  }
}

void FakePeer::break_writes() {
  writable_ = false;
  if (std::exchange(kept, {}).empty() || stream_ == nullptr) return;
  static_cast<FakeStream*>(stream_)->told().on_written();
}

void FakePeer::deliver() {
  // Each call may switch reading off, or give the stream up.
  const auto reads = [this] { return reading && stream_ != nullptr; };
  if (reads() && !unread_.empty()) {
    const std::string octets = std::exchange(unread_, {});
    static_cast<FakeStream*>(stream_)->told().on_read(octets_of(octets));
  }
  if (reads() && std::exchange(finished_, false)) {
    reading = false;
    static_cast<FakeStream*>(stream_)->told().on_finished();
  }
  if (reads() && broken_) {
    reading = false;
    static_cast<FakeStream*>(stream_)->told().on_broken(*std::exchange(broken_, std::nullopt));
  }
}

FakeLoop::FakeLoop() = default;
FakeLoop::~FakeLoop() = default;

void FakeLoop::turn() {
  for (FakeWakeUp* one : std::vector(wake_ups_)) {
    if (one->due.exchange(false)) one->action();
  }
  std::erase_if(peers_, [this](const auto& peer) { return peer->loop_ != this; });
  for (const auto& peer : std::vector(peers_)) peer->deliver();
  for (FakeWatch* one : std::vector(watches_)) {
    if (std::ranges::find(watches_, one) != watches_.end() && one->ready()) one->action();
  }
  if (end_of_turn_) end_of_turn_();
}

FakeTimer* FakeLoop::next_timer() const {
  FakeTimer* next = nullptr;
  for (FakeTimer* timer : timers_) {
    const auto when = timer->set_for();
    if (when && (next == nullptr || *when < *next->set_for())) next = timer;
  }
  return next;
}

void FakeLoop::advance(server::Milliseconds by) {
  const server::TimePoint until = now_ + by;
  for (FakeTimer* next = next_timer(); next != nullptr && *next->set_for() <= until;
       next = next_timer()) {
    if (stopped_) break;
    now_ = std::max(now_, *next->set_for());
    next->fire();
    turn();
  }
  now_ = until;
}

std::shared_ptr<FakePeer> FakeLoop::arrive(const std::shared_ptr<FakePeer>& peer,
                                           std::size_t listener) {
  peer->loop_ = this;
  peers_.push_back(peer);
  listeners_.at(listener)->on_connection(std::make_unique<FakeStream>(peer));
  return peer;
}

std::shared_ptr<FakePeer> FakeLoop::arrive(const Endpoint& from, std::size_t listener) {
  return arrive(std::make_shared<FakePeer>(from), listener);
}

std::shared_ptr<FakePeer> FakeLoop::arrive_unknown(std::size_t listener) {
  auto peer = std::make_shared<FakePeer>(Endpoint{});
  peer->known = false;
  return arrive(peer, listener);
}

void FakeLoop::fail_accept(const Error& why, std::size_t listener) {
  listeners_.at(listener)->on_connection(tl::make_unexpected(why));
}

void FakeLoop::raise(int number) {
  const auto [first, last] = signals_.equal_range(number);
  for (auto one = first; one != last; ++one) one->second->action();
}

std::size_t FakeLoop::listening() const {
  return listeners_.size() - static_cast<std::size_t>(std::ranges::count(listeners_, nullptr));
}

void FakeLoop::run() {
  turn();
  while (!stopped_ && (!steps.empty() || await_wake_up())) {
    if (!steps.empty()) {
      const auto step = std::move(steps.front());
      steps.pop_front();
      step();
    }
    turn();
  }
}

bool FakeLoop::await_wake_up() {
  const auto due = [](const FakeWakeUp* one) { return one->due.load(); };
  std::unique_lock lock(mutex_);
  return waits && woken_.wait_for(lock, std::chrono::seconds(20),
                                  [&] { return std::ranges::any_of(wake_ups_, due); });
}

void FakeLoop::check_refusal() const {
  if (refuses) throw std::runtime_error(refuses->context);
}

std::unique_ptr<server::Timer> FakeLoop::make_timer(std::function<void()> action) {
  check_refusal();
  return std::make_unique<FakeTimer>(*this, std::move(action));
}

std::unique_ptr<server::Signal> FakeLoop::make_signal(int number, std::function<void()> action) {
  check_refusal();
  return std::make_unique<FakeSignal>(*this, number, std::move(action));
}

std::unique_ptr<server::WakeUp> FakeLoop::make_wake_up(std::function<void()> action) {
  check_refusal();
  return std::make_unique<FakeWakeUp>(*this, std::move(action));
}

Result<std::unique_ptr<server::Stream>> FakeLoop::connect(const Endpoint& to,
                                                          server::StreamOwner& owner) {
  if (refuses) return tl::make_unexpected(*refuses);
  peers_.push_back(connections.emplace_back(std::make_shared<FakePeer>(to)));
  connections.back()->loop_ = this;
  auto stream = std::make_unique<FakeStream>(connections.back());
  stream->set_owner(owner);
  return stream;
}

Result<std::unique_ptr<server::Stream>> FakeLoop::adopt(server::StreamState& state) {
  if (refuses) return tl::make_unexpected(*refuses);
  const auto given = given_away().extract(state.descriptor.get());
  if (given.empty() || given.mapped()->broken_) {
    return server::failure("Transport endpoint is not connected", ENOTCONN);
  }
  auto peer = peers_.emplace_back(given.mapped());
  peer->loop_ = this;
  peer->unread_.insert(0, text_of(state.unread));
  peer->kept = text_of(state.unwritten);
  peer->shut = state.ends;
  state = {};
  return std::make_unique<FakeStream>(peer);
}

Result<std::unique_ptr<server::Listener>> FakeLoop::listen(server::OwnedFd, int,
                                                           server::OnConnection on_connection) {
  if (refuses_to_listen) return tl::make_unexpected(*refuses_to_listen);
  if (refuses) return tl::make_unexpected(*refuses);
  return std::make_unique<FakeListener>(*this, std::move(on_connection));
}

}  // namespace mooring::test
