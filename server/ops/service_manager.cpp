// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "server/base/owned_fd.hpp"

namespace mooring::server {

void tell_service_manager(const std::string& state) {
  const char* found = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = found == nullptr ? "" : found;
  sockaddr_un address{};
  // A path, or with "@" in place of the first octet, which is null, an abstract name.
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
  if (path.front() != '/' && path.front() != '@') return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const OwnedFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  static_cast<void>(!::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace mooring::server
