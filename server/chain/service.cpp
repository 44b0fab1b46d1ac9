// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/service.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "dnschain/base/time_text.hpp"
#include "server/base/wall_time.hpp"
#include "server/dns/message.hpp"

namespace mooring::server {

namespace {

using dnschain::KeeperEvent;
using std::chrono::seconds;

constexpr seconds kLongestWait{60};
/// How soon it is noticed that the clock was set.
constexpr seconds kClockWatch{1};
/// Between two attempts to store the state.
constexpr seconds kStorePause{5};

const char* event_text(KeeperEvent::Kind kind) {
  switch (kind) {
    case KeeperEvent::Kind::published:
      return "published";
    case KeeperEvent::Kind::withdrawn:
      return "withdrawn";
    case KeeperEvent::Kind::refresh_failed:
      return "refresh_failed";
    case KeeperEvent::Kind::mismatch:
      return "mismatch";
    case KeeperEvent::Kind::no_tlsa:
      return "no_tlsa";
    case KeeperEvent::Kind::restored:
      return "restored";
    case KeeperEvent::Kind::bound_near:
      return "bound_near";
    case KeeperEvent::Kind::pins_held:
      return "pins_held";
    case KeeperEvent::Kind::pins_expired:
      return "pins_expired";
    case KeeperEvent::Kind::forgotten:
      break;
  }
  return "forgotten";
}

LogLevel event_level(KeeperEvent::Kind kind) {
  switch (kind) {
    case KeeperEvent::Kind::published:
    case KeeperEvent::Kind::restored:
    case KeeperEvent::Kind::pins_expired:
      return LogLevel::info;
    default:
      return LogLevel::warning;
  }
}

/// The names of services that have a pin, each a dnschain::StoredService or ServiceStatus.
template <class Services>
std::vector<std::string> names_pinned(const Services& services, dnschain::WallTime now) {
  std::vector<std::string> out;
  for (const auto& each : services) {
    if (each.pinned_until > now) out.push_back(each.service.base_domain());
  }
  return out;
}

}  // namespace

std::vector<std::string> ChainMemory::pinned_names() const {
  return names_pinned(state.services, wall_now());
}

/// Knows what happened to the resolvers last, for the reasons that are given.
class ChainService::Troubles final : public UpstreamObserver {
 public:
  void on_upstream_state(std::size_t server, UpstreamState state,
                         std::string_view reason) override {
    if (state == UpstreamState::up)
      by_server_.erase(server);
    else
      by_server_[server] = reason;
  }
  void clear() { by_server_.clear(); }

  /// Why a question got no answer, one line.
  [[nodiscard]] std::string explain(QueryFailure why, const std::vector<Endpoint>& servers) const {
    std::string text = failure_text(why);
    const char* separator = ": ";
    for (const auto& [server, reason] : by_server_) {
      if (server >= servers.size()) continue;
      text += separator + servers[server].text() + " " + reason;
      separator = ", ";
    }
    return text;
  }

 private:
  static std::string failure_text(QueryFailure why);

  std::map<std::size_t, std::string> by_server_;
};

std::string ChainService::Troubles::failure_text(QueryFailure why) {
  switch (why) {
    case QueryFailure::timeout:
      return "the resolver did not answer in time";
    case QueryFailure::lost:
      return "the resolver closed the connection before it answered";
    case QueryFailure::malformed:
      return "the resolver sent an answer that is no DNS message";
    case QueryFailure::unreachable:
      return "the resolver cannot be reached";
    case QueryFailure::overflow:
      break;
  }
  return "too many questions are waiting";
}

/// One question of the keeper, in flight. Ended in its own callback, it is destroyed at the end of
/// the turn.
class ChainService::Ask final : public QueryOwner {
 public:
  Ask(ChainService& service, dnschain::Keeper::AskId id) : service_(service), id_(id) {}

  void on_answer(const Answer& answer) override {
    ended_ = true;
    service_.due_ = true;
    service_.keeper_.answer(id_, answer.message, service_.now());
  }
  void on_failure(const Query&, QueryFailure why) override { fail(why); }
  void fail(QueryFailure why) {
    ended_ = true;
    service_.due_ = true;
    service_.keeper_.fail(id_, service_.explain(why), service_.now());
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  ChainService& service_;
  dnschain::Keeper::AskId id_;
  bool ended_ = false;
};

ChainService::ChainService(Loop& loop, Log& log, dnschain::KeeperSettings settings,
                           ResolverSettings resolver, ChainMemory memory,
                           std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish,
                           std::function<void()> settled)
    : log_(log),
      publish_(std::move(publish)),
      settled_(std::move(settled)),
      store_(std::move(memory.store)),
      keeper_(
          settings, [random = std::make_shared<std::random_device>()] { return (*random)(); },
          std::move(memory.state)),
      resolver_settings_(std::move(resolver)),
      links_(loop, resolver_settings_.servers),
      troubles_(std::make_unique<Troubles>()),
      resolver_(resolver_settings_.upstream, links_, ids_, counters_, troubles_.get()),
      loop_(loop),
      clock_timer_(loop.make_timer([this] { watch_clock(); })),
      keeper_timer_(loop.make_timer([this] { due_ = true; })),
      resolver_timer_(loop.make_timer([this] { resolver_.on_time(loop_.now()); })) {
  for (const auto& kept : settings.services) unsettled_.push_back(kept.service);
  links_.serve(resolver_);
  watch_clock();
  loop.at_end_of_turn([this] { end_turn(); });
}

ChainService::~ChainService() {
  for (const auto& ask : asks_) resolver_.cancel(*ask);
}

std::shared_ptr<const dnschain::ChainTable> ChainService::table() const {
  return keeper_.table();
}

std::vector<std::string> ChainService::pinned_names() const {
  return names_pinned(keeper_.status(), wall_now());
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
  const auto happened = [&](KeeperEvent::Kind kind) {
    return events_.at(static_cast<std::size_t>(kind));
  };
  out.published = happened(KeeperEvent::Kind::published);
  out.withdrawn = happened(KeeperEvent::Kind::withdrawn);
  out.mismatches = happened(KeeperEvent::Kind::mismatch);
  out.bounds_near = happened(KeeperEvent::Kind::bound_near);
  return out;
}

void ChainService::reconfigure(dnschain::KeeperSettings settings,
                               const ResolverSettings& resolver) {
  if (resolver.upstream != resolver_settings_.upstream ||
      resolver.servers != resolver_settings_.servers) {
    resolver_settings_ = resolver;
    links_.set_servers(resolver.servers);
    troubles_->clear();
    resolver_.set(resolver.upstream, loop_.now());
  }
  keeper_.reconfigure(std::move(settings), now());
  due_ = true;
}

std::string ChainService::explain(QueryFailure why) const {
  return troubles_->explain(why, resolver_settings_.servers);
}

void ChainService::refresh() {
  keeper_.refresh(now());
  due_ = true;
}

void ChainService::ask(const dnschain::Keeper::Ask& what) {
  // The pool gives it an ID of its own.
  const dnschain::Bytes message = dnschain::encode_query(what.question, 0);
  asks_.push_back(std::make_unique<Ask>(*this, what.id));
  const CheckedQuery checked = check_query(message);
  const auto refused = resolver_.submit(*asks_.back(), Query{message, checked.shape}, loop_.now());
  if (refused) asks_.back()->fail(*refused);
}

void ChainService::run() {
  due_ = false;
  keeper_.tick(now());
  for (const auto& what : keeper_.take_asks()) ask(what);
  for (const KeeperEvent& event : keeper_.take_events()) {
    ++events_.at(static_cast<std::size_t>(event.kind));
    log_event(event);
    note_settled(event);
  }
  // First: nothing is announced that a crash would make forgotten.
  store_state();
  auto table = keeper_.table();
  if (table != published_) publish_(published_ = std::move(table));
  if (unsettled_.empty() && settled_) std::exchange(settled_, nullptr)();
}

void ChainService::store_state() {
  if (store_again_ && loop_.now() < *store_again_) return;
  store_again_.reset();
  const auto state = keeper_.unstored_state();
  if (!state) return;
  const auto stored = store_ ? store_->save(*state) : dnschain::Result<void>();
  if (stored)
    keeper_.state_stored(now());
  else
    store_again_ = loop_.now() + kStorePause;
  note_stored(stored ? "" : stored.error().context);
}

void ChainService::note_stored(const std::string& fault) {
  if (fault == store_fault_) return;
  store_fault_ = fault;
  if (fault.empty())
    return log_.info("state", {{"result", "stored"}, {"file", store_->file().string()}});
  log_.error("state", {{"result", "failed"},
                       {"error", fault},
                       {"detail",
                        "it is tried again; until then no support lifetime is announced "
                        "beyond what is stored"}});
}

void ChainService::note_settled(const KeeperEvent& event) {
  if (event.kind == KeeperEvent::Kind::published || event.kind == KeeperEvent::Kind::restored ||
      event.kind == KeeperEvent::Kind::refresh_failed) {
    std::erase(unsettled_, event.service);
  }
}

void ChainService::log_event(const KeeperEvent& event) {
  std::vector<Field> fields{{"name", event.service.base_domain()},
                            {"port", std::to_string(static_cast<unsigned>(event.service.port()))},
                            {"state", event_text(event.kind)},
                            {"detail", event.text}};
  if (event.until != dnschain::WallTime{})
    fields.push_back({"until", dnschain::to_text(event.until)});
  log_.write(event_level(event.kind), "chain", fields);
}

dnschain::WallTime ChainService::now() {
  const auto wall = std::chrono::system_clock::now();
  const seconds step = clock_.look(wall, std::chrono::steady_clock::now());
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
  keeper_timer_->set_earlier(store_again_);
  resolver_timer_->set_earlier(resolver_.next_deadline());
}

void ChainService::end_turn() {
  // A question may be refused at once, and the keeper may have another one then.
  for (int rounds = 0; due_ && rounds < 100; ++rounds) run();
  resolver_.flush();
  std::erase_if(asks_, [](const auto& ask) { return ask->ended(); });
  links_.end_turn();
  set_timers();
}

}  // namespace mooring::server
