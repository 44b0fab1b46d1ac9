// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mooring::server {

namespace {

constexpr int kBacklog = 16;

tl::unexpected<Error> failed(const std::string& path, const char* what, int code) {
  return failure(path + ": " + what + ": " + std::strerror(code), code);
}

/// `path` fits.
sockaddr_un address_of(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.data(), path.size());
  return out;
}

bool join(const OwnedFd& socket, const std::string& path, decltype(::connect)* how) {
  const sockaddr_un address = address_of(path);
  return how(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<OwnedFd> make_socket(const std::string& path, int flags) {
  if (path.size() > kMostSocketPath) return failed(path, "cannot be a socket", ENAMETOOLONG);
  OwnedFd out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (out.get() < 0) return failed(path, "no socket", errno);
  return out;
}

/// Removes what a process that is gone has left.
Result<void> remove_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return failed(path, "cannot be looked at", errno);
  if (!S_ISSOCK(status.st_mode)) return failure(path + ": is there, and is no socket");
  if (connect_to(path)) return failure(path + ": another process answers there");
  if (::unlink(path.c_str()) != 0) return failed(path, "cannot be replaced", errno);
  return {};
}

}  // namespace

Result<OwnedFd> listen_at(const std::string& path) {
  auto out = make_socket(path, SOCK_NONBLOCK);
  if (!out) return out;
  // Linux gives the file the socket's mode: at no moment may anybody else connect.
  if (::fchmod(out->get(), S_IRUSR | S_IWUSR) != 0) return failed(path, "fchmod", errno);
  if (!join(*out, path, ::bind)) {
    if (errno != EADDRINUSE) return failed(path, "cannot be made", errno);
    if (auto removed = remove_stale(path); !removed) return tl::make_unexpected(removed.error());
    if (!join(*out, path, ::bind)) return failed(path, "cannot be made", errno);
  }
  if (::listen(out->get(), kBacklog) != 0) return failed(path, "cannot listen", errno);
  return out;
}

Result<OwnedFd> connect_to(const std::string& path) {
  auto out = make_socket(path, 0);
  if (!out) return out;
  if (!join(*out, path, ::connect)) return failed(path, "cannot connect", errno);
  return out;
}

bool PeerProcess::trusted() const {
  return user == 0 || user == ::geteuid();
}

std::string PeerProcess::text() const {
  return "user " + std::to_string(user) + ", process " + std::to_string(pid);
}

std::optional<PeerProcess> peer_of(const OwnedFd& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
  return PeerProcess{who.pid, who.uid};
}

void send_line(const OwnedFd& socket, const std::string& line) {
  static_cast<void>(!::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace mooring::server
