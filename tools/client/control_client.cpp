// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/control_client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mooring::tools {

namespace {

constexpr std::size_t kMostAnswer = 65'536;

/// A socket that closes with its owner.
struct Socket {
  Socket() : fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd;
};

}  // namespace

Outcome<std::string> ask_control(const std::string& path, const std::string& line) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return trouble(path + ": too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  const Socket socket;
  if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return trouble(path + ": " + std::strerror(errno));
  }
  const std::string request = line + "\n";
  if (::send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return trouble(path + ": the request cannot be sent");
  }
  std::string answer;
  std::array<char, 4096> octets;
  while (answer.size() < kMostAnswer) {
    const ssize_t count = ::recv(socket.fd, octets.data(), octets.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    answer.append(octets.data(), static_cast<std::size_t>(count));
    if (const auto end = answer.find('\n'); end != std::string::npos) return answer.substr(0, end);
  }
  return trouble(path + ": it ended without an answer");
}

}  // namespace mooring::tools
