// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/listening.hpp"

#include <algorithm>

namespace mooring::server {

Result<void> Listening::bind(const std::vector<Endpoint>& addresses, unsigned workers) {
  for (const Endpoint& endpoint : addresses) {
    auto sockets = bind_sockets(endpoint, workers);
    if (!sockets) return failure("cannot listen on " + sockets.error().context);
    all_.push_back(std::move(*sockets));
  }
  return {};
}

Result<void> Listening::open(int backlog) {
  for (ListeningSockets& one : all_) {
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
