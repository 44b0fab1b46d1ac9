// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/service.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "dnschain/base/time_text.hpp"
#include "server/base/wall_time.hpp"

namespace mooring::server {

namespace {

using dnschain::KeeperEvent;
using std::chrono::seconds;

constexpr seconds kLongestWait{60};
/// How soon it is noticed that the clock was set.
constexpr seconds kClockWatch{1};

/// The names of services that have a pin, each a dnschain::StoredService or ServiceStatus.
template <class Services>
std::vector<std::string> names_pinned(const Services& services, dnschain::WallTime now) {
  std::vector<std::string> out;
  for (const auto& each : services) {
    if (each.pinned_until > now) out.push_back(each.service.base_domain());
  }
  return out;
}

StateSaver saver_for(const std::optional<dnschain::StateStore>& store, Log& log) {
  if (!store) return {nullptr, "", log};
  const auto save = [store = *store](const dnschain::KeeperState& state) -> Result<void> {
    const auto saved = store.save(state);
    if (!saved) return failure(saved.error().context);
    return {};
  };
  return {save, store->file().string(), log};
}

}  // namespace

std::vector<std::string> ChainMemory::pinned_names() const {
  return names_pinned(state.services, wall_now());
}

ChainService::ChainService(Loop& loop, Log& log, dnschain::KeeperSettings settings,
                           ResolverSettings resolver, ChainMemory memory,
                           std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish,
                           std::function<void()> settled, Clocks clocks)
    : log_(log),
      publish_(std::move(publish)),
      settled_(std::move(settled)),
      clocks_(std::move(clocks)),
      events_(log),
      saver_(saver_for(memory.store, log)),
      keeper_(
          settings, [random = std::make_shared<std::random_device>()] { return (*random)(); },
          std::move(memory.state)),
      loop_(loop),
      resolver_(loop, std::move(resolver), *this),
      clock_timer_(loop.make_timer([this] { watch_clock(); })),
      keeper_timer_(loop.make_timer([this] { due_ = true; })) {
  for (const auto& kept : settings.services) unsettled_.push_back(kept.service);
  watch_clock();
  loop.at_end_of_turn([this] { end_turn(); });
}

std::shared_ptr<const dnschain::ChainTable> ChainService::table() const {
  return keeper_.table();
}

std::vector<std::string> ChainService::pinned_names() const {
  return names_pinned(keeper_.status(), std::chrono::floor<seconds>(clocks_.wall()));
}

KeeperMetrics ChainService::metrics() const {
  KeeperMetrics out;
  for (const dnschain::ServiceStatus& each : keeper_.status()) {
    const bool secure = each.kind == dnschain::VerdictKind::secure;
    out.services.add();
    out.served.add(each.published ? 1 : 0);
    out.kept_for_pins.add(each.removed ? 1 : 0);
    out.mismatched.add(each.matches == false ? 1 : 0);
    out.without_tlsa.add(each.published && !each.removed && !secure ? 1 : 0);
    out.failing.add(each.last_failure.empty() ? 0 : 1);
    out.refreshes.add(each.refreshes);
    out.refreshes_failed.add(each.failures);
  }
  events_.count_into(out);
  return out;
}

void ChainService::reconfigure(dnschain::KeeperSettings settings,
                               const ResolverSettings& resolver) {
  resolver_.set(resolver);
  keeper_.reconfigure(std::move(settings), now());
  due_ = true;
}

void ChainService::refresh() {
  keeper_.refresh(now());
  due_ = true;
}

void ChainService::on_answer(dnschain::Keeper::AskId id, ByteView message) {
  due_ = true;
  keeper_.answer(id, message, now());
}

void ChainService::on_failure(dnschain::Keeper::AskId id, const std::string& why) {
  due_ = true;
  keeper_.fail(id, why, now());
}

void ChainService::run() {
  due_ = false;
  keeper_.tick(now());
  for (const auto& what : keeper_.take_asks()) resolver_.ask(what);
  for (const KeeperEvent& event : keeper_.take_events()) {
    events_.add(event);
    note_settled(event);
  }
  // First: nothing is announced that a crash would make forgotten.
  store_state();
  auto table = keeper_.table();
  if (table != published_) publish_(published_ = std::move(table));
  if (unsettled_.empty() && settled_) std::exchange(settled_, nullptr)();
}

void ChainService::store_state() {
  if (!storing_ || !saver_.ready(loop_.now())) return;
  const auto state = keeper_.unstored_state();
  if (state && saver_.save(*state, loop_.now())) keeper_.state_stored(now());
}

void ChainService::set_storing(bool on) {
  storing_ = on;
  due_ = true;
}

void ChainService::note_settled(const KeeperEvent& event) {
  if (event.kind == KeeperEvent::Kind::published || event.kind == KeeperEvent::Kind::restored ||
      event.kind == KeeperEvent::Kind::refresh_failed) {
    std::erase(unsettled_, event.service);
  }
}

dnschain::WallTime ChainService::now() {
  const auto wall = clocks_.wall();
  const seconds step = clock_.look(wall, clocks_.monotonic());
  const auto now = std::chrono::floor<seconds>(wall);
  if (step == seconds{0}) return now;
  log_.warning("clock", {{"state", step > seconds{0} ? "set_forward" : "set_back"},
                         {"by", std::to_string(std::chrono::abs(step).count()) + "s"},
                         {"now", dnschain::to_text(now)},
                         {"detail", "all chains are judged by the new time and asked for anew"}});
  keeper_.clock_set(step, now);
  due_ = true;
  return now;
}

void ChainService::watch_clock() {
  static_cast<void>(now());
  clock_timer_->set(loop_.now() + kClockWatch);
}

void ChainService::set_timers() {
  const auto wait = std::clamp(keeper_.next_wakeup() - now(), seconds{0}, kLongestWait);
  keeper_timer_->set(loop_.now() + wait);
  keeper_timer_->set_earlier(saver_.again_at());
}

void ChainService::end_turn() {
  // A question may be refused at once, and the keeper may have another one then.
  for (int rounds = 0; due_ && rounds < 100; ++rounds) run();
  resolver_.end_turn();
  set_timers();
}

}  // namespace mooring::server
