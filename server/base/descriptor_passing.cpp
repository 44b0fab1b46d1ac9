// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/descriptor_passing.hpp"

#include <cstring>

namespace mooring::server {

void attach_descriptors(msghdr& message, std::span<std::byte> space,
                        std::span<const int> descriptors) {
  message.msg_control = space.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
}

void expect_descriptors(msghdr& message, std::span<std::byte> space) {
  message.msg_control = space.data();
  message.msg_controllen = space.size();
}

std::vector<OwnedFd> attached_descriptors(msghdr& message) {
  std::vector<OwnedFd> out;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      out.emplace_back(descriptor);
    }
  }
  return out;
}

}  // namespace mooring::server
