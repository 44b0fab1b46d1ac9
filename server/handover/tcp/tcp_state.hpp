// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/endpoint.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// Windows of both directions (RFC 9293, 3.3.1), as the kernel keeps them: TCP_REPAIR_WINDOW.
struct TcpWindows {
  std::uint32_t send_update = 0;   ///< sequence number of the segment that set the window last
  std::uint32_t send = 0;          ///< octets that the peer would take
  std::uint32_t most_send = 0;     ///< the largest that it ever offered
  std::uint32_t receive = 0;       ///< octets that we said we would take
  std::uint32_t receive_told = 0;  ///< sequence number from which they count

  friend bool operator==(const TcpWindows&, const TcpWindows&) = default;
};

/// Options of a socket that go with the connection: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL,
/// TCP_KEEPCNT, TCP_USER_TIMEOUT, in this order.
using TcpSocketOptions = std::array<std::uint32_t, 5>;

/// An established TCP connection as a value: all that another kernel needs to go on with it.
struct TcpState {
  /// Octets of each queue. A connection that holds more is not moved: its peer does not read.
  static constexpr std::size_t kMostQueued = std::size_t{1} << 20U;
  /// Octets that encode() makes, at most.
  static constexpr std::size_t kMostEncoded = 2 * kMostQueued + 256;

  Endpoint local;
  Endpoint remote;
  std::uint32_t send_next = 0;     ///< sequence number of what the program writes next
  std::uint32_t receive_next = 0;  ///< sequence number that we wait for
  /// Written by the program and not acknowledged: its last `unsent` octets have never been sent,
  /// all before them have, and may be acknowledged at any moment.
  std::vector<std::byte> send_queue;
  std::uint32_t unsent = 0;
  std::vector<std::byte> receive_queue;  ///< acknowledged, and not read by the program
  std::uint32_t segment_size = 0;        ///< the most that the peer takes in one (RFC 9293, 3.7.1)
  std::uint8_t send_scale = 0;           ///< window scales (RFC 7323, 2.2); 0 without
  std::uint8_t receive_scale = 0;
  bool selective_acknowledgement = false;  ///< RFC 2018
  bool timestamps = false;                 ///< RFC 7323, 3
  std::uint32_t timestamp = 0;             ///< our clock as the peer knows it: TCP_TIMESTAMP
  TcpWindows windows;
  TcpSocketOptions options{};

  [[nodiscard]] std::vector<std::byte> encode() const;
  /// The reverse. What is cut, longer, of another version, or cannot be is refused.
  [[nodiscard]] static Result<TcpState> decode(ByteView octets);

  friend bool operator==(const TcpState&, const TcpState&) = default;
};

}  // namespace mooring::server
