// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/frame.hpp"

#include <utility>

#include "dnschain/dns/wire.hpp"

namespace mooring::server {

namespace {

constexpr std::byte kMagic[] = {std::byte{'M'}, std::byte{'F'}};

}  // namespace

std::array<std::byte, kFrameHeader> frame_header(std::uint8_t type, std::size_t body,
                                                 std::size_t descriptors) {
  const auto octet = [](std::size_t value) { return static_cast<std::byte>(value & 0xFFU); };
  return {kMagic[0],          kMagic[1],          octet(type),       octet(descriptors),
          octet(body >> 24U), octet(body >> 16U), octet(body >> 8U), octet(body)};
}

std::span<std::byte> FrameReader::space() {
  if (have_ < kFrameHeader) return std::span(header_).subspan(have_);
  const std::size_t at = have_ - kFrameHeader;
  return {frame_.body.data() + at, frame_.body.size() - at};
}

Result<void> FrameReader::filled(std::size_t count, std::vector<OwnedFd> descriptors) {
  for (OwnedFd& one : descriptors) descriptors_.push_back(std::move(one));
  if (descriptors_.size() > kMostFrameDescriptors) return failure("too many descriptors");
  const bool in_header = have_ < kFrameHeader;
  have_ += count;
  if (in_header && have_ == kFrameHeader) {
    if (auto begun = begin_body(); !begun) return begun;
  }
  whole_ = have_ >= kFrameHeader && have_ - kFrameHeader == frame_.body.size();
  // They come with the first octet, so that none is still on its way.
  if (whole_ && descriptors_.size() != wanted_descriptors_) {
    return failure("a message without its descriptors, or with others");
  }
  return {};
}

Result<void> FrameReader::begin_body() {
  dnschain::WireReader in(header_);
  const auto magic = in.take(sizeof kMagic);
  if ((*magic)[0] != kMagic[0] || (*magic)[1] != kMagic[1]) return failure("no message");
  frame_.type = *in.u8();
  wanted_descriptors_ = *in.u8();
  const std::size_t size = *in.u32();
  if (size > kMostFrameOctets || wanted_descriptors_ > kMostFrameDescriptors) {
    return failure("too big a message");
  }
  auto body = arena_.take(size);
  if (!body) return failure("no memory for a message");
  frame_.body = std::move(*body);
  return {};
}

std::optional<Frame> FrameReader::take() {
  if (!whole_) return std::nullopt;
  for (OwnedFd& one : descriptors_) frame_.descriptors.push_back(std::move(one));
  descriptors_.clear();
  whole_ = false;
  have_ = 0;
  return std::exchange(frame_, {});
}

}  // namespace mooring::server
