// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/handing_over.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace mooring::server {

namespace {

/// Sessions that a worker is asked for at once, and go in one message.
constexpr std::size_t kBatch = 64;
constexpr std::size_t kBatchOctets = 1U << 20U;
/// On their way at any time.
constexpr std::size_t kBatchesUnderWay = 8;
constexpr std::size_t kOctetsUnderWay = 16U << 20U;
/// Before a worker that had nothing to give is asked again.
constexpr Milliseconds kPause{10};
/// After which a successor that has nothing to acknowledge gets an empty message to acknowledge.
constexpr Milliseconds kSilence{1'000};

}  // namespace

HandingOver::HandingOver(Loop& loop, Channel channel, Inheritance inheritance, int successor,
                         Service service, Patience patience)
    : loop_(loop),
      channel_(std::move(channel)),
      inheritance_(std::move(inheritance)),
      successor_(successor),
      service_(std::move(service)),
      patience_(patience),
      givers_(service_.workers()),
      deadline_(loop.now() + patience.ready),
      timer_(loop.make_timer([this] { on_time(); })) {
  offer();
  if (going_on()) watch_->set(true, channel_.sending());
  set_timer();
}

HandingOver::~HandingOver() = default;

void HandingOver::offer() {
  auto watch = loop_.watch(channel_.descriptor(), [this] { on_ready(); });
  if (!watch) return fail(watch.error().context);
  watch_ = std::move(*watch);
  auto frames = to_frames(inheritance_);
  if (!frames) return fail(frames.error().context);
  for (OutFrame& frame : *frames) send(std::move(frame));
}

void HandingOver::send(OutFrame frame) {
  if (!going_on()) return;
  const auto sent = channel_.send(std::move(frame));
  if (!sent) fail("the successor cannot be sent anything: " + sent.error().context);
}

void HandingOver::on_ready() {
  const auto flushed = channel_.flush();
  const auto received = receive();
  if (!going_on()) return set_timer();
  if (!received) return fail("the successor: " + received.error().context);
  if (!flushed) return fail("the successor: " + flushed.error().context);
  ask();
  finish_if_all_gone();
  if (going_on()) watch_->set(true, channel_.sending());
  set_timer();
}

Result<void> HandingOver::receive() {
  while (true) {
    auto frame = channel_.receive();
    if (!frame) return tl::make_unexpected(frame.error());
    if (!*frame) return {};
    if (auto handled = handle(**frame); !handled) return handled;
  }
}

Result<void> HandingOver::handle(const Frame& frame) {
  const auto type = static_cast<TakeOverMessage>(frame.type);
  const bool offering = state_ == State::offering;
  if (type == TakeOverMessage::taken && !offering) return on_taken(frame);
  if (type == TakeOverMessage::refused) {
    return failure((offering ? "it cannot start: " : "it cannot go on: ") +
                   text_in(frame.body.view()));
  }
  if (type != TakeOverMessage::ready || !offering) return failure("what it says is out of place");
  begin();
  return {};
}

void HandingOver::begin() {
  state_ = State::giving;
  began_ = loop_.now();
  for (Giver& giver : givers_) giver.next = began_;
  service_.begin();
  silent_from_ = began_ + kSilence;
  send(message(TakeOverMessage::begin));
  ask();
}

void HandingOver::look_whether_it_lives() {
  deadline_ = loop_.now() + patience_.taken;
  send_batch(0, {});
}

Result<void> HandingOver::on_taken(const Frame& frame) {
  const auto number = number_in(frame.body.view());
  if (state_ == State::finishing && number == kEverything) {
    state_ = State::ended;
    return {};
  }
  if (unacknowledged_.empty() || number != unacknowledged_.front().batch.number) {
    return failure("it acknowledges what it was not sent");
  }
  sessions_ += unacknowledged_.front().batch.parcels.size();
  octets_ -= unacknowledged_.front().octets;
  // This process's descriptors of these connections close here.
  unacknowledged_.pop_front();
  deadline_ = loop_.now() + patience_.taken;
  silent_from_ = loop_.now() + kSilence;
  return {};
}

void HandingOver::ask() {
  if (state_ != State::giving) return;
  const TimePoint now = loop_.now();
  const bool busy = now - began_ >= patience_.busy;
  std::size_t under_way = unacknowledged_.size();
  for (const Giver& giver : givers_) under_way += giver.asked ? 1 : 0;
  for (std::size_t i = 0; i < givers_.size(); ++i) {
    Giver& giver = givers_[i];
    const bool empty = giver.known && giver.remaining.total() == 0;
    if (giver.asked || empty || giver.next > now) continue;
    if (under_way >= kBatchesUnderWay || octets_ >= kOctetsUnderWay) return;
    giver.asked = true;
    ++under_way;
    service_.give({i, kBatch, busy ? GiveWhich::any : GiveWhich::quiet, std::nullopt});
  }
}

void HandingOver::on_given(std::size_t worker, std::vector<Parcel> parcels,
                           const Remaining& remaining) {
  if (state_ != State::giving) {
    if (!parcels.empty()) service_.take_back(worker, std::move(parcels));
    return;
  }
  Giver& giver = givers_.at(worker);
  giver.asked = false;
  giver.known = true;
  giver.remaining = remaining;
  giver.next = parcels.empty() ? loop_.now() + kPause : loop_.now();
  if (unacknowledged_.empty()) deadline_ = loop_.now() + patience_.taken;
  std::vector<Parcel> some;
  std::size_t octets = 0;
  for (Parcel& parcel : parcels) {
    if (octets + parcel.octets.size() > kBatchOctets && !some.empty()) {
      send_batch(worker, std::exchange(some, {}));
      octets = 0;
    }
    octets += parcel.octets.size();
    some.push_back(std::move(parcel));
  }
  if (!some.empty()) send_batch(worker, std::move(some));
  ask();
  finish_if_all_gone();
  if (going_on()) watch_->set(true, channel_.sending());
  set_timer();
}

void HandingOver::send_batch(std::size_t worker, std::vector<Parcel> parcels) {
  if (state_ != State::giving) return service_.take_back(worker, std::move(parcels));
  Unacknowledged& added = unacknowledged_.emplace_back();
  added.worker = worker;
  added.batch = {++number_, std::move(parcels)};
  auto frame = to_frame(added.batch);
  added.octets = frame ? frame->body.size() : 0;
  octets_ += added.octets;
  if (!frame) return fail("there is no memory");
  // First, so that whatever is told of these sessions comes after what was counted for them here.
  send(message(TakeOverMessage::counters, service_.totals()));
  send(std::move(*frame));
}

bool HandingOver::all_gone() const {
  if (!unacknowledged_.empty()) return false;
  Remaining left;
  for (const Giver& giver : givers_) {
    if (giver.asked || !giver.known) return false;
    left.ending += giver.remaining.ending;
    left.busy += giver.remaining.total() - giver.remaining.ending;
  }
  const auto so_far = loop_.now() - began_;
  if (left.busy > 0) return so_far >= patience_.handshake;
  return left.ending == 0 || so_far >= patience_.ending;
}

void HandingOver::finish_if_all_gone() {
  if (state_ != State::giving || !all_gone()) return;
  state_ = State::finishing;
  deadline_ = loop_.now() + patience_.taken;
  service_.before_done(successor_);
  send(message(TakeOverMessage::counters, service_.totals()));
  send(message(TakeOverMessage::done));
}

void HandingOver::set_timer() {
  if (concluded_) return;
  if (state_ == State::ended) return timer_->set(loop_.now());
  if (state_ != State::giving || !unacknowledged_.empty()) timer_->set_earlier(deadline_);
  if (state_ != State::giving) return;
  if (unacknowledged_.empty()) timer_->set_earlier(silent_from_);
  for (const Giver& giver : givers_) {
    if (!giver.asked && giver.next > loop_.now()) timer_->set_earlier(giver.next);
  }
}

void HandingOver::on_time() {
  if (concluded_) return;
  if (state_ == State::ended) return conclude();
  const bool waits = state_ != State::giving || !unacknowledged_.empty();
  if (waits && loop_.now() >= deadline_) {
    fail("the successor says nothing");
  } else {
    if (!waits && loop_.now() >= silent_from_) look_whether_it_lives();
    ask();
    finish_if_all_gone();
    if (going_on()) watch_->set(true, channel_.sending());
  }
  set_timer();
}

/// Whatever the successor does from here on, it cannot acknowledge any more; what it has
/// acknowledged before this is its own, also when nobody has read it yet.
void HandingOver::fail(const std::string& why) {
  if (!going_on()) return;
  const bool began = state_ != State::offering;
  why_ = why;
  if (watch_) watch_->set(false, false);
  static_cast<void>(!::eventfd_write(inheritance_.revocation.get(), 1));
  channel_.stop_receiving();
  while (began && going_on()) {
    const auto frame = channel_.receive();
    if (!frame || !*frame || (**frame).type != static_cast<std::uint8_t>(TakeOverMessage::taken) ||
        !on_taken(**frame)) {
      break;
    }
  }
  // It had acknowledged the end.
  if (!going_on()) why_.clear();
  state_ = State::ended;
  for (Unacknowledged& one : unacknowledged_) {
    service_.take_back(one.worker, std::move(one.batch.parcels));
  }
  unacknowledged_.clear();
  set_timer();
}

void HandingOver::end(const std::string& why) {
  fail(why);
  // After that, so that it knows what is its own.
  if (successor_ > 0) ::kill(successor_, SIGTERM);
}

void HandingOver::conclude() {
  concluded_ = true;
  state_ = State::ended;
  watch_.reset();
  channel_ = Channel(OwnedFd());
  inheritance_ = {};
  if (!why_.empty()) return service_.failed(why_);
  const auto took = std::chrono::duration<double>(loop_.now() - began_);
  service_.done({sessions_, took.count(), successor_});
}

}  // namespace mooring::server
