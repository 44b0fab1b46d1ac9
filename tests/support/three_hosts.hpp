// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "server/base/endpoint.hpp"
#include "server/base/owned_fd.hpp"
#include "support/cable.hpp"
#include "support/network_namespace.hpp"

namespace mooring::test {

/// Client, front and backend on one switch. Each has an interface eth0 with an address of its own;
/// the service's addresses are the front's, and the backend has them where it does not announce
/// them.
class ThreeHosts {
 public:
  ThreeHosts();

  NetworkNamespace bridge;
  NetworkNamespace client;
  NetworkNamespace front;
  NetworkNamespace backend;
  Cable cable;  ///< the client's

  [[nodiscard]] static server::Endpoint service(server::IpFamily family);
};

/// One end of a conversation, in which each end sends octets of its own and knows those of the
/// other: one that is missing, doubled or out of place is seen.
class Talker {
 public:
  /// `voice` is another one for each end. Throws when the socket is none.
  Talker(server::OwnedFd socket, unsigned voice, unsigned other);

  /// Writes, until it has written `until` in all, as much as the kernel takes.
  void write(std::size_t until);
  /// Reads what is there. Throws when it is not what the other end wrote, or the connection ended.
  void read();
  [[nodiscard]] std::size_t written() const { return written_; }
  [[nodiscard]] std::size_t heard() const { return heard_; }

  server::OwnedFd socket;

 private:
  unsigned voice_;
  unsigned other_;
  std::size_t written_ = 0;
  std::size_t heard_ = 0;
};

/// A connection from the client to the service at the front.
struct Conversation {
  /// Throws when it does not come about.
  Conversation(ThreeHosts& hosts, server::IpFamily family);

  Talker client;
  Talker server;

  /// Both ends read, and the cable carries, until each has heard all that the other has written (or
  /// will, up to `until`). False when that takes longer than `most`.
  [[nodiscard]] bool settle(Cable& cable, std::size_t until,
                            std::chrono::milliseconds most = std::chrono::seconds(20));
  [[nodiscard]] server::Endpoint client_endpoint() const;

 private:
  Conversation(std::pair<server::OwnedFd, server::OwnedFd> ends);
};

}  // namespace mooring::test
