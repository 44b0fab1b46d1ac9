// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/server/frozen_session.hpp"

#include <cstring>

namespace mooring::tlsext {

namespace {

// Layout, numbers in network order: version, flags, port (2), then each with its length (2) before
// it: record state, server name, ALPN, group, unread octets.
constexpr std::byte kVersion{1};
constexpr std::byte kKnownName{1};
constexpr std::byte kHasPort{2};
constexpr std::size_t kFixed = 4;
constexpr std::size_t kFields = 5;
constexpr std::size_t kMostText = 255;
constexpr std::size_t kMostUnread = 5 + 16384 + 2048;  // less than one record (RFC 5246, 6.2.3)

class Writer {
 public:
  explicit Writer(std::byte* place) : place_(place) {}
  void number(std::size_t value) {
    *place_++ = static_cast<std::byte>(value >> 8U);
    *place_++ = static_cast<std::byte>(value & 0xffU);
  }
  void octet(std::byte value) { *place_++ = value; }
  void field(const void* octets, std::size_t size) {
    number(size);
    if (size > 0) std::memcpy(place_, octets, size);
    place_ += size;
  }

 private:
  std::byte* place_;
};

class Reader {
 public:
  explicit Reader(ByteView octets) : rest_(octets) {}
  /// None when the field is cut or longer than `most`.
  std::optional<ByteView> field(std::size_t most) {
    if (rest_.size() < 2) return std::nullopt;
    const std::size_t size =
        std::to_integer<std::size_t>(rest_[0]) << 8U | std::to_integer<std::size_t>(rest_[1]);
    if (size > most || rest_.size() - 2 < size) return std::nullopt;
    const ByteView out = rest_.subspan(2, size);
    rest_ = rest_.subspan(2 + size);
    return out;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

std::string text(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

tl::unexpected<Error> refused(const char* why) {
  return failure(ErrorCode::internal, std::string("a frozen session ") + why);
}

}  // namespace

std::size_t FrozenSession::encoded_size() const {
  return kFixed + kFields * 2 + records.state_size + server_name.size() + records.alpn.size() +
         records.group.size() + records.unread.size();
}

void FrozenSession::encode(std::byte* place) const {
  Writer writer(place);
  writer.octet(kVersion);
  writer.octet((known_name ? kKnownName : std::byte{}) | (chain_port ? kHasPort : std::byte{}));
  writer.number(chain_port.value_or(0));
  writer.field(records.state.data(), records.state_size);
  writer.field(server_name.data(), server_name.size());
  writer.field(records.alpn.data(), records.alpn.size());
  writer.field(records.group.data(), records.group.size());
  writer.field(records.unread.data(), records.unread.size());
}

Result<FrozenSession> FrozenSession::decode(ByteView octets, SecretMemory& memory) {
  if (octets.size() < kFixed) return refused("is cut");
  if (octets[0] != kVersion) return refused("is of another version");
  if ((octets[1] & ~(kKnownName | kHasPort)) != std::byte{}) return refused("has unknown flags");
  const auto port = static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[2]) << 8U |
                                               std::to_integer<unsigned>(octets[3]));
  const bool has_port = (octets[1] & kHasPort) != std::byte{};
  if (port != 0 && !has_port) return refused("is not whole");
  Reader reader(octets.subspan(kFixed));
  const auto state = reader.field(SecretMemory::kSlotSize);
  const auto name = reader.field(kMostText);
  const auto protocol = reader.field(kMostText);
  const auto group = reader.field(kMostText);
  const auto unread = reader.field(kMostUnread);
  if (!state || !name || !protocol || !group || !unread || !reader.empty())
    return refused("is not whole");
  FrozenSession out;
  out.records.state = memory.take();
  if (!out.records.state) return refused("has no memory for its keys");
  if (!state->empty()) std::memcpy(out.records.state.data(), state->data(), state->size());
  out.records.state_size = static_cast<std::uint8_t>(state->size());
  out.known_name = (octets[1] & kKnownName) != std::byte{};
  if (has_port) out.chain_port = port;
  out.server_name = text(*name);
  out.records.alpn = text(*protocol);
  out.records.group = text(*group);
  out.records.unread.assign(unread->begin(), unread->end());
  return out;
}

}  // namespace mooring::tlsext
