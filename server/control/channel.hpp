// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/control/frame.hpp"

namespace mooring::server {

/// A frame to be sent. Its descriptors are the caller's, who keeps them until it is sent.
struct OutFrame {
  std::uint8_t type = 0;
  SecretBytes body;
  std::vector<int> descriptors;
};

/// Frames over a UNIX socket, both ways, without waiting.
class Channel {
 public:
  /// `socket` is connected; it is made non-blocking.
  explicit Channel(OwnedFd socket);

  /// Sends what goes at once and keeps the rest. An error, also of an earlier frame: the other end
  /// is gone or takes no more.
  [[nodiscard]] Result<void> send(OutFrame frame);
  /// Goes on with what send() kept.
  [[nodiscard]] Result<void> flush();
  /// Whether something is kept.
  [[nodiscard]] bool sending() const { return !kept_.empty(); }

  /// The next frame, if one has come whole. An error: what came is none, or no more will come,
  /// which ended() tells.
  [[nodiscard]] Result<std::optional<Frame>> receive();
  [[nodiscard]] bool ended() const { return ended_; }
  /// Nothing that the other end sends from now on arrives, and it is told so when it tries; what
  /// has arrived can still be received.
  void stop_receiving();

  /// Waits until there is something to receive; false when there is nothing for so long.
  [[nodiscard]] bool wait(Milliseconds most) const;
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  struct Kept {
    std::array<std::byte, kFrameHeader> header;
    OutFrame frame;
    std::size_t sent = 0;
  };
  /// False when the system takes no more now.
  [[nodiscard]] Result<bool> send_some(Kept& kept) const;
  [[nodiscard]] Result<bool> read_some();

  OwnedFd socket_;
  FrameReader reader_;
  std::deque<Kept> kept_;
  bool ended_ = false;
};

}  // namespace mooring::server
