// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace mooring::tools {

/// The moment by which something must be done.
using Deadline = std::chrono::steady_clock::time_point;

/// An address with a port, as the system's calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const { return storage.ss_family; }
  /// "192.0.2.1:853", "[2001:db8::1]:853".
  [[nodiscard]] std::string text() const;
};

/// In the order given, but the families take turns (RFC 8305, 4): behind a broken path of one
/// family, whatever the number of its addresses, the other one is next.
[[nodiscard]] std::vector<SocketAddress> interleaved(const std::vector<SocketAddress>& addresses);

/// What a race needs of the system. Tests have their own.
class RaceNetwork {
 public:
  struct Done {
    int socket;
    int error;  ///< 0: connected
  };

  virtual ~RaceNetwork() = default;
  /// A socket that is connecting, or an errno.
  virtual tl::expected<int, int> begin(const SocketAddress& address) = 0;
  /// Waits for one of `sockets` to be done, at most until `until`; all that are. Empty: none is.
  virtual std::vector<Done> wait(const std::vector<int>& sockets, Deadline until) = 0;
  virtual void close(int socket) = 0;
  virtual Deadline now() = 0;
};

/// The first one that was connected: its socket and its place in the list.
struct RaceWinner {
  int socket;
  std::size_t address;
};

/// What became of an address: its place in the list, and an errno.
struct RaceLoss {
  std::size_t address;
  int error;
};

/// Connects to whichever of `addresses` answers first. The next one is tried as soon as one has
/// failed, and after 250 ms in any case (RFC 8305, 5), beside those that have not answered yet. The
/// losses are those of all that were tried.
[[nodiscard]] tl::expected<RaceWinner, std::vector<RaceLoss>> race(
    const std::vector<SocketAddress>& addresses, Deadline deadline, RaceNetwork& network);

/// The real one: non-blocking TCP sockets and poll().
[[nodiscard]] RaceNetwork& system_network();

}  // namespace mooring::tools
