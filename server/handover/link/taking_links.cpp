// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/link/taking_links.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mooring::server {

namespace {

constexpr int kBacklog = 16;

}  // namespace

/// A link, or what may become one.
class TakingLinks::Link final : public SecureStreamOwner, public TakerObserver {
 public:
  Link(TakingLinks& links, std::uint64_t number)
      : links_(links), number_(number), until_(now() + links.settings_.timing.dead_after) {}

  void begin(std::unique_ptr<Stream> stream, tlsext::LinkSession session) {
    if (const auto from = stream->peer()) from_ = from->text();
    stream_ = SecureStream::accept(std::move(stream), std::move(session), *this);
  }
  [[nodiscard]] Taker* taker() { return taker_ && !taker_->ended() ? &*taker_ : nullptr; }
  [[nodiscard]] TimePoint deadline() const { return until_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] bool lost() const { return lost_; }

  void on_time() {
    if (lost_) return;
    if (taker() != nullptr) {
      if (auto alive = taker()->on_time(now()); !alive) lose(alive.error().context);
    } else if (now() >= until_) {
      lose("no key was shown in time");
    }
  }
  /// False: it is over.
  [[nodiscard]] bool end_turn() {
    if (!lost_) stream_->flush();
    if (taker() != nullptr) until_ = taker()->deadline();
    return !lost_;
  }
  void lose(const std::string& why) {
    if (std::exchange(lost_, true)) return;
    stream_->close();
    if (taker_) taker_->end();
    if (up_) {
      links_.observer_.on_link_down(peer_, why);
    } else {
      links_.observer_.on_stranger(from_, why);
    }
  }

  void on_open(const std::string& peer) override {
    peer_ = peer;
    links_.replace(peer, *this);
    taker_.emplace(links_.settings_.timing, links_.settings_.taker, *stream_, *this);
    taker_->start(links_.load_, now());
  }
  void on_octets(ByteView octets) override {
    if (taker() == nullptr) return;
    if (auto good = taker()->receive(octets, now()); !good) lose(good.error().context);
  }
  void on_lost(const std::string& why) override { lose(why); }

  void on_hello(const Hello& hello) override {
    up_ = true;
    links_.observer_.on_link_up(peer_, hello);
  }
  void on_offer(Offer offer) override {
    const TakingOffer number{number_, offer.id};
    links_.observer_.on_offer(number, peer_, std::move(offer));
  }
  void on_released(OfferId id) override { links_.observer_.on_released({number_, id}); }
  void on_withdrawn(OfferId id) override { links_.observer_.on_withdrawn({number_, id}); }

 private:
  [[nodiscard]] TimePoint now() const { return links_.loop_.now(); }

  TakingLinks& links_;
  std::uint64_t number_;
  TimePoint until_;
  std::string from_;
  std::string peer_;  ///< empty: no key has been shown
  std::unique_ptr<SecureStream> stream_;
  std::optional<Taker> taker_;
  bool up_ = false;
  bool lost_ = false;  ///< to be destroyed at the end of the turn
};

Result<std::unique_ptr<TakingLinks>> TakingLinks::create(Loop& loop, TakingSettings settings,
                                                         std::vector<OwnedFd> sockets,
                                                         TakingObserver& observer) {
  auto context = tlsext::LinkContext::create(
      {settings.certificate_pem, settings.private_key_pem, kHandoverProtocol, settings.peers});
  if (!context) return failure(context.error().context);
  std::unique_ptr<TakingLinks> out(
      new TakingLinks(loop, std::move(settings), observer, std::move(*context)));
  for (OwnedFd& socket : sockets) {
    auto listener = loop.listen(std::move(socket), kBacklog, [links = out.get()](auto stream) {
      if (stream) links->on_connection(std::move(*stream));
    });
    if (!listener) return tl::unexpected(std::move(listener.error()));
    out->listeners_.push_back(std::move(*listener));
  }
  return out;
}

TakingLinks::TakingLinks(Loop& loop, TakingSettings settings, TakingObserver& observer,
                         std::shared_ptr<tlsext::LinkContext> context)
    : loop_(loop),
      settings_(std::move(settings)),
      observer_(observer),
      context_(std::move(context)),
      timer_(loop.make_timer([this] { on_time(); })) {}

TakingLinks::~TakingLinks() = default;

void TakingLinks::on_connection(std::unique_ptr<Stream> stream) {
  const auto strangers =
      std::ranges::count_if(links_, [](const auto& entry) { return entry.second->peer().empty(); });
  auto session = tlsext::LinkSession::accept(*context_);
  if (static_cast<std::size_t>(strangers) >= kMostStrangers || !session) return;
  const std::uint64_t number = ++last_;
  auto link = std::make_unique<Link>(*this, number);
  link->begin(std::move(stream), std::move(*session));
  links_.emplace(number, std::move(link));
}

// Who makes a second link has lost the first one, which may not be known here yet.
void TakingLinks::replace(const std::string& peer, const Link& with) {
  for (const auto& [number, link] : links_) {
    if (link.get() != &with && link->peer() == peer) link->lose("it has made another link");
  }
}

Taker* TakingLinks::taker(std::uint64_t link) {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : found->second->taker();
}

bool TakingLinks::taken(TakingOffer offer) {
  Taker* from = taker(offer.link);
  return from != nullptr && from->taken(offer.id);
}

void TakingLinks::refuse(TakingOffer offer, Refusal why, const std::string& text) {
  Taker* from = taker(offer.link);
  if (from != nullptr) from->refuse(offer.id, why, text);
}

void TakingLinks::session_ended(TakingOffer offer) {
  Taker* from = taker(offer.link);
  if (from != nullptr) from->session_ended(offer.id);
}

void TakingLinks::set_load(Load load) {
  load_ = load;
  for (const auto& [number, link] : links_) {
    if (link->taker() != nullptr) link->taker()->set_load(load);
  }
}

// The timer is set again at the end of the turn, which is now.
void TakingLinks::on_time() {
  for (const auto& [number, link] : links_) link->on_time();
}

void TakingLinks::set_timer() {
  TimePoint next = TimePoint::max();
  for (const auto& [number, link] : links_) next = std::min(next, link->deadline());
  if (next != TimePoint::max()) timer_->set(next);
}

void TakingLinks::end_turn() {
  std::erase_if(links_, [](const auto& entry) { return !entry.second->end_turn(); });
  set_timer();
}

}  // namespace mooring::server
