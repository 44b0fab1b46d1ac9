// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "server/base/owned_fd.hpp"
#include "server/base/parcel.hpp"
#include "server/base/result.hpp"
#include "server/base/secret_bytes.hpp"

namespace mooring::server {

/// What a frame begins with: "MF", its type, how many descriptors come with it, and in four octets,
/// the highest first, how many octets follow.
inline constexpr std::size_t kFrameHeader = 8;
inline constexpr std::size_t kMostFrameOctets = kMostParcelOctets + 65'536;
/// The system takes 253 at once.
inline constexpr std::size_t kMostFrameDescriptors = 128;

/// A message between two processes. May carry key material.
struct Frame {
  std::uint8_t type = 0;
  SecretBytes body;
  std::vector<OwnedFd> descriptors;
};

[[nodiscard]] std::array<std::byte, kFrameHeader> frame_header(std::uint8_t type, std::size_t body,
                                                               std::size_t descriptors);

/// Puts frames together from what is read of them. After an error it is of no more use.
class FrameReader {
 public:
  /// Where the next octets are to be put; never empty. Not to be called while take() has one.
  [[nodiscard]] std::span<std::byte> space();
  /// So many have been put there, and these descriptors came with them. An error, one line: what
  /// came is no frame, one too big, or there is no memory.
  [[nodiscard]] Result<void> filled(std::size_t count, std::vector<OwnedFd> descriptors);
  /// A frame that is whole.
  [[nodiscard]] std::optional<Frame> take();
  /// Whether a part of a frame is there.
  [[nodiscard]] bool in_the_middle() const { return have_ != 0; }

 private:
  [[nodiscard]] Result<void> begin_body();

  SecretArena arena_;
  std::array<std::byte, kFrameHeader> header_{};
  std::size_t have_ = 0;  ///< octets of the frame, its header included
  std::size_t wanted_descriptors_ = 0;
  Frame frame_;
  std::deque<OwnedFd> descriptors_;
  bool whole_ = false;
};

}  // namespace mooring::server
