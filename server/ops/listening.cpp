// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/listening.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "server/ops/descriptors.hpp"

namespace mooring::server {

namespace {

OwnedFd copy_of(const OwnedFd& socket) {
  return OwnedFd(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
}

/// With as many sockets at least as there are workers.
Result<ListeningSockets> fill_up(ListeningSockets at, unsigned workers) {
  if (at.sockets.size() >= workers) return at;
  const auto missing = static_cast<unsigned>(workers - at.sockets.size());
  auto more = bind_sockets(at.bound, missing, false);
  if (!more) return more;
  for (OwnedFd& one : more->sockets) at.sockets.push_back(std::move(one));
  return at;
}

}  // namespace

Result<void> Listening::bind(const std::vector<Endpoint>& addresses, unsigned workers,
                             std::vector<ListeningSockets> inherited) {
  const auto known = [&](const Endpoint& endpoint) {
    return std::ranges::find(inherited, endpoint, &ListeningSockets::configured);
  };
  for (const Endpoint& endpoint : addresses) {
    const auto found = known(endpoint);
    // An address of the predecessor's on the same port is no stranger.
    const bool exclusive = std::ranges::none_of(
        inherited, [&](const auto& one) { return one.bound.port == endpoint.port; });
    auto sockets = found != inherited.end() ? fill_up(std::move(*found), workers)
                                            : bind_sockets(endpoint, workers, exclusive);
    if (!sockets) return failure("cannot listen on " + sockets.error().context);
    if (found != inherited.end()) inherited.erase(found);
    all_.push_back(std::move(*sockets));
  }
  return {};
}

void Listening::pause() {
  for (const ListeningSockets& one : all_) takers_.stop_listening(one.bound);
  paused_ = true;
}

void Listening::go_on() {
  if (!std::exchange(paused_, false)) return;
  for (const ListeningSockets& one : all_) takers_.listen(one);
}

void Listening::close() {
  for (const ListeningSockets& one : std::exchange(all_, {})) takers_.stop_listening(one.bound);
}

Result<std::vector<ListeningSockets>> Listening::copies() const {
  std::vector<ListeningSockets> out;
  for (const ListeningSockets& one : all_) {
    ListeningSockets& copy = out.emplace_back(ListeningSockets{one.configured, one.bound, {}});
    for (const OwnedFd& socket : one.sockets) {
      copy.sockets.push_back(copy_of(socket));
      if (copy.sockets.back().get() < 0) return failure(kNoDescriptors);
    }
  }
  return out;
}

Result<void> Listening::open(int backlog) {
  for (const ListeningSockets& one : all_) {
    const auto started = start_listening(one, backlog);
    if (!started) return failure("cannot listen on " + started.error().context);
    takers_.listen(one);
  }
  open_ = true;
  return {};
}

Result<std::vector<ListeningSockets>> Listening::prepare(const std::vector<Endpoint>& wanted,
                                                         unsigned workers, int backlog) const {
  std::vector<ListeningSockets> out;
  for (const Endpoint& endpoint : missing(wanted, configured(all_))) {
    // An address of ours on the same port is no stranger: "0.0.0.0:853" may follow one of them.
    const auto same_port = [&](const auto& one) { return one.bound.port == endpoint.port; };
    const bool exclusive = std::ranges::none_of(all_, same_port);
    auto sockets = bind_sockets(endpoint, workers, exclusive);
    const auto started = sockets && open_ ? start_listening(*sockets, backlog) : Result<void>();
    if (!sockets || !started) {
      const Error& error = sockets ? started.error() : sockets.error();
      return failure("cannot listen on " + error.context + "; what was in use before goes on",
                     error.system);
    }
    out.push_back(std::move(*sockets));
  }
  return out;
}

void Listening::change(const std::vector<Endpoint>& wanted, std::vector<ListeningSockets> added) {
  for (const Endpoint& gone : missing(configured(all_), wanted)) {
    // Of those added, none is among them yet.
    const auto one = std::ranges::find(all_, gone, &ListeningSockets::configured);
    takers_.stop_listening(one->bound);
    all_.erase(one);
  }
  for (ListeningSockets& one : added) {
    if (open_) takers_.listen(one);
    all_.push_back(std::move(one));
  }
}

}  // namespace mooring::server
