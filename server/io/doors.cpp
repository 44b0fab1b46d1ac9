// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/doors.hpp"

#include <algorithm>

namespace mooring::server {

tl::expected<Door, std::string> bind_door(const Endpoint& endpoint, unsigned workers,
                                          bool exclusive) {
  Door door{endpoint, endpoint, {}};
  while (door.sockets.size() < workers) {
    auto socket = bind_socket(door.bound, exclusive && door.sockets.empty());
    if (!socket) return tl::make_unexpected(endpoint.text() + ": " + socket.error().text);
    const auto bound = bound_to(*socket);
    if (!bound) return tl::make_unexpected(endpoint.text() + ": getsockname failed");
    door.bound = *bound;
    door.sockets.push_back(std::move(*socket));
  }
  return door;
}

std::string open_door(const Door& door, int backlog) {
  for (const OwnedFd& socket : door.sockets) {
    const std::string error = start_listening(socket, backlog);
    if (!error.empty()) return door.bound.text() + ": " + error;
  }
  return {};
}

std::string addresses(const std::vector<Door>& doors) {
  std::string out;
  for (const Door& door : doors) out += (out.empty() ? "" : ",") + door.bound.text();
  return out;
}

std::vector<Endpoint> configured(const std::vector<Door>& doors) {
  std::vector<Endpoint> out;
  for (const Door& door : doors) out.push_back(door.configured);
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
