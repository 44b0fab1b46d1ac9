// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/name_lookup.hpp"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace mooring::tools {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Where a look-up leaves what it found. The thread and who waits for it own it together: either
/// may be the last.
struct Found {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<Outcome<std::vector<SocketAddress>>> addresses;
};

}  // namespace

Outcome<std::vector<SocketAddress>> system_look_up(const Endpoint& endpoint, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (endpoint.is_address() ? AI_NUMERICHOST : 0);
  addrinfo* first = nullptr;
  const int error =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &first);
  if (error != 0) return trouble(endpoint.host + ": " + ::gai_strerror(error));
  const AddressList list(first, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    address.size = std::min<socklen_t>(at->ai_addrlen, sizeof address.storage);
    std::memcpy(&address.storage, at->ai_addr, address.size);
  }
  return addresses;
}

Outcome<std::vector<SocketAddress>> look_up(const Endpoint& endpoint, int family, Deadline deadline,
                                            LookUp by) {
  if (endpoint.is_address()) return by(endpoint, family);
  const auto found = std::make_shared<Found>();
  std::thread([found, endpoint, family, by = std::move(by)] {
    auto addresses = by(endpoint, family);
    const std::lock_guard lock(found->mutex);
    found->addresses = std::move(addresses);
    found->ready.notify_one();
  }).detach();
  std::unique_lock lock(found->mutex);
  if (!found->ready.wait_until(lock, deadline, [&] { return found->addresses.has_value(); })) {
    return trouble(endpoint.host + ": the look-up of the name's address timed out");
  }
  return *std::move(found->addresses);
}

}  // namespace mooring::tools
