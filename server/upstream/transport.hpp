// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/bytes.hpp"

namespace mooring::server {

/// One connection to a resolver, as an index below UpstreamSettings::connections + spare. The
/// number is used again once the connection is closed.
enum class UpstreamId : std::uint8_t {};

/// What carries the pool's connections: streams of octets, over whatever protocol. Called only from
/// inside the pool's member functions; it must not call the pool back from in there.
class UpstreamTransport {
 public:
  /// Starts to connect to the server with this number (counted from 0, in configured order). Ends
  /// in UpstreamPool::on_connected or on_closed. False: failed at once, nothing more will come.
  [[nodiscard]] virtual bool open(UpstreamId connection, std::size_t server) = 0;
  /// Sends all the octets, in one write if the kernel takes them, and keeps a copy of what it does
  /// not take. A failure is reported later, by on_closed.
  virtual void send(UpstreamId connection, ByteView octets) = 0;
  /// The resolver is to learn now that what it has sent has arrived, because it may hold back the
  /// rest until it does.
  virtual void acknowledge(UpstreamId connection) { static_cast<void>(connection); }
  /// Closes, whether connected or still connecting. No call about it may come after this until the
  /// number is opened again.
  virtual void close(UpstreamId connection) = 0;

 protected:
  ~UpstreamTransport() = default;
};

}  // namespace mooring::server
