// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/keeper.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "dnschain/keep/kept_chain.hpp"

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// While so many questions wait for an answer no other build is begun: a restart with many services
/// must not flood the resolver.
constexpr std::size_t kQuestionsAtOnce = 64;

constexpr const char* kForgotten = "dropped as told although clients may hold pins";

}  // namespace

struct Keeper::State {
  enum class Phase : std::uint8_t {
    unstarted,  ///< until the first tick
    quiet,      ///< nothing can be done before the next wakeup
    answered,   ///< answers have come in since the builds were looked at
  };

  State(KeeperSettings settings, std::function<std::uint32_t()> random, KeeperState stored_state)
      : context{std::move(settings), std::move(random)}, stored(std::move(stored_state)) {}

  void enter(Phase next);
  void begin(WallTime now);
  void adopt(const StoredService& service, WallTime now);
  KeptChain* find(const Service& service) const;
  KeptChain& add(const KeptService& kept, WallTime now);
  void drop(const Service& service);
  void hold_or_drop(KeptChain& chain, WallTime now);
  void release_pins(WallTime now);
  void expire_asks(WallTime now);
  void start_builds(WallTime now);
  void pump(WallTime now);
  void pump(KeptChain& chain, WallTime now);
  template <class Give>
  void resolve(AskId id, WallTime now, Give give);
  bool may_start() const { return asks.size() < kQuestionsAtOnce; }
  void update_table();
  bool is_forgotten(const Service& service) const;
  void report(KeeperEvent::Kind kind, const KeptChain& chain, std::string text);

  KeeperContext context;
  KeeperState stored;  ///< until the first tick
  std::vector<std::unique_ptr<KeptChain>> chains;
  AskList asks;
  Phase phase = Phase::unstarted;
  WallTime last_now{};
  KeptChanges changes{.table = true};  ///< not passed on yet
  std::shared_ptr<const ChainTable> table =
      std::make_shared<const ChainTable>(std::vector<PublishedChain>());
};

void Keeper::State::enter(Phase next) {
  // From the phase of the row to that of the column.
  static constexpr std::array<std::array<bool, 3>, 3> kLegal{{
      // unstarted quiet answered
      {false, true, false},  // unstarted
      {false, true, true},   // quiet
      {false, true, true},   // answered
  }};
  assert(kLegal[static_cast<std::size_t>(phase)][static_cast<std::size_t>(next)]);
  phase = next;
}

// --- Services.

KeptChain* Keeper::State::find(const Service& service) const {
  const auto found = std::ranges::find_if(
      chains, [&](const auto& chain) { return chain->kept().service == service; });
  return found == chains.end() ? nullptr : found->get();
}

KeptChain& Keeper::State::add(const KeptService& kept, WallTime now) {
  chains.push_back(std::make_unique<KeptChain>(kept, context, now));
  return *chains.back();
}

bool Keeper::State::is_forgotten(const Service& service) const {
  return std::ranges::find(context.settings.forget, service) != context.settings.forget.end();
}

void Keeper::State::report(KeeperEvent::Kind kind, const KeptChain& chain, std::string text) {
  changes.events.push_back({kind, chain.kept().service, std::move(text), chain.pinned_until()});
}

void Keeper::State::begin(WallTime now) {
  enter(Phase::quiet);
  last_now = now;
  for (const KeptService& kept : context.settings.services)
    if (find(kept.service) == nullptr) add(kept, now);
  const KeeperState old = std::exchange(stored, {});
  for (const StoredService& service : old.services) adopt(service, now);
}

/// Takes up what an earlier keeper stored of one service.
void Keeper::State::adopt(const StoredService& service, WallTime now) {
  if (KeptChain* chain = find(service.service)) {
    changes.add(chain->restore(service, now));
    return;
  }
  changes.state = true;
  if (service.pinned_until <= now) return;
  if (is_forgotten(service.service)) {
    changes.events.push_back(
        {KeeperEvent::Kind::forgotten, service.service, kForgotten, service.pinned_until});
    return;
  }
  KeptChain& chain = add({service.service, std::chrono::hours(0), {}}, now);
  changes.add(chain.restore(service, now));
  changes.add(chain.hold(now));
}

void Keeper::State::drop(const Service& service) {
  asks.forget(service);
  std::erase_if(chains, [&](const auto& chain) { return chain->kept().service == service; });
  changes.table = changes.state = true;
}

/// The service is not in the settings any more.
void Keeper::State::hold_or_drop(KeptChain& chain, WallTime now) {
  const Service service = chain.kept().service;
  const bool pinned = chain.pinned_until() > now;
  const bool forgotten = is_forgotten(service);
  if (pinned && forgotten) report(KeeperEvent::Kind::forgotten, chain, kForgotten);
  if (!pinned || forgotten)
    drop(service);
  else if (!chain.held())
    changes.add(chain.hold(now));
}

void Keeper::State::release_pins(WallTime now) {
  std::vector<Service> over;
  for (const auto& chain : chains)
    if (chain->held() && chain->pinned_until() <= now) over.push_back(chain->kept().service);
  for (const Service& service : over) {
    report(KeeperEvent::Kind::pins_expired, *find(service), "no client holds a pin any more");
    drop(service);
  }
}

// --- Questions and answers.

/// Gives what came of a question to the builds that wait for it.
template <class Give>
void Keeper::State::resolve(AskId id, WallTime now, Give give) {
  const auto waiting = asks.take(id);
  if (!waiting) return;
  for (const Service& service : waiting->services) {
    KeptChain* chain = find(service);
    if (Builder* builder = chain == nullptr ? nullptr : chain->builder())
      give(*builder, waiting->question);
  }
  enter(Phase::answered);
  // Answers that come together are looked at together; the last one moves things on at once.
  if (std::ranges::any_of(waiting->services,
                          [&](const Service& service) { return !asks.waits(service); }))
    pump(now);
}

void Keeper::State::expire_asks(WallTime now) {
  for (const AskId id : asks.late(now))
    resolve(id, now, [](Builder& builder, const Question& question) {
      builder.fail(question, "the resolver did not answer in time");
    });
}

void Keeper::State::start_builds(WallTime now) {
  std::vector<KeptChain*> due;
  for (const auto& chain : chains)
    if (chain->due(now)) due.push_back(chain.get());
  std::ranges::stable_sort(due, {}, [](const KeptChain* chain) { return chain->next_refresh(); });
  for (KeptChain* chain : due) {
    if (!may_start()) return;
    chain->start(now);
    pump(*chain, now);
  }
}

void Keeper::State::pump(KeptChain& chain, WallTime now) {
  if (chain.builder() == nullptr) return;
  const Service& service = chain.kept().service;
  // A second time for a builder that asks again.
  for (int rounds = 0; rounds < 2 && chain.builder() != nullptr; ++rounds) {
    for (const Question& question : chain.builder()->take_questions())
      asks.ask(service, question, now + context.settings.ask_timeout);
    changes.add(chain.settle(now));
  }
  if (chain.builder() == nullptr) asks.forget(service);
}

void Keeper::State::pump(WallTime now) {
  enter(Phase::quiet);
  for (const auto& chain : chains) pump(*chain, now);
  start_builds(now);
  update_table();
}

void Keeper::State::update_table() {
  if (!std::exchange(changes.table, false)) return;
  std::vector<PublishedChain> out, withdrawn;
  for (const auto& chain : chains) {
    if (auto published = chain->published()) out.push_back(std::move(*published));
    if (chain->withdrawn()) withdrawn.push_back(*chain->withdrawn());
  }
  table = std::make_shared<const ChainTable>(std::move(out), std::move(withdrawn));
}

// --- The keeper.

Keeper::Keeper(KeeperSettings settings, std::function<std::uint32_t()> random, KeeperState stored)
    : state_(std::make_unique<State>(std::move(settings), std::move(random), std::move(stored))) {}
Keeper::~Keeper() = default;
Keeper::Keeper(Keeper&&) noexcept = default;
Keeper& Keeper::operator=(Keeper&&) noexcept = default;

void Keeper::tick(WallTime now) {
  State& state = *state_;
  if (state.phase == State::Phase::unstarted) state.begin(now);
  state.last_now = now;
  state.release_pins(now);
  state.expire_asks(now);
  for (const auto& chain : state.chains) state.changes.add(chain->tick(now));
  state.pump(now);
}

WallTime Keeper::next_wakeup() const {
  const State& state = *state_;
  if (state.phase != State::Phase::quiet) return state.last_now;
  WallTime when = state.asks.next_deadline();
  for (const auto& chain : state.chains) {
    when = std::min(when, chain->next_wakeup());
    if (state.may_start() && chain->builder() == nullptr)
      when = std::min(when, chain->next_refresh());
  }
  return when;
}

std::vector<Ask> Keeper::take_asks() {
  if (state_->phase == State::Phase::answered) state_->pump(state_->last_now);
  return state_->asks.take_unsent();
}

void Keeper::answer(AskId id, ByteView message, WallTime now) {
  state_->resolve(id, now, [&](Builder& builder, const Question& question) {
    builder.answer(question, message, now);
  });
}

void Keeper::fail(AskId id, std::string_view reason, WallTime now) {
  state_->resolve(
      id, now, [&](Builder& builder, const Question& question) { builder.fail(question, reason); });
}

void Keeper::reconfigure(KeeperSettings settings, WallTime now) {
  State& state = *state_;
  if (state.phase == State::Phase::unstarted) state.begin(state.last_now = now);
  state.context.settings = std::move(settings);
  state.asks.clear();
  std::vector<KeptChain*> gone;
  for (const auto& chain : state.chains) gone.push_back(chain.get());
  for (const KeptService& kept : state.context.settings.services) {
    if (KeptChain* chain = state.find(kept.service)) {
      std::erase(gone, chain);
      state.changes.add(chain->change(kept, now));
    } else {
      state.add(kept, now);
    }
  }
  for (KeptChain* chain : gone) {
    chain->stop();
    state.hold_or_drop(*chain, now);
  }
  tick(now);
}

void Keeper::clock_set(std::chrono::seconds step, WallTime now) {
  State& state = *state_;
  if (state.phase == State::Phase::unstarted) return;
  state.asks.clear();
  for (const auto& chain : state.chains) state.changes.add(chain->clock_set(step, now));
  tick(now);
}

void Keeper::refresh(WallTime now) {
  for (const auto& chain : state_->chains) chain->refresh_at(now);
  tick(now);
}

std::shared_ptr<const ChainTable> Keeper::table() const {
  return state_->table;
}

std::vector<KeeperEvent> Keeper::take_events() {
  return std::exchange(state_->changes.events, {});
}

std::vector<ServiceStatus> Keeper::status() const {
  std::vector<ServiceStatus> out;
  for (const auto& chain : state_->chains) out.push_back(chain->status());
  return out;
}

std::optional<KeeperState> Keeper::unstored_state() const {
  if (!state_->changes.state) return std::nullopt;
  return state();
}

KeeperState Keeper::state() const {
  if (state_->phase == State::Phase::unstarted) return state_->stored;
  KeeperState out;
  for (const auto& chain : state_->chains) out.services.push_back(chain->stored());
  return out;
}

void Keeper::state_stored(WallTime now) {
  state_->changes.state = false;
  for (const auto& chain : state_->chains) state_->changes.add(chain->state_stored(now));
  state_->update_table();
}

}  // namespace mooring::dnschain
