// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/kept_chain.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// However long a chain holds, changes in the DNS are to be seen within this.
constexpr seconds kLongestWait{3600};
/// While what is served and what is published disagree, somebody waits for the DNS to change.
constexpr seconds kWaitOnMismatch{60};
constexpr seconds kLongestBackoff{60};
constexpr seconds kBackoffNearBound{10};
constexpr seconds kNear{600};
constexpr seconds kSignaturesNear{3600};
constexpr seconds kWarnAgain{86400};
/// A build is given up after so many times the timeout of a question.
constexpr int kTimeoutsPerBuild = 12;

}  // namespace

KeptChain::KeptChain(KeptService kept, KeeperContext& context, WallTime now)
    : kept_(std::move(kept)), context_(context), next_refresh_(now) {}

void KeptChain::report(KeeperEvent::Kind kind, std::string text, WallTime until) const {
  context_.events.push_back({kind, kept_.service, std::move(text), until});
}

seconds KeptChain::jittered(seconds time) const {
  // Down by up to a seventh: servers that started together drift apart.
  const auto part = static_cast<seconds::rep>(context_.random() % 1024);
  return time - seconds(time.count() / 7 * part / 1024);
}

// --- Settings.

void KeptChain::restore(const StoredService& stored, WallTime now) {
  pins_.restore(stored.pinned_until);
  history_ = TlsaHistory(stored.history, now);
  if (!stored.history.empty()) {
    // Whatever becomes of the chain, it is known what clients may go by.
    withdrawn_ = PublishedChain{.service = kept_.service};
    withdrawn_->history = history_.seen();
    context_.table_stale = true;
  }
  if (stored.records.empty()) return;
  const KeeperSettings& settings = context_.settings;
  auto chain = admit({stored.records, stored.fetched}, kept_.service, settings.anchor, now,
                     settings.grace, settings.verify_limits);
  // From the future: the clock has gone back, and the TTLs say nothing.
  if (!chain || stored.fetched > now) return;
  // A file of an older version has no history.
  if (stored.history.empty()) note_tlsa(*chain, stored.fetched);
  served_ = std::move(*chain);
  served_since_ = now;
  publish(now);
  report(KeeperEvent::Kind::restored, served_->verdict.reason, served_->until);
  compare_identity(now);
}

void KeptChain::change(KeptService kept, WallTime now) {
  const bool other_identity = kept.presented.certificates != kept_.presented.certificates ||
                              kept.presented.raw_public_key != kept_.presented.raw_public_key;
  if (served_) move_pins(now);
  kept_ = std::move(kept);
  removed_ = false;
  stop();
  next_refresh_ = now;
  failed_in_a_row_ = 0;
  if (other_identity) identity_fault_.clear();
  if (served_) judge_again(now);
}

/// By other settings or another time.
void KeptChain::judge_again(WallTime now) {
  const KeeperSettings& settings = context_.settings;
  auto again = admit({served_->given, served_->chain.fetched}, kept_.service, settings.anchor, now,
                     settings.grace, settings.verify_limits);
  if (!again) {
    withdraw(again.error().context);
    return;
  }
  served_ = std::move(*again);
  publish(now);
  compare_identity(now);
}

void KeptChain::clock_set(seconds step, WallTime now) {
  stop();
  next_refresh_ = now;
  failed_in_a_row_ = 0;
  pins_.clock_set(step);
  history_.clock_set(step);
  served_since_ += step;
  if (withdrawn_) withdrawn_->history = history_.seen();
  context_.table_stale = true;
  if (!served_) return;
  // Set back, it is as old as before. Set forward, it may be that much older: machines that sleep
  // wake up with such a step.
  if (step < seconds(0)) served_->chain.fetched += step;
  served_->chain.fetched = std::min(served_->chain.fetched, now);
  judge_again(now);
}

void KeptChain::hold(WallTime now) {
  if (served_) move_pins(now);
  kept_.support_lifetime = std::chrono::hours(0);
  kept_.presented = {};
  matches_.reset();
  removed_ = true;
  report(
      KeeperEvent::Kind::pins_held,
      "it is not configured any more, but clients may hold pins: its chain is kept up until then, "
      "beside the first identity's certificate; where that does not match its TLSA records, take "
      "them "
      "out of the DNS",
      pins_.pinned_until());
  if (served_) publish(now);
}

// --- Refreshes.

void KeptChain::start(WallTime now) {
  started_ = now;
  builder_.emplace(kept_.service, context_.settings.builder_limits,
                   context_.settings.anchor.zones());
}

void KeptChain::settle(WallTime now) {
  if (!builder_) return;
  if (!builder_->done()) {
    if (now - started_ >= context_.settings.ask_timeout * kTimeoutsPerBuild) {
      stop();
      fail("the resolver is too slow: the chain was not complete in time", now);
    }
    return;
  }
  auto fresh =
      builder_->result().and_then([&](Chain chain) { return check(std::move(chain), now); });
  if (!fresh && builder_->ask_again()) return;
  stop();
  if (fresh)
    succeed(std::move(*fresh), now);
  else
    fail(fresh.error().context, now);
}

Result<ServedChain> KeptChain::check(Chain chain, WallTime now) const {
  const KeeperSettings& settings = context_.settings;
  sort_records(chain);
  if (served_ && now < served_->verdict.until && same_as_given(chain, *served_))
    return renew(*served_, std::move(chain), now, settings.grace);
  return admit(std::move(chain), kept_.service, settings.anchor, now, settings.grace,
               settings.verify_limits);
}

void KeptChain::succeed(ServedChain fresh, WallTime now) {
  ++refreshes_;
  failed_in_a_row_ = 0;
  last_failure_.clear();
  note_tlsa(fresh, now);
  const bool same = served_ && same_records(served_->chain, fresh.chain);
  // Another cache of the same resolver may hold the same records for a shorter time.
  if (!same || fresh.until >= served_->until) {
    if (!same || fresh.verdict.until != served_->verdict.until) warned_ = false;
    const bool news = !served_ || !same_data(served_->chain, fresh.chain);
    if (!same) served_since_ = now;
    served_ = std::move(fresh);
    publish(now);
    if (news) report(KeeperEvent::Kind::published, served_->verdict.reason, served_->until);
    context_.state_stale = true;
  }
  compare_identity(now);
  schedule(now);
}

void KeptChain::fail(std::string reason, WallTime now) {
  ++failures_;
  ++failed_in_a_row_;
  next_refresh_ = now + backoff(now);
  if (reason == last_failure_) return;  // said already
  report(KeeperEvent::Kind::refresh_failed, reason, served_ ? served_->until : WallTime{});
  last_failure_ = std::move(reason);
}

seconds KeptChain::backoff(WallTime now) const {
  const bool near = !served_ || served_->until - now < kNear;
  const seconds most = near ? kBackoffNearBound : kLongestBackoff;
  const seconds wait = std::min(seconds(1 << std::min(failed_in_a_row_ - 1, 10U)), most);
  return std::max(jittered(wait), seconds(1));
}

/// Ahead of the bound, and closer to it each time that the resolver has nothing newer. Its cache is
/// empty a second after the TTL, and the grace gives time to ask again.
void KeptChain::schedule(WallTime now) {
  const seconds after_ttl = std::min(context_.settings.grace, seconds(1));
  const seconds ttl_left = std::max(served_->ttl_bound - now, seconds(0));
  seconds wait = ttl_left > seconds(2) ? jittered(ttl_left * 7 / 8) : ttl_left + after_ttl;
  wait = std::min(wait, jittered((served_->verdict.until - now) * 7 / 8));
  wait = std::min(wait, jittered(matches_ == false ? kWaitOnMismatch : kLongestWait));
  next_refresh_ = now + std::max(wait, seconds(1));
}

// --- What is served.

void KeptChain::publish(WallTime now) {
  announced_ = pins_.announce(kept_.support_lifetime, now);
  if (pins_.unstored()) context_.state_stale = true;
  body_ = make_body(*served_, announced_, context_.settings.prefix, now);
  withdrawn_.reset();
  context_.table_stale = true;
}

void KeptChain::withdraw(std::string why) {
  const WallTime until = served_->until;
  withdrawn_ = published();
  withdrawn_->body = nullptr;
  served_.reset();
  body_ = {};
  matches_.reset();
  warned_ = false;
  context_.table_stale = true;
  if (!last_failure_.empty()) why += "; the last refresh failed: " + last_failure_;
  report(KeeperEvent::Kind::withdrawn, std::move(why), until);
}

void KeptChain::compare_identity(WallTime now) {
  matches_.reset();
  if (!served_ || removed_) return;
  if (served_->verdict.kind != VerdictKind::secure)
    return warn_of_identity(
        KeeperEvent::Kind::no_tlsa,
        "no client can authenticate this server by DANE: " + served_->verdict.reason, now);
  const PresentedIdentity& presented = kept_.presented;
  if (presented.certificates.empty() && presented.raw_public_key.empty()) return;
  const DaneResult dane = dane_authenticate(served_->verdict.tlsa, presented, kept_.service, now);
  matches_ = dane.authenticated;
  if (dane.authenticated)
    identity_fault_.clear();
  else
    warn_of_identity(KeeperEvent::Kind::mismatch, dane.reason, now);
}

/// At each change, and daily: the line of the first day is soon out of sight.
void KeptChain::warn_of_identity(KeeperEvent::Kind kind, const std::string& text, WallTime now) {
  const bool recent = now >= identity_warned_ && now - identity_warned_ < kWarnAgain;
  if (text == identity_fault_ && recent) return;
  identity_fault_ = text;
  identity_warned_ = now;
  report(kind, text, served_->until);
}

void KeptChain::note_tlsa(const ServedChain& fresh, WallTime now) {
  const bool any = fresh.verdict.kind == VerdictKind::secure;
  history_.saw(any ? fresh.verdict.tlsa : std::vector<TlsaRecord>(),
               any ? tlsa_cache_time(fresh.chain.records) : seconds(0), now);
  context_.table_stale = context_.state_stale = true;
}

void KeptChain::move_pins(WallTime now) {
  const std::chrono::hours may = pins_.announce(kept_.support_lifetime, now);
  if (pins_.unstored()) context_.state_stale = true;
  if (may != announced_) publish(now);
}

void KeptChain::state_stored(WallTime now) {
  pins_.stored();
  if (served_) move_pins(now);
}

void KeptChain::warn_of_bound(WallTime now) {
  if (warned_ || now - served_since_ < kNear) return;
  const bool failing = failed_in_a_row_ > 0 && served_->until - now < kNear;
  const bool signatures = served_->verdict.until - now < kSignaturesNear;
  if (!failing && !signatures) return;
  warned_ = true;
  report(KeeperEvent::Kind::bound_near,
         failing ? "refreshes fail: " + last_failure_
                 : "signatures end soon and the zone has no newer ones",
         served_->until);
}

void KeptChain::tick(WallTime now) {
  if (!served_) return;
  if (now >= served_->until) {
    withdraw(served_->until == served_->verdict.until ? "its signatures have expired"
                                                      : "its TTL has run out");
    refresh_at(now);
    return;
  }
  if (now >= body_.renew_at) publish(now);
  move_pins(now);
  warn_of_bound(now);
}

WallTime KeptChain::next_wakeup() const {
  WallTime when =
      builder_ ? started_ + context_.settings.ask_timeout * kTimeoutsPerBuild : WallTime::max();
  if (served_) when = std::min({when, served_->until, body_.renew_at, pins_.next_change()});
  if (removed_) when = std::min(when, pins_.pinned_until());
  return when;
}

std::optional<PublishedChain> KeptChain::published() const {
  if (!served_) return std::nullopt;
  PublishedChain out{kept_.service, body_.octets, served_->verdict.kind, served_->until,
                     removed_,      {},           history_.seen()};
  if (out.kind == VerdictKind::secure) out.tlsa = served_->verdict.tlsa;
  return out;
}

ServiceStatus KeptChain::status() const {
  ServiceStatus out{.service = kept_.service};
  out.removed = removed_;
  out.published = served_.has_value();
  out.text = served_ ? served_->verdict.reason : last_failure_;
  if (out.text.empty()) out.text = "not built yet";
  if (served_) {
    out.kind = served_->verdict.kind;
    out.until = served_->until;
    out.fetched = served_->chain.fetched;
    if (out.kind == VerdictKind::secure) out.tlsa = served_->verdict.tlsa;
  }
  out.next_refresh = next_refresh_;
  out.last_failure = last_failure_;
  out.refreshes = refreshes_;
  out.failures = failures_;
  out.support_lifetime = served_ ? announced_ : std::chrono::hours(0);
  out.pinned_until = pins_.pinned_until();
  out.matches = matches_;
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
