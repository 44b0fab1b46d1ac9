// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/cable.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>

namespace mooring::test {

namespace {

constexpr std::size_t kEthernet = 14;

server::OwnedFd make_tap(const NetworkNamespace& where, const std::string& name) {
  server::OwnedFd tap;
  where.run([&] {
    tap = server::OwnedFd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    name.copy(static_cast<char*>(request.ifr_name), IFNAMSIZ - 1);
    if (ioctl(tap.get(), TUNSETIFF, &request) != 0) skip("no tap interface: /dev/net/tun");
  });
  return tap;
}

unsigned octet(const Cable::Frame& frame, std::size_t at) {
  return std::to_integer<unsigned>(frame.at(at));
}

unsigned number(const Cable::Frame& frame, std::size_t at) {
  return octet(frame, at) << 8U | octet(frame, at + 1);
}

struct Segment {
  std::size_t header;  ///< where TCP's begins
  std::size_t end;
};

/// Without options of IPv6, which nobody here sends.
std::optional<Segment> segment_in(const Cable::Frame& frame) {
  if (frame.size() < kEthernet + 40) return {};
  const unsigned type = number(frame, 12);
  if (type == 0x0800 && octet(frame, kEthernet + 9) == 6) {
    const std::size_t header = (octet(frame, kEthernet) & 0xfU) * 4;
    return Segment{kEthernet + header, kEthernet + number(frame, kEthernet + 2)};
  }
  if (type == 0x86dd && octet(frame, kEthernet + 6) == 6)
    return Segment{kEthernet + 40, kEthernet + 40 + number(frame, kEthernet + 4)};
  return {};
}

}  // namespace

std::optional<std::size_t> tcp_payload(const Cable::Frame& frame) {
  const auto segment = segment_in(frame);
  if (!segment) return {};
  return segment->end - segment->header - (octet(frame, segment->header + 12) >> 4U) * 4;
}

Cable::Cable(const NetworkNamespace& left, const std::string& left_name,
             const NetworkNamespace& right, const std::string& right_name) {
  ends_[0].tap = make_tap(left, left_name);
  ends_[1].tap = make_tap(right, right_name);
}

void Cable::take_in(std::size_t from) {
  std::array<std::byte, 16384> buffer{};
  for (;;) {
    const auto size = ::read(ends_.at(from).tap.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    const Frame frame(buffer.begin(), buffer.begin() + size);
    if (const auto segment = segment_in(frame)) {
      if ((octet(frame, segment->header + 13) & 4U) != 0) ++resets_;
      if (lost_ && lost_(frame, from == 1)) continue;
    }
    ends_.at(1 - from).coming.push_back(frame);
  }
}

void Cable::put_out(End& end) {
  for (const Frame& frame : end.coming) {
    // Before its interface is up it takes nothing: as if the cable were not plugged in.
    if (::write(end.tap.get(), frame.data(), frame.size()) < 0 && errno != EIO)
      throw std::runtime_error("a frame does not go through the cable");
  }
  end.coming.clear();
}

void Cable::carry() {
  take_in(0);
  take_in(1);
  if (held_) return;
  put_out(ends_[0]);
  put_out(ends_[1]);
}

void Cable::release() {
  held_ = false;
  carry();
}

}  // namespace mooring::test
