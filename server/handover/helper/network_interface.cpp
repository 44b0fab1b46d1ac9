// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/network_interface.hpp"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/base/owned_fd.hpp"

namespace mooring::server {

Result<NetworkInterface> find_interface(const std::string& name) {
  const OwnedFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
  NetworkInterface out;
  out.index = if_nametoindex(name.c_str());
  if (out.index == 0 || ioctl(any.get(), SIOCGIFHWADDR, &request) != 0) {
    const int code = errno;
    return failure("interface " + name + ": " + std::strerror(code), code);
  }
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
    return failure("interface " + name + " is not Ethernet");
  std::transform(request.ifr_hwaddr.sa_data, request.ifr_hwaddr.sa_data + out.mac.size(),
                 out.mac.begin(), [](char octet) { return static_cast<std::uint8_t>(octet); });
  return out;
}

}  // namespace mooring::server
