// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/keeper.hpp"

#include <algorithm>
#include <map>

#include "dnschain/keep/kept_chain.hpp"

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// While so many questions wait for an answer no other build is begun: a restart with many services
/// must not flood the resolver.
constexpr std::size_t kQuestionsAtOnce = 64;

}  // namespace

struct Keeper::State {
  /// A question on its way, asked once for all the builds that need it: services that share zones
  /// share most of their questions.
  struct Sent {
    Question question;
    WallTime deadline;
    std::vector<KeptChain*> chains;
  };

  State(KeeperSettings settings, std::function<std::uint32_t()> random, KeeperState stored_state)
      : stored(std::move(stored_state)) {
    context.settings = std::move(settings);
    context.random = std::move(random);
  }

  void begin(WallTime now);
  void adopt(const StoredService& service, WallTime now);
  KeptChain* find(const Service& service) const;
  void drop(KeptChain* chain);
  void release_pins(WallTime now);
  void expire_asks(WallTime now);
  void start_builds(WallTime now);
  void pump(WallTime now);
  void pump(KeptChain& chain, WallTime now);
  void ask(KeptChain& chain, Question question, WallTime now);
  template <class Give>
  void resolve(AskId id, WallTime now, Give give);
  void forget_asks(const KeptChain* chain);
  bool has_asks(const KeptChain* chain) const;
  bool may_start() const { return sent.size() < kQuestionsAtOnce; }
  void update_table();
  bool is_forgotten(const Service& service) const;

  KeeperContext context;
  std::optional<KeeperState> stored;  ///< until the first tick
  std::vector<std::unique_ptr<KeptChain>> chains;
  std::map<AskId, Sent> sent;
  std::vector<Ask> to_send;
  AskId last_id = 0;
  WallTime last_now{};
  bool begun = false;
  bool answered = false;  ///< answers have come in since the last pump
  std::shared_ptr<const ChainTable> table =
      std::make_shared<const ChainTable>(std::vector<PublishedChain>());
};

// --- Services.

KeptChain* Keeper::State::find(const Service& service) const {
  const auto found = std::ranges::find_if(
      chains, [&](const auto& chain) { return chain->kept().service == service; });
  return found == chains.end() ? nullptr : found->get();
}

bool Keeper::State::is_forgotten(const Service& service) const {
  return std::ranges::find(context.settings.forget, service) != context.settings.forget.end();
}

void Keeper::State::begin(WallTime now) {
  begun = true;
  last_now = now;
  for (const KeptService& kept : context.settings.services) {
    if (find(kept.service) == nullptr)
      chains.push_back(std::make_unique<KeptChain>(kept, context, now));
  }
  const KeeperState old = std::move(stored).value_or(KeeperState());
  stored.reset();
  for (const StoredService& service : old.services) adopt(service, now);
}

/// Takes up what an earlier keeper stored of one service.
void Keeper::State::adopt(const StoredService& service, WallTime now) {
  KeptChain* chain = find(service.service);
  if (chain != nullptr) {
    chain->restore(service, now);
    return;
  }
  context.state_stale = true;
  if (service.pinned_until <= now) return;
  if (is_forgotten(service.service)) {
    context.events.push_back({KeeperEvent::Kind::forgotten, service.service,
                              "dropped as told although clients may hold pins",
                              service.pinned_until});
    return;
  }
  const KeptService kept{service.service, std::chrono::hours(0), {}};
  chains.push_back(std::make_unique<KeptChain>(kept, context, now));
  chains.back()->restore(service, now);
  chains.back()->hold(now);
}

void Keeper::State::drop(KeptChain* chain) {
  forget_asks(chain);
  std::erase_if(chains, [&](const auto& other) { return other.get() == chain; });
  context.table_stale = true;
  context.state_stale = true;
}

void Keeper::State::release_pins(WallTime now) {
  std::vector<KeptChain*> over;
  for (const auto& chain : chains) {
    if (chain->removed() && chain->pinned_until() <= now) over.push_back(chain.get());
  }
  for (KeptChain* chain : over) {
    context.events.push_back({KeeperEvent::Kind::pins_expired, chain->kept().service,
                              "no client holds a pin any more", chain->pinned_until()});
    drop(chain);
  }
}

// --- Questions and answers.

void Keeper::State::forget_asks(const KeptChain* chain) {
  for (auto& [id, each] : sent) std::erase(each.chains, chain);
  std::erase_if(sent, [](const auto& entry) { return entry.second.chains.empty(); });
  std::erase_if(to_send, [&](const Ask& each) { return !sent.contains(each.id); });
}

bool Keeper::State::has_asks(const KeptChain* chain) const {
  return std::ranges::any_of(sent, [&](const auto& entry) {
    return std::ranges::find(entry.second.chains, chain) != entry.second.chains.end();
  });
}

void Keeper::State::ask(KeptChain& chain, Question question, WallTime now) {
  const auto same = std::ranges::find_if(
      sent, [&](const auto& entry) { return entry.second.question == question; });
  if (same != sent.end()) {
    same->second.chains.push_back(&chain);
    return;
  }
  const AskId id = ++last_id;
  sent.emplace(id, Sent{question, now + context.settings.ask_timeout, {&chain}});
  to_send.push_back({id, std::move(question)});
}

/// Gives what came of a question to the builds that wait for it.
template <class Give>
void Keeper::State::resolve(AskId id, WallTime now, Give give) {
  const auto found = sent.find(id);
  if (found == sent.end()) return;
  const Sent each = std::move(found->second);
  sent.erase(found);
  for (KeptChain* chain : each.chains) {
    if (Builder* builder = chain->builder()) give(*builder, each.question);
  }
  answered = true;
  // Answers that come together are looked at together; the last one moves things on at once.
  if (std::ranges::any_of(each.chains, [&](KeptChain* chain) { return !has_asks(chain); }))
    pump(now);
}

void Keeper::State::expire_asks(WallTime now) {
  std::vector<AskId> late;
  for (const auto& [id, each] : sent) {
    if (each.deadline <= now) late.push_back(id);
  }
  for (const AskId id : late)
    resolve(id, now, [](Builder& builder, const Question& question) {
      builder.fail(question, "the resolver did not answer in time");
    });
  std::erase_if(to_send, [&](const Ask& each) { return !sent.contains(each.id); });
}

void Keeper::State::start_builds(WallTime now) {
  std::vector<KeptChain*> due;
  for (const auto& chain : chains) {
    if (chain->due(now)) due.push_back(chain.get());
  }
  std::ranges::stable_sort(due, {}, [](const KeptChain* chain) { return chain->next_refresh(); });
  for (KeptChain* chain : due) {
    if (!may_start()) return;
    chain->start(now);
    pump(*chain, now);
  }
}

void Keeper::State::pump(KeptChain& chain, WallTime now) {
  if (chain.builder() == nullptr) return;
  // A second time for a builder that asks again.
  for (int rounds = 0; rounds < 2 && chain.builder() != nullptr; ++rounds) {
    for (Question& question : chain.builder()->take_questions())
      ask(chain, std::move(question), now);
    chain.settle(now);
  }
  if (chain.builder() == nullptr) forget_asks(&chain);
}

void Keeper::State::pump(WallTime now) {
  answered = false;
  for (const auto& chain : chains) pump(*chain, now);
  start_builds(now);
  update_table();
}

void Keeper::State::update_table() {
  if (!context.table_stale) return;
  context.table_stale = false;
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
  if (!state.begun) state.begin(now);
  state.last_now = now;
  state.release_pins(now);
  state.expire_asks(now);
  for (const auto& chain : state.chains) chain->tick(now);
  state.pump(now);
}

WallTime Keeper::next_wakeup() const {
  const State& state = *state_;
  if (!state.begun || state.answered) return state.last_now;
  WallTime when = WallTime::max();
  for (const auto& chain : state.chains) {
    when = std::min(when, chain->next_wakeup());
    if (state.may_start() && chain->builder() == nullptr)
      when = std::min(when, chain->next_refresh());
  }
  for (const auto& [id, each] : state.sent) when = std::min(when, each.deadline);
  return when;
}

std::vector<Keeper::Ask> Keeper::take_asks() {
  if (state_->answered) state_->pump(state_->last_now);
  return std::exchange(state_->to_send, {});
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
  if (!state.begun) state.begin(state.last_now = now);
  state.context.settings = std::move(settings);
  state.sent.clear();
  state.to_send.clear();
  std::vector<KeptChain*> gone;
  for (const auto& chain : state.chains) gone.push_back(chain.get());
  for (const KeptService& kept : state.context.settings.services) {
    if (KeptChain* chain = state.find(kept.service)) {
      std::erase(gone, chain);
      chain->change(kept, now);
    } else {
      state.chains.push_back(std::make_unique<KeptChain>(kept, state.context, now));
    }
  }
  for (KeptChain* chain : gone) {
    chain->stop();
    const bool pinned = chain->pinned_until() > now;
    const bool forgotten = state.is_forgotten(chain->kept().service);
    if (pinned && forgotten)
      state.context.events.push_back({KeeperEvent::Kind::forgotten, chain->kept().service,
                                      "dropped as told although clients may hold pins",
                                      chain->pinned_until()});
    if (!pinned || forgotten)
      state.drop(chain);
    else if (!chain->removed())
      chain->hold(now);
  }
  tick(now);
}

void Keeper::clock_set(std::chrono::seconds step, WallTime now) {
  State& state = *state_;
  if (!state.begun) return;
  state.sent.clear();
  state.to_send.clear();
  for (const auto& chain : state.chains) chain->clock_set(step, now);
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
  return std::exchange(state_->context.events, {});
}

std::vector<ServiceStatus> Keeper::status() const {
  std::vector<ServiceStatus> out;
  for (const auto& chain : state_->chains) out.push_back(chain->status());
  return out;
}

std::optional<KeeperState> Keeper::unstored_state() const {
  if (!state_->context.state_stale) return std::nullopt;
  KeeperState out;
  for (const auto& chain : state_->chains) out.services.push_back(chain->stored());
  return out;
}

void Keeper::state_stored(WallTime now) {
  state_->context.state_stale = false;
  for (const auto& chain : state_->chains) chain->state_stored(now);
  state_->update_table();
}

}  // namespace mooring::dnschain
