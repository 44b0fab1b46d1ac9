// SPDX-License-Identifier: GPL-3.0-or-later
// A year of a chain's life in simulated time: TTLs from 0 to a week, signatures renewed every ten
// days, ZSK and KSK rollovers, new TLSA records, hours without a resolver, restarts from the state
// on disk.
#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <tuple>

#include "dnschain/keep/state_file.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "support/keeper_run.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::seconds;

constexpr WallTime kStart = SignedTree::kNow;
constexpr std::uint8_t kEd25519 = 15;
/// Longer than any TTL: what is published or withdrawn so long before or after has reached, or has
/// left, every cache (RFC 6781, 4.1).
constexpr days kSafe{8};

/// How the zones of the tree stand at one moment; two moments with the same phase have one tree.
struct Phase {
  int resigned = 0;      ///< every ten days, for thirty
  int zsk = 0, ksk = 0;  ///< the generation in use
  int tlsa = 0;
  bool next_zsk = false, last_zsk = false;  ///< a neighbour is published too
  bool next_ksk = false, last_ksk = false;
  std::uint32_t ttl = 0;

  auto operator<=>(const Phase&) const = default;
};

struct Rollover {
  int generation;
  bool next;
  bool last;
};

Rollover rollover(seconds age, days period) {
  const seconds within = age % period;
  return {static_cast<int>(age / period), within > period - kSafe, within < kSafe};
}

/// Most of the year hours and days; between them the short ones, for as long as they take to show
/// every phase of a refresh.
std::uint32_t ttl_at(seconds age) {
  struct Period {
    seconds from;
    std::uint32_t ttl;
  };
  static constexpr Period kPeriods[] = {{0s, 3600},       {days(30), 86400},   {days(60), 604800},
                                        {days(120), 0},   {days(120) + 1h, 1}, {days(120) + 2h, 30},
                                        {days(121), 300}, {days(125), 7200},   {days(200), 604800},
                                        {days(280), 1800}};
  std::uint32_t ttl = 0;
  for (const Period& period : kPeriods)
    if (age >= period.from) ttl = period.ttl;
  return ttl;
}

Phase phase_at(WallTime now) {
  const seconds age = now - kStart;
  const Rollover zsk = rollover(age + kSafe, days(30));
  const Rollover ksk = rollover(age + kSafe, days(90));
  return {static_cast<int>(age / days(10)),
          zsk.generation,
          ksk.generation,
          static_cast<int>(age / days(45)),
          zsk.next,
          zsk.last,
          ksk.next,
          ksk.last,
          ttl_at(age)};
}

const SigningKey& key(const char* kind, int generation) {
  return SigningKey::of(kEd25519, kind + std::to_string(generation));
}

ZoneKeySpec ksk_of(int generation, bool in_ds) {
  return {&key("ksk", generation), 257, true, false, in_ds};
}

ZoneKeySpec zsk_of(int generation, bool signs) {
  return {&key("zsk", generation), 256, false, signs, false};
}

/// Pre-published ZSKs; KSKs doubled before and after the DS RRset changes.
void set_keys(SignedTree& tree, const Phase& phase) {
  SignedZone& zone = tree.at("example.");
  zone.keys = {ksk_of(phase.ksk, true), zsk_of(phase.zsk, true)};
  if (phase.next_ksk) zone.keys.push_back(ksk_of(phase.ksk + 1, false));
  if (phase.last_ksk && phase.ksk > 0) zone.keys.push_back(ksk_of(phase.ksk - 1, false));
  if (phase.next_zsk) zone.keys.push_back(zsk_of(phase.zsk + 1, false));
  if (phase.last_zsk && phase.zsk > 0) zone.keys.push_back(zsk_of(phase.zsk - 1, false));
  SignedZone& root = tree.at(".");
  root.remove(zone.apex(), RrType::ds);
  for (Record ds : zone.ds()) root.add(zone.apex(), RrType::ds, ds.rdata, phase.ttl);
}

SignedTree tree_at(const Phase& phase) {
  const WallTime signed_at = kStart + days(10) * phase.resigned;
  SignedTree tree({.name = ".", .algorithm = kEd25519, .ttl = phase.ttl}, signed_at);
  tree.zone({.name = "example.", .algorithm = kEd25519, .ttl = phase.ttl});
  set_keys(tree, phase);
  tree.tlsa("_853._tcp.dot.example.", static_cast<std::uint8_t>(phase.tlsa), phase.ttl);
  return tree;
}

/// The tree as it is at a moment.
class LivingTree {
 public:
  TreeAnswer answer(const Question& question, WallTime now) {
    const Phase phase = phase_at(now);
    if (!tree_ || phase != phase_) tree_.emplace(tree_at(phase));
    phase_ = phase;
    return tree_->answer(question);
  }

 private:
  Phase phase_;
  std::optional<SignedTree> tree_;
};

/// Checks at every moment that what is served verifies at that moment. Bodies that differ in TTLs
/// alone are verified once: nothing else in a verdict changes but by `until`.
class Judge {
 public:
  Judge(const Service& service, TrustAnchor anchor)
      : service_(service), anchor_(std::move(anchor)) {}

  void judge(const PublishedChain& chain, WallTime now) {
    auto body = parse_extension_body(*chain.body).value();
    for (Record& record : body.records) record.ttl = 0;
    if (body.records != records_ || now >= until_) {
      const Verdict verdict = verify(body.records, service_, anchor_, now);
      if (verdict.kind != VerdictKind::secure) FAIL(verdict.reason);
      until_ = verdict.until;
      records_ = std::move(body.records);
      ++chains_;
    }
    if (now >= until_ || chain.until > until_) FAIL("served past its signatures");
  }
  [[nodiscard]] std::size_t chains() const { return chains_; }

 private:
  const Service& service_;
  TrustAnchor anchor_;
  std::vector<Record> records_;
  WallTime until_{};
  std::size_t chains_ = 0;
};

/// Every eleven days the resolver is away, for one to six hours. Whole hours after the start it
/// comes and goes; in between nothing changes but at the moments that the keeper asks for.
bool is_down(WallTime now) {
  const seconds age = now - kStart;
  return age > days(5) && age % days(11) < 1h * (1 + age / days(11) % 6);
}

/// After an outage a retry may take this long: the backoff, and the questions.
constexpr seconds kRecovery{20};

/// Restarts come at the very moment at which the resolver goes away.
constexpr days kRestart{77};

struct Year {
  std::size_t served = 0;
  std::size_t missing = 0;   ///< moments without a chain, all of them for want of a resolver
  std::size_t restored = 0;  ///< restarts with a chain that was still good
};

TEST_CASE("a year of a chain's life: never wrong, never missing without need", "[dnschain]") {
  const Service service = Service::create("dot.example", Port{853}).value();
  LivingTree living;
  CachingResolver resolver(
      [&](const Question& question, WallTime now) { return living.answer(question, now); });
  KeeperSettings settings;
  settings.anchor = tree_at(phase_at(kStart)).anchor();
  settings.services.push_back({service, std::chrono::hours(72), {}});
  Judge judge(service, settings.anchor);
  Year year;
  WallTime last_outage = kStart - 1h;
  KeeperState stored;
  WallTime good_until{};
  const WallTime end = kStart + days(365);
  for (WallTime from = kStart; from < end; from += kRestart) {
    KeeperRun run(settings, resolver, from, decode_state(encode_state(stored)).value());
    run.set_latency(1s);
    run.set_down(is_down(from));
    run.run_for(0s);
    if (good_until > from) {
      REQUIRE(run.serve(service) != nullptr);
      ++year.restored;
    }
    for (WallTime now = from; now < std::min(from + kRestart, end); now += 1h) {
      run.set_down(is_down(now));
      run.run_until(now + 59min + 59s, [&] {
        if (is_down(run.now())) last_outage = run.now();
        if (const PublishedChain* chain = run.serve(service)) {
          judge.judge(*chain, run.now());
          good_until = chain->until;
          ++year.served;
          return;
        }
        ++year.missing;
        const bool starting = run.now() < from + 5s;
        if (!starting && run.now() > last_outage + kRecovery)
          FAIL("no chain " << (run.now() - kStart) / 1s << " seconds into the year");
      });
      if (is_down(now)) last_outage = run.now();
    }
    stored = run.stored();
  }
  INFO(year.served << " moments with a chain, " << year.missing << " without, " << judge.chains()
                   << " chains");
  CHECK(year.served > 100'000);
  CHECK(year.missing < year.served / 10);
  CHECK(year.restored == 4);
  // Every renewal of the signatures and of the TLSA record was seen.
  CHECK(judge.chains() >= 36);
}

}  // namespace
