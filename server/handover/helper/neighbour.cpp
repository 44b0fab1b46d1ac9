// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/neighbour.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "server/base/owned_fd.hpp"

namespace mooring::server {

namespace {

/// Asks for one entry of the kernel's table.
struct Question {
  nlmsghdr header;
  ndmsg entry;
  nlattr destination;
  std::array<std::uint8_t, 16> address;
};

Question question(const IpAddress& host, std::uint32_t interface) {
  const auto width = host.width() / 8;
  Question out{};
  out.header.nlmsg_len = static_cast<std::uint32_t>(sizeof out - out.address.size() + width);
  out.header.nlmsg_type = RTM_GETNEIGH;
  out.header.nlmsg_flags = NLM_F_REQUEST;
  out.entry.ndm_family = host.family == IpFamily::v4 ? AF_INET : AF_INET6;
  out.entry.ndm_ifindex = static_cast<int>(interface);
  out.destination.nla_len = static_cast<std::uint16_t>(sizeof out.destination + width);
  out.destination.nla_type = NDA_DST;
  std::copy_n(host.octets.begin(), width, out.address.begin());
  return out;
}

/// None when the entry has none (yet).
std::optional<MacAddress> mac_in(ByteView attributes) {
  while (attributes.size() >= sizeof(nlattr)) {
    nlattr head{};
    std::memcpy(&head, attributes.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > attributes.size()) return {};
    MacAddress mac{};
    if (head.nla_type == NDA_LLADDR && head.nla_len == sizeof head + mac.size()) {
      std::memcpy(mac.data(), attributes.data() + sizeof head, mac.size());
      return mac;
    }
    const std::size_t padded = (head.nla_len + 3U) & ~std::size_t{3};
    attributes = attributes.subspan(std::min(padded, attributes.size()));
  }
  return {};
}

}  // namespace

Result<MacAddress> find_neighbour(const IpAddress& host, const NetworkInterface& interface) {
  const OwnedFd kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const Question asked = question(host, interface.index);
  std::array<std::byte, 4096> answer{};
  ssize_t size = -1;
  if (::send(kernel.get(), &asked, asked.header.nlmsg_len, 0) >= 0)
    size = ::recv(kernel.get(), answer.data(), answer.size(), MSG_DONTWAIT);  // it is there
  if (size < 0) {
    const int code = errno;
    return failure(std::string("the table of neighbours: ") + std::strerror(code), code);
  }
  nlmsghdr header{};
  constexpr std::size_t kFixed = sizeof header + sizeof(ndmsg);
  std::memcpy(&header, answer.data(), sizeof header);
  std::optional<MacAddress> mac;
  if (header.nlmsg_type == RTM_NEWNEIGH && static_cast<std::size_t>(size) >= kFixed)
    mac = mac_in(ByteView(answer).first(static_cast<std::size_t>(size)).subspan(kFixed));
  if (mac) return *mac;
  return failure(host.text() + " is not a neighbour on the front's segment, or does not answer",
                 ENOENT);
}

}  // namespace mooring::server
