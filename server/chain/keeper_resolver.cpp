// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/keeper_resolver.hpp"

#include <utility>

#include "server/dns/message.hpp"

namespace mooring::server {

namespace {

const char* failure_text(QueryFailure why) {
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

}  // namespace

/// One question, in flight. Ended in its own callback, it is destroyed at the end of the turn.
class KeeperResolver::Ask final : public QueryOwner {
 public:
  Ask(KeeperResolver& resolver, dnschain::Keeper::AskId id) : resolver_(resolver), id_(id) {}

  void on_answer(const Answer& answer) override {
    ended_ = true;
    resolver_.owner_.on_answer(id_, answer.message);
  }
  void on_failure(const Query&, QueryFailure why) override { fail(why); }
  void fail(QueryFailure why) {
    ended_ = true;
    resolver_.owner_.on_failure(id_, resolver_.explain(why));
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  KeeperResolver& resolver_;
  dnschain::Keeper::AskId id_;
  bool ended_ = false;
};

KeeperResolver::KeeperResolver(Loop& loop, ResolverSettings settings, AskOwner& owner)
    : loop_(loop),
      settings_(std::move(settings)),
      owner_(owner),
      links_(loop, settings_.servers),
      pool_(settings_.upstream, links_, ids_, counters_, this),
      timer_(loop.make_timer([this] { pool_.on_time(loop_.now()); })) {
  links_.serve(pool_);
}

KeeperResolver::~KeeperResolver() {
  for (const auto& ask : asks_) pool_.cancel(*ask);
}

void KeeperResolver::ask(const dnschain::Keeper::Ask& what) {
  // The pool gives it an ID of its own.
  const dnschain::Bytes message = dnschain::encode_query(what.question, 0);
  asks_.push_back(std::make_unique<Ask>(*this, what.id));
  const CheckedQuery checked = check_query(message);
  const auto refused = pool_.submit(*asks_.back(), Query{message, checked.shape}, loop_.now());
  if (refused) asks_.back()->fail(*refused);
}

void KeeperResolver::set(const ResolverSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  links_.set_servers(settings.servers);
  trouble_.clear();
  pool_.set(settings.upstream, loop_.now());
}

void KeeperResolver::end_turn() {
  pool_.flush();
  std::erase_if(asks_, [](const auto& ask) { return ask->ended(); });
  links_.end_turn();
  timer_->set_earlier(pool_.next_deadline());
}

void KeeperResolver::on_upstream_state(std::size_t server, UpstreamState state,
                                       std::string_view reason) {
  if (state == UpstreamState::up)
    trouble_.erase(server);
  else
    trouble_[server] = reason;
}

/// Why a question got no answer, one line.
std::string KeeperResolver::explain(QueryFailure why) const {
  std::string text = failure_text(why);
  const char* separator = ": ";
  for (const auto& [server, reason] : trouble_) {
    if (server >= settings_.servers.size()) continue;
    text += separator + settings_.servers[server].text() + " " + reason;
    separator = ", ";
  }
  return text;
}

}  // namespace mooring::server
