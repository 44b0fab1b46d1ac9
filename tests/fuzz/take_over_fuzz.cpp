// SPDX-License-Identifier: GPL-3.0-or-later
// What comes by a take-over's socket: frames, and what is in them, of either side; and a line for
// the control socket.
#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "server/control/frame.hpp"
#include "server/control/request.hpp"
#include "server/ops/take_over_messages.hpp"

using namespace mooring::server;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(parse_request({reinterpret_cast<const char*>(data), size}));
  FrameReader reader;
  InheritanceReader inheritance;
  while (size > 0) {
    const auto space = reader.space();
    const std::size_t count = std::min(size, space.size());
    std::copy_n(reinterpret_cast<const std::byte*>(data), count, space.data());
    data += count;
    size -= count;
    std::vector<OwnedFd> descriptors;
    // The header's fourth octet: as many as it announces, so that the rest is looked at.
    const bool header = count == kFrameHeader;
    for (unsigned i = 0; header && i < std::min(std::to_integer<unsigned>(space[3]), 3U); ++i) {
      descriptors.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    if (!reader.filled(count, std::move(descriptors))) return 0;
    auto frame = reader.take();
    if (!frame) continue;
    static_cast<void>(number_in(frame->body.view()));
    if (frame->type == static_cast<std::uint8_t>(TakeOverMessage::sessions)) {
      static_cast<void>(sessions_in(std::move(*frame)));
    } else if (!inheritance.add(std::move(*frame))) {
      return 0;
    }
  }
  return 0;
}
