// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include "server/base/endpoint.hpp"
#include "server/base/result.hpp"

// Calls on a socket that say which of them failed.

namespace mooring::server {

struct SocketOption {
  int level;
  int option;
  const char* name;
};

/// In the order of TcpSocketOptions.
inline constexpr std::array<SocketOption, 5> kCarried{{
    {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
    {IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"},
}};

[[nodiscard]] inline tl::unexpected<Error> call_failed(const std::string& what) {
  const int code = errno;
  return failure(what + ": " + std::strerror(code), code);
}

template <class T>
[[nodiscard]] Result<void> set_option(int fd, int level, int option, const T& value,
                                      const char* name) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0) return call_failed(name);
  return {};
}

template <class T>
[[nodiscard]] Result<void> get_option(int fd, int level, int option, T& value, const char* name) {
  socklen_t length = sizeof value;
  if (getsockopt(fd, level, option, &value, &length) != 0) return call_failed(name);
  return {};
}

/// An ioctl that gives a number which is not negative.
[[nodiscard]] inline Result<void> ask(int fd, unsigned long request, std::uint32_t& value,
                                      const char* name) {
  int got = 0;
  if (ioctl(fd, request, &got) != 0) return call_failed(name);
  value = static_cast<std::uint32_t>(got);
  return {};
}

/// `call`: getsockname or getpeername.
template <class Call>
[[nodiscard]] std::optional<Endpoint> endpoint_by(Call call, int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (call(fd, generic, &length) != 0) return {};
  return Endpoint::from(*generic);
}

/// The value goes to `place`.
template <class T>
[[nodiscard]] Result<void> keep(Result<T> result, T& place) {
  if (!result) return tl::make_unexpected(std::move(result.error()));
  place = std::move(*result);
  return {};
}

}  // namespace mooring::server
