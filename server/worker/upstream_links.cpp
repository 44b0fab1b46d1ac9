// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/upstream_links.hpp"

namespace mooring::server {

class UpstreamLinks::Link final : public StreamOwner {
 public:
  Link(UpstreamLinks& links, UpstreamId id) : links_(links), id_(id) {}

  /// Must come first, once.
  [[nodiscard]] bool connect(const Endpoint& server) {
    auto stream = links_.loop_.connect(server, *this);
    if (!stream) return false;
    stream_ = std::move(*stream);
    return true;
  }
  [[nodiscard]] Stream& stream() { return *stream_; }
  /// Nothing that still arrives is passed on.
  void give_up() {
    given_up_ = true;
    stream_->set_reading(false);
  }

  void on_connected() override {
    if (given_up_) return;
    stream_->set_reading(true);
    links_.pool_->on_connected(id_, links_.loop_.now());
  }
  void on_read(ByteView octets) override {
    if (!given_up_) links_.pool_->on_data(id_, octets, links_.loop_.now());
  }
  void on_finished() override {
    if (!given_up_) links_.lost(id_, "closed by the resolver");
  }
  void on_broken(const Error& why) override {
    if (!given_up_) links_.lost(id_, why.context);
  }
  void on_written() override {}

 private:
  UpstreamLinks& links_;
  UpstreamId id_;
  bool given_up_ = false;
  std::unique_ptr<Stream> stream_;
};

UpstreamLinks::UpstreamLinks(Loop& loop, std::vector<Endpoint> servers)
    : loop_(loop), servers_(std::move(servers)) {}

UpstreamLinks::~UpstreamLinks() = default;

void UpstreamLinks::end_turn() {
  closed_.clear();
}

bool UpstreamLinks::open(UpstreamId connection, std::size_t server) {
  auto link = std::make_unique<Link>(*this, connection);
  if (server >= servers_.size() || !link->connect(servers_[server])) return false;
  links_.at(static_cast<std::size_t>(connection)) = std::move(link);
  return true;
}

void UpstreamLinks::send(UpstreamId connection, ByteView octets) {
  const auto& link = links_.at(static_cast<std::size_t>(connection));
  if (link) link->stream().write(octets);
}

void UpstreamLinks::acknowledge(UpstreamId connection) {
  const auto& link = links_.at(static_cast<std::size_t>(connection));
  if (link) link->stream().acknowledge();
}

void UpstreamLinks::close(UpstreamId connection) {
  auto& link = links_.at(static_cast<std::size_t>(connection));
  if (!link) return;
  link->give_up();
  closed_.push_back(std::move(link));
}

void UpstreamLinks::lost(UpstreamId connection, std::string_view why) {
  close(connection);
  pool_->on_closed(connection, why, loop_.now());
}

}  // namespace mooring::server
