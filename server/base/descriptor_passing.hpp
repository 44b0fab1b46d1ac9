// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "server/base/owned_fd.hpp"

namespace mooring::server {

/// What goes beside the octets of a message over a UNIX socket: space for `Most` descriptors. It
/// must outlive the call that sends or receives.
template <std::size_t Most>
struct DescriptorSpace {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(Most * sizeof(int))> octets{};
};

/// Sends `descriptors`, at least one, with a message's first octet; they stay the caller's. `space`
/// has room for them.
void attach_descriptors(msghdr& message, std::span<std::byte> space,
                        std::span<const int> descriptors);

/// Has the kernel put what comes with a message into `space`.
void expect_descriptors(msghdr& message, std::span<std::byte> space);
/// All that came with a message that was received. The kernel closes those that it has no space
/// for, and says so by MSG_CTRUNC in the message's flags.
[[nodiscard]] std::vector<OwnedFd> attached_descriptors(msghdr& message);

}  // namespace mooring::server
