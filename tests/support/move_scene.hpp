// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/base/result.hpp"
#include "server/handover/helper/helper.hpp"
#include "support/three_hosts.hpp"

namespace mooring::test {

/// The result's value; throws its error.
template <class T>
T must(server::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The real helper, whose path is in the environment (MOORING_HANDOVER), on a host.
[[nodiscard]] server::Helper start_helper(const NetworkNamespace& host);

/// CPU time of a process in all its life, and of the calling thread; in microseconds.
[[nodiscard]] double cpu_of(pid_t pid);
[[nodiscard]] double cpu_of_this_thread();

/// A host on the segment of the calling thread's eth0. Throws when there is none.
[[nodiscard]] server::MacAddress mac_of(const server::IpAddress& host);

/// Three hosts, with helpers on two of them.
struct MoveScene {
  ThreeHosts hosts;
  server::Helper front = start_helper(hosts.front);
  server::Helper backend = start_helper(hosts.backend);
  server::MacAddress backend_mac{};
  std::vector<double> gaps{};  ///< microseconds, one for each move
  double cpu = 0;              ///< microseconds, of the server's part in all moves

  MoveScene();

  [[nodiscard]] static server::TcpConnection ends(const Conversation& talk);
  /// All of the conversation's further packets go to the backend.
  void forward(const Conversation& talk, std::uint32_t seconds = 60);
  /// From the front to the backend. The gap that is measured is longer than that in which packets
  /// are dropped, by the way to the helper and back.
  void move(Conversation& talk);
  /// The other way.
  void move_back(Conversation& talk);
};

}  // namespace mooring::test
