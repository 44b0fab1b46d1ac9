// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// Octets that the path of a UNIX socket may have (unix(7)).
inline constexpr std::size_t kMostSocketPath = 107;

/// A UNIX stream socket that listens at `path`, for its owner alone (mode 0600), non-blocking. The
/// file that a process left which is gone is replaced; an error when one answers there, or when it
/// is no socket. The error names the path.
[[nodiscard]] Result<OwnedFd> listen_at(const std::string& path);
/// A blocking socket that is connected to what listens there. The error names the path.
[[nodiscard]] Result<OwnedFd> connect_to(const std::string& path);

/// Who is at the other end of a connected socket.
struct PeerProcess {
  pid_t pid = 0;
  uid_t user = 0;

  /// Whether it is this process's user, or root.
  [[nodiscard]] bool trusted() const;
  /// "user 1000, process 4711"
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::optional<PeerProcess> peer_of(const OwnedFd& socket);

/// Sends a short line without waiting; what cannot be sent is lost.
void send_line(const OwnedFd& socket, const std::string& line);

}  // namespace mooring::server
