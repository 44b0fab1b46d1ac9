// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/moving.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

namespace {

/// Those behind the first few wait untouched, and are not answered meanwhile: so not many.
constexpr std::size_t kBatch = 16;
/// Before a worker is asked again that has sessions and could give none, and for how long.
constexpr Milliseconds kPause{10};
constexpr Milliseconds kPatience{1'000};

std::string why_not(const Remaining& left) {
  if (!left.trouble.empty()) return left.trouble;
  if (left.watched > 0) return "they came from another host";
  return left.handshaking > 0 ? "their handshake is not done" : "they could not leave now";
}

}  // namespace

Moving::Moving(Loop& loop, Service service)
    : loop_(loop), service_(std::move(service)), timer_(loop.make_timer([this] { ask(); })) {}

void Moving::start(std::size_t peer, std::optional<IpPrefix> client) {
  going_on_ = true;
  peer_ = peer;
  client_ = client;
  what_ = {};
  began_ = loop_.now();
  worker_ = 0;
  most_.reset();
  ask();
}

void Moving::ask() {
  if (going_on_) service_.give(worker_, {0, kBatch, GiveWhich::any, client_});
}

void Moving::on_given(std::vector<Parcel> parcels, const Remaining& remaining) {
  if (!going_on_) {
    for (Parcel& parcel : parcels) service_.take_back(worker_, std::move(parcel));
    return;
  }
  // Others come while these leave, and those that stay come round again: it has to end all the
  // same.
  if (!most_) {
    most_ = 2 * (parcels.size() + remaining.total());
    patient_until_ = loop_.now() + kPatience;
  }
  remaining_ = remaining;
  moved_ = 0;
  stayed_ = 0;
  under_way_ = parcels.size();
  *most_ -= std::min(*most_, parcels.size());
  if (!parcels.empty()) return service_.move(peer_, std::move(parcels));
  const bool may_come = remaining.quiet + remaining.busy + remaining.handshaking > 0;
  if (!may_come || loop_.now() >= patient_until_) return next_worker();
  timer_->set(loop_.now() + kPause);
}

void Moving::on_moved() {
  ++what_.moved;
  ++moved_;
  settle();
}

void Moving::on_stayed(Parcel parcel, const std::string& why) {
  ++stayed_;
  what_.why = why;
  service_.take_back(worker_, std::move(parcel));
  settle();
}

/// A batch of which none could go says enough of the others.
void Moving::settle() {
  if (--under_way_ > 0 || !going_on_) return;
  if (moved_ == 0 || *most_ == 0) return next_worker();
  patient_until_ = loop_.now() + kPatience;
  ask();
}

void Moving::next_worker() {
  const std::size_t left = remaining_.total() - remaining_.ending + stayed_;
  what_.stayed += left;
  if (left > 0 && what_.why.empty()) what_.why = why_not(remaining_);
  most_.reset();
  if (++worker_ < service_.workers()) return ask();
  if (what_.stayed == 0) what_.why.clear();  // who stayed at first has gone since
  end();
}

void Moving::cancel(const std::string& why) {
  if (!going_on_) return;
  what_.why = why;
  what_.stayed += under_way_ + stayed_ + remaining_.total();
  end();
}

void Moving::end() {
  going_on_ = false;
  timer_->clear();
  what_.seconds = std::chrono::duration<double>(loop_.now() - began_).count();
  service_.done(what_);
}

}  // namespace mooring::server
