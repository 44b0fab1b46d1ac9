// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/listening_sockets.hpp"

#include <algorithm>

#include "server/io/sockets.hpp"

namespace mooring::server {

Result<ListeningSockets> bind_sockets(const Endpoint& endpoint, unsigned workers, bool exclusive) {
  ListeningSockets out{endpoint, endpoint, {}};
  while (out.sockets.size() < workers) {
    auto socket = bind_socket(out.bound, exclusive && out.sockets.empty());
    if (!socket) {
      return failure(endpoint.text() + ": " + socket.error().context, socket.error().system);
    }
    const auto bound = bound_to(*socket);
    if (!bound) return failure(endpoint.text() + ": getsockname failed");
    out.bound = *bound;
    out.sockets.push_back(std::move(*socket));
  }
  return out;
}

Result<void> start_listening(const ListeningSockets& at, int backlog) {
  for (const OwnedFd& socket : at.sockets) {
    const auto started = start_listening(socket, backlog);
    if (!started) {
      return failure(at.bound.text() + ": " + started.error().context, started.error().system);
    }
  }
  return {};
}

std::string addresses(const std::vector<ListeningSockets>& all) {
  std::string out;
  for (const ListeningSockets& one : all) out += (out.empty() ? "" : ",") + one.bound.text();
  return out;
}

std::vector<Endpoint> configured(const std::vector<ListeningSockets>& all) {
  std::vector<Endpoint> out;
  for (const ListeningSockets& one : all) out.push_back(one.configured);
  return out;
}

std::vector<Endpoint> missing(const std::vector<Endpoint>& wanted, std::vector<Endpoint> present) {
  std::vector<Endpoint> out;
  for (const Endpoint& endpoint : wanted) {
    const auto found = std::ranges::find(present, endpoint);
    if (found == present.end()) {
      out.push_back(endpoint);
    } else {
      present.erase(found);
    }
  }
  return out;
}

}  // namespace mooring::server
