// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/kept_chain.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

constexpr seconds kNear{600};
constexpr seconds kSignaturesNear{3600};
/// A build is given up after so many times the timeout of a question.
constexpr int kTimeoutsPerBuild = 12;

constexpr std::size_t kPhases = 3;

/// From the phase of the row to that of the column. A chain that ends may get a successor, and a
/// newer one takes the place of any.
constexpr std::array<std::array<bool, kPhases>, kPhases> kLegal{{
    // absent served ending
    {false, true, false},  // absent
    {true, true, true},    // served
    {true, true, false},   // ending
}};

constexpr const char* kHeld =
    "it is not configured any more, but clients may hold pins: its chain is kept up until then, "
    "beside the first identity's certificate; where that does not match its TLSA records, take "
    "them out of the DNS";

}  // namespace

void KeptChanges::add(KeptChanges more) {
  table = table || more.table;
  state = state || more.state;
  std::ranges::move(more.events, std::back_inserter(events));
}

KeptChain::KeptChain(KeptService kept, const KeeperContext& context, WallTime now)
    : kept_(std::move(kept)), context_(context), schedule_(context.random, now) {}

KeptChanges KeptChain::event(KeeperEvent::Kind kind, std::string text, WallTime until) const {
  KeptChanges changes;
  changes.events.push_back({kind, kept_.service, std::move(text), until});
  return changes;
}

void KeptChain::enter(ChainPhase next) {
  assert(kLegal[static_cast<std::size_t>(phase_)][static_cast<std::size_t>(next)]);
  phase_ = next;
}

// --- Settings.

KeptChanges KeptChain::restore(const StoredService& stored, WallTime now) {
  KeptChanges changes;
  pins_.restore(stored.pinned_until);
  history_ = TlsaHistory(stored.history, now);
  if (!stored.history.empty()) {
    // Whatever becomes of the chain, it is known what clients may go by.
    withdrawn_ = PublishedChain{.service = kept_.service};
    withdrawn_->history = history_.seen();
    changes.table = true;
  }
  if (stored.records.empty()) return changes;
  const KeeperSettings& settings = context_.settings;
  auto chain = admit({stored.records, stored.fetched}, kept_.service, settings.anchor, now,
                     settings.grace, settings.verify_limits);
  // From the future: the clock has gone back, and the TTLs say nothing.
  if (!chain || stored.fetched > now) return changes;
  // A file of an older version has no history.
  if (stored.history.empty()) changes.add(note_tlsa(*chain, stored.fetched));
  served_since_ = now;
  changes.add(serve(std::move(*chain), now));
  changes.add(event(KeeperEvent::Kind::restored, served_->verdict.reason, served_->until));
  changes.add(compare_identity(now));
  return changes;
}

KeptChanges KeptChain::change(KeptService kept, WallTime now) {
  const bool other_identity = kept.presented.certificates != kept_.presented.certificates ||
                              kept.presented.raw_public_key != kept_.presented.raw_public_key;
  KeptChanges changes;
  if (served_) changes = move_pins(now);
  kept_ = std::move(kept);
  membership_ = Membership::configured;
  stop();
  schedule_.begin_anew(now);
  if (other_identity) identity_.other_identity();
  if (served_) changes.add(judge_again(now));
  return changes;
}

/// By other settings or another time.
KeptChanges KeptChain::judge_again(WallTime now) {
  const KeeperSettings& settings = context_.settings;
  auto again = admit({served_->given, served_->chain.fetched}, kept_.service, settings.anchor, now,
                     settings.grace, settings.verify_limits);
  if (!again) return withdraw(again.error().context);
  served_ = std::move(*again);
  KeptChanges changes = publish(now);
  changes.add(compare_identity(now));
  return changes;
}

KeptChanges KeptChain::clock_set(seconds step, WallTime now) {
  KeptChanges changes;
  stop();
  schedule_.begin_anew(now);
  pins_.clock_set(step);
  history_.clock_set(step);
  served_since_ += step;
  if (withdrawn_) withdrawn_->history = history_.seen();
  changes.table = true;
  if (!served_) return changes;
  // Set back, it is as old as before. Set forward, it may be that much older: machines that sleep
  // wake up with such a step.
  if (step < seconds(0)) served_->chain.fetched += step;
  served_->chain.fetched = std::min(served_->chain.fetched, now);
  changes.add(judge_again(now));
  return changes;
}

KeptChanges KeptChain::hold(WallTime now) {
  KeptChanges changes;
  if (served_) changes = move_pins(now);
  kept_.support_lifetime = std::chrono::hours(0);
  kept_.presented = {};
  identity_.none();
  membership_ = Membership::held;
  changes.add(event(KeeperEvent::Kind::pins_held, kHeld, pins_.pinned_until()));
  if (served_) changes.add(publish(now));
  return changes;
}

// --- Refreshes.

void KeptChain::start(WallTime now) {
  build_.emplace(Build{
      Builder(kept_.service, context_.settings.builder_limits, context_.settings.anchor.zones()),
      now});
}

KeptChanges KeptChain::settle(WallTime now) {
  if (!build_) return {};
  Builder& builder = build_->builder;
  if (!builder.done()) {
    if (now - build_->started < context_.settings.ask_timeout * kTimeoutsPerBuild) return {};
    stop();
    return fail("the resolver is too slow: the chain was not complete in time", now);
  }
  auto fresh = builder.result().and_then([&](Chain chain) { return check(std::move(chain), now); });
  if (!fresh && builder.ask_again()) return {};
  stop();
  return fresh ? succeed(std::move(*fresh), now) : fail(fresh.error().context, now);
}

Result<ServedChain> KeptChain::check(Chain chain, WallTime now) const {
  const KeeperSettings& settings = context_.settings;
  sort_records(chain);
  if (served_ && now < served_->verdict.until && same_as_given(chain, *served_))
    return renew(*served_, std::move(chain), now, settings.grace);
  return admit(std::move(chain), kept_.service, settings.anchor, now, settings.grace,
               settings.verify_limits);
}

KeptChanges KeptChain::succeed(ServedChain fresh, WallTime now) {
  ++tally_.refreshes;
  schedule_.succeeded();
  tally_.last_failure.clear();
  KeptChanges changes = note_tlsa(fresh, now);
  const bool same = served_ && same_records(served_->chain, fresh.chain);
  // Another cache of the same resolver may hold the same records for a shorter time.
  if (!same || fresh.until >= served_->until) {
    const bool news = !served_ || !same_data(served_->chain, fresh.chain);
    if (!same) served_since_ = now;
    changes.add(serve(std::move(fresh), now));
    if (news)
      changes.add(event(KeeperEvent::Kind::published, served_->verdict.reason, served_->until));
    changes.state = true;
  }
  changes.add(compare_identity(now));
  schedule_.after(*served_, context_.settings.grace, identity_.matches() != false, now);
  return changes;
}

KeptChanges KeptChain::fail(std::string reason, WallTime now) {
  ++tally_.failures;
  schedule_.failed(!served_ || served_->until - now < kNear, now);
  if (reason == tally_.last_failure) return {};  // said already
  tally_.last_failure = std::move(reason);
  return event(KeeperEvent::Kind::refresh_failed, tally_.last_failure,
               served_ ? served_->until : WallTime{});
}

// --- What is served.

KeptChanges KeptChain::serve(ServedChain fresh, WallTime now) {
  // One whose end was said to be near is still that one when it is the same with new TTLs.
  const bool same = served_ && same_records(served_->chain, fresh.chain) &&
                    served_->verdict.until == fresh.verdict.until;
  if (!same) enter(ChainPhase::served);
  served_ = std::move(fresh);
  return publish(now);
}

KeptChanges KeptChain::publish(WallTime now) {
  announced_ = pins_.announce(kept_.support_lifetime, now);
  body_ = make_body(*served_, announced_, context_.settings.prefix, now);
  withdrawn_.reset();
  return {.table = true, .state = pins_.unstored()};
}

KeptChanges KeptChain::withdraw(std::string why) {
  const WallTime until = served_->until;
  withdrawn_ = published();
  withdrawn_->body = nullptr;
  served_.reset();
  body_ = {};
  identity_.none();
  enter(ChainPhase::absent);
  if (!tally_.last_failure.empty()) why += "; the last refresh failed: " + tally_.last_failure;
  KeptChanges changes = event(KeeperEvent::Kind::withdrawn, std::move(why), until);
  changes.table = true;
  return changes;
}

KeptChanges KeptChain::compare_identity(WallTime now) {
  identity_.none();
  if (!served_ || held()) return {};
  auto fault = identity_.compare(served_->verdict, kept_.presented, kept_.service, now);
  return fault ? event(fault->kind, std::move(fault->text), served_->until) : KeptChanges();
}

KeptChanges KeptChain::note_tlsa(const ServedChain& fresh, WallTime now) {
  const bool any = fresh.verdict.kind == VerdictKind::secure;
  history_.saw(any ? fresh.verdict.tlsa : std::vector<TlsaRecord>(),
               any ? tlsa_cache_time(fresh.chain.records) : seconds(0), now);
  return {.table = true, .state = true};
}

KeptChanges KeptChain::move_pins(WallTime now) {
  const std::chrono::hours may = pins_.announce(kept_.support_lifetime, now);
  KeptChanges changes{.state = pins_.unstored()};
  if (may != announced_) changes.add(publish(now));
  return changes;
}

KeptChanges KeptChain::state_stored(WallTime now) {
  pins_.stored();
  return served_ ? move_pins(now) : KeptChanges();
}

KeptChanges KeptChain::warn_of_bound(WallTime now) {
  if (phase_ == ChainPhase::ending || now - served_since_ < kNear) return {};
  const bool failing = schedule_.failed_in_a_row() > 0 && served_->until - now < kNear;
  const bool signatures = served_->verdict.until - now < kSignaturesNear;
  if (!failing && !signatures) return {};
  enter(ChainPhase::ending);
  return event(KeeperEvent::Kind::bound_near,
               failing ? "refreshes fail: " + tally_.last_failure
                       : "signatures end soon and the zone has no newer ones",
               served_->until);
}

KeptChanges KeptChain::tick(WallTime now) {
  if (!served_) return {};
  if (now >= served_->until) {
    refresh_at(now);
    return withdraw(served_->until == served_->verdict.until ? "its signatures have expired"
                                                             : "its TTL has run out");
  }
  KeptChanges changes;
  if (now >= body_.renew_at) changes = publish(now);
  changes.add(move_pins(now));
  changes.add(warn_of_bound(now));
  return changes;
}

// --- How it stands.

WallTime KeptChain::next_wakeup() const {
  WallTime when = build_ ? build_->started + context_.settings.ask_timeout * kTimeoutsPerBuild
                         : WallTime::max();
  if (served_) when = std::min({when, served_->until, body_.renew_at, pins_.next_change()});
  if (held()) when = std::min(when, pins_.pinned_until());
  return when;
}

std::optional<PublishedChain> KeptChain::published() const {
  if (!served_) return std::nullopt;
  PublishedChain out{kept_.service, body_.octets, served_->verdict.kind, served_->until,
                     held(),        {},           history_.seen()};
  if (out.kind == VerdictKind::secure) out.tlsa = served_->verdict.tlsa;
  return out;
}

ServiceStatus KeptChain::status() const {
  ServiceStatus out{.service = kept_.service};
  out.removed = held();
  out.published = served_.has_value();
  out.text = served_ ? served_->verdict.reason : tally_.last_failure;
  if (out.text.empty()) out.text = "not built yet";
  if (served_) {
    out.kind = served_->verdict.kind;
    out.until = served_->until;
    out.fetched = served_->chain.fetched;
    if (out.kind == VerdictKind::secure) out.tlsa = served_->verdict.tlsa;
  }
  out.next_refresh = schedule_.next();
  out.last_failure = tally_.last_failure;
  out.refreshes = tally_.refreshes;
  out.failures = tally_.failures;
  out.support_lifetime = served_ ? announced_ : std::chrono::hours(0);
  out.pinned_until = pins_.pinned_until();
  out.matches = identity_.matches();
  return out;
}

StoredService KeptChain::stored() const {
  StoredService out{kept_.service, pins_.to_store(), {}, {}};
  if (served_) {
    out.fetched = served_->chain.fetched;
    out.records = served_->chain.records;
  }
  out.history = history_.seen();
  return out;
}

}  // namespace mooring::dnschain
