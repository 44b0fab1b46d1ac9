// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/link/giving_links.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

/// The link to one peer, over one connection after the other.
class GivingLinks::Link final : public SecureStreamOwner, public GiverObserver {
 public:
  Link(GivingLinks& links, std::size_t peer) : links_(links), peer_(peer) { again_at_ = now(); }

  [[nodiscard]] Giver* giver() { return giver_ && !giver_->ended() ? &*giver_ : nullptr; }
  [[nodiscard]] TimePoint deadline() const { return stream_ ? until_ : again_at_; }

  void on_time() {
    if (!stream_ && now() >= again_at_) return connect();
    if (stream_ && !lost_ && giver() != nullptr) {
      if (auto alive = giver()->on_time(now()); !alive) return lose(alive.error().context);
    } else if (stream_ && !lost_ && now() >= until_) {
      lose("no link within the time that it may take");
    }
  }
  void end(const std::string& why) {
    if (stream_ && !lost_) lose(why);
  }
  void end_turn() {
    if (!stream_) return;
    if (!lost_) stream_->flush();
    if (lost_) {
      stream_.reset();
      if (giver_) last_ = giver_->last();
      giver_.reset();
      lost_ = false;
    } else if (giver() != nullptr) {
      until_ = giver()->deadline();
    }
  }

  void on_open(const std::string& /*peer*/) override {
    giver_.emplace(links_.settings_.timing, links_.settings_.own, *stream_, *this, last_);
    giver_->start(links_.settings_.program, now());
  }
  void on_octets(ByteView octets) override {
    if (giver() == nullptr) return;
    if (auto good = giver()->receive(octets, now()); !good) lose(good.error().context);
  }
  void on_lost(const std::string& why) override { lose(why); }

  void on_welcome(const Welcome& welcome) override {
    up_ = true;
    told_ = false;
    links_.observer_.on_link_up(peer_, welcome);
  }
  void on_taken(OfferId id) override { links_.observer_.on_taken(peer_, id); }
  void on_back(OfferId id, Parcel parcel, const std::string& why) override {
    links_.observer_.on_back(peer_, id, std::move(parcel), why);
  }
  void on_ended(OfferId id) override { links_.observer_.on_ended(peer_, id); }

 private:
  [[nodiscard]] TimePoint now() const { return links_.loop_.now(); }

  void connect() {
    const GivingPeer& to = links_.settings_.peers[peer_];
    until_ = now() + links_.settings_.timing.dead_after;
    auto session = tlsext::LinkSession::connect(*links_.context_, to.name);
    if (!session) return lose(session.error().context);
    auto stream = SecureStream::connect(links_.loop_, to.address, std::move(*session), *this);
    if (!stream) return lose(stream.error().context);
    stream_ = std::move(*stream);
  }

  void lose(const std::string& why) {
    if (std::exchange(lost_, stream_ != nullptr)) return;
    again_at_ = now() + links_.settings_.retry_after;
    if (stream_) stream_->close();
    if (giver_) giver_->end(why);
    if (std::exchange(up_, false) || !std::exchange(told_, true)) {
      told_ = true;
      links_.observer_.on_link_down(peer_, why);
    }
  }

  GivingLinks& links_;
  std::size_t peer_;
  std::unique_ptr<SecureStream> stream_;
  std::optional<Giver> giver_;  ///< once the stream is open; before it, which it uses
  OfferId last_ = 0;            ///< of the giver before
  TimePoint until_;
  TimePoint again_at_;
  bool lost_ = false;  ///< to be destroyed at the end of the turn
  bool up_ = false;
  bool told_ = false;  ///< that it is down
};

Result<std::unique_ptr<GivingLinks>> GivingLinks::create(Loop& loop, GivingSettings settings,
                                                         GivingObserver& observer) {
  tlsext::LinkSettings link{
      settings.certificate_pem, settings.private_key_pem, kHandoverProtocol, {}};
  for (const GivingPeer& peer : settings.peers) link.peers.push_back({peer.name, peer.pin});
  auto context = tlsext::LinkContext::create(std::move(link));
  if (!context) return failure(context.error().context);
  std::unique_ptr<GivingLinks> out(
      new GivingLinks(loop, std::move(settings), observer, std::move(*context)));
  out->set_timer();
  return out;
}

GivingLinks::GivingLinks(Loop& loop, GivingSettings settings, GivingObserver& observer,
                         std::shared_ptr<tlsext::LinkContext> context)
    : loop_(loop),
      settings_(std::move(settings)),
      observer_(observer),
      context_(std::move(context)),
      timer_(loop.make_timer([this] { on_time(); })) {
  for (std::size_t peer = 0; peer < settings_.peers.size(); ++peer) {
    links_.push_back(std::make_unique<Link>(*this, peer));
  }
}

GivingLinks::~GivingLinks() = default;

std::optional<std::size_t> GivingLinks::choose(std::optional<std::size_t> peer,
                                               std::size_t octets) const {
  std::vector<BackendLoad> loads;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const Giver* to = links_[i]->giver();
    const bool asked_for = !peer || *peer == i;
    const bool room = asked_for && to != nullptr && to->has_room(octets);
    loads.push_back({room, peer ? 1 : settings_.peers[i].weight, room ? to->sessions_there() : 0});
  }
  return with_fewest(loads);
}

bool GivingLinks::has_room(std::optional<std::size_t> peer, std::size_t octets) const {
  return choose(peer, octets).has_value();
}

std::optional<GivingLinks::Offered> GivingLinks::offer(std::optional<std::size_t> peer,
                                                       ByteView tcp, Parcel& parcel) {
  peer = choose(peer, tcp.size() + parcel.octets.size());
  if (!peer) return std::nullopt;
  const auto id = links_[*peer]->giver()->offer(tcp, parcel, loop_.now());
  if (!id) return std::nullopt;
  return Offered{*peer, *id};
}

bool GivingLinks::release(const Offered& offered) {
  Giver* to = links_.at(offered.peer)->giver();
  return to != nullptr && to->release(offered.id, loop_.now());
}

void GivingLinks::withdraw(const Offered& offered, const std::string& why) {
  Giver* to = links_.at(offered.peer)->giver();
  if (to != nullptr) to->withdraw(offered.id, why, loop_.now());
}

const Giver* GivingLinks::giver(std::size_t peer) const {
  return links_.at(peer)->giver();
}

// The timer is set again at the end of the turn, which is now.
void GivingLinks::on_time() {
  for (const auto& link : links_) link->on_time();
}

void GivingLinks::set_timer() {
  TimePoint next = TimePoint::max();
  for (const auto& link : links_) next = std::min(next, link->deadline());
  if (next != TimePoint::max()) timer_->set(next);
}

void GivingLinks::end(const std::string& why) {
  for (const auto& link : links_) link->end(why);
}

void GivingLinks::end_turn() {
  for (const auto& link : links_) link->end_turn();
  set_timer();
}

}  // namespace mooring::server
