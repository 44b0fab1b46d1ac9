// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/sockets.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace mooring::server {

namespace {

tl::unexpected<Error> system_error(const char* what) {
  const int code = errno;
  return failure(std::string(what) + ": " + std::strerror(code), code);
}

bool set_option(const OwnedFd& fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd.get(), level, option, &on, sizeof on) == 0;
}

Result<OwnedFd> bind_once(const Endpoint& to, bool shared) {
  sockaddr_storage address{};
  const unsigned length = to.to(address);
  OwnedFd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return system_error("socket");
  if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR)) return system_error("SO_REUSEADDR");
  if (shared && !set_option(fd, SOL_SOCKET, SO_REUSEPORT)) return system_error("SO_REUSEPORT");
  // "[::]:853" and "0.0.0.0:853" are two sockets, whatever the system's default is.
  if (address.ss_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY)) {
    return system_error("IPV6_V6ONLY");
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return system_error("bind");
  }
  return fd;
}

}  // namespace

Result<OwnedFd> bind_socket(const Endpoint& to, bool exclusive) {
  // With SO_REUSEPORT a second server of the same user would silently share the port and take half
  // of the clients. A bind without it finds out.
  if (exclusive && to.port != 0) {
    if (auto probe = bind_once(to, false); !probe) return probe;
  }
  return bind_once(to, true);
}

Result<void> start_listening(const OwnedFd& socket, int backlog) {
  if (::listen(socket.get(), backlog) == 0) return {};
  const int code = errno;
  return failure(std::strerror(code), code);
}

std::optional<Endpoint> bound_to(const OwnedFd& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(socket.get(), generic, &length) != 0) return {};
  return Endpoint::from(*generic);
}

}  // namespace mooring::server
