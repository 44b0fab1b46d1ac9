// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service as one of several hosts: sessions that go to others and come from them.
#include <utility>

#include "server/ops/daemon.hpp"

namespace mooring::server {

namespace {

/// Tag of the standing order of a front; a worker's number is below it.
constexpr std::uint64_t kToBackends = std::uint64_t{1} << 32U;

}  // namespace

Result<void> Daemon::start_handover() {
  if (!config_.handover.on()) return {};
  auto started = Handover::start(config_, version_, *loop_, log_, make_loop_,
                                 {[this](std::uint64_t number, Parcel parcel) {
                                    workers_.take_watched(number, std::move(parcel));
                                  },
                                  [this](Parcel parcel) {
                                    std::vector<Parcel> one;
                                    one.push_back(std::move(parcel));
                                    workers_.take(next_taker_++, std::move(one));
                                  }});
  if (!started) return tl::make_unexpected(started.error());
  handover_ = std::move(*started);
  return {};
}

void Daemon::on_given(std::uint64_t tag, std::vector<Parcel> parcels, const Remaining& left) {
  if (tag != kToBackends) return upgrade_.on_given(tag, std::move(parcels), left);
  handover_->move(std::move(parcels));
}

void Daemon::give_to_backends() {
  if (!config_.handover.backends.empty()) workers_.give_when_open(StandingOrder{kToBackends, {}});
}

void Daemon::end_handover() {
  if (!handover_) return;
  workers_.give_when_open(std::nullopt);
  handover_->end();
}

}  // namespace mooring::server
