// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/tcp/tcp_state.hpp"

#include <algorithm>
#include <utility>

#include "server/base/octets.hpp"

namespace mooring::server {

namespace {

// Layout: version, flags, local address, port, remote address, port, then the numbers in the order
// in which numbers() has them, the scales, and both queues as fields.
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kV6 = 1;
constexpr std::uint8_t kTimestamps = 2;
constexpr std::uint8_t kSelective = 4;
constexpr std::uint8_t kMostScale = 14;  // RFC 7323, 2.3

std::size_t address_size(IpFamily family) {
  return family == IpFamily::v4 ? 4 : 16;
}

/// All numbers of four octets, for reading and writing alike.
template <class State, class Action>
void numbers(State& state, const Action& action) {
  for (auto* number :
       {&state.send_next, &state.receive_next, &state.unsent, &state.segment_size, &state.timestamp,
        &state.windows.send_update, &state.windows.send, &state.windows.most_send,
        &state.windows.receive, &state.windows.receive_told})
    action(*number);
  for (auto& option : state.options) action(option);
}

void write(OctetWriter& writer, const Endpoint& endpoint) {
  const auto octets = std::as_bytes(std::span(endpoint.address.octets));
  writer.plain(octets.first(address_size(endpoint.address.family)));
  writer.number(endpoint.port);
}

Endpoint read_endpoint(OctetReader& reader, IpFamily family) {
  Endpoint out;
  out.address.family = family;
  std::ranges::transform(reader.plain(address_size(family)), out.address.octets.begin(),
                         [](std::byte octet) { return std::to_integer<std::uint8_t>(octet); });
  out.port = reader.number<std::uint16_t>();
  return out;
}

std::vector<std::byte> copy(ByteView octets) {
  return {octets.begin(), octets.end()};
}

/// An address that stands for IPv4 has two forms, of which only one is used.
bool possible(const Endpoint& endpoint) {
  const auto parsed = IpAddress::parse(endpoint.address.text());
  return endpoint.port != 0 && parsed == endpoint.address;
}

bool possible(const TcpState& state) {
  return possible(state.local) && possible(state.remote) &&
         state.unsent <= state.send_queue.size() && state.send_scale <= kMostScale &&
         state.receive_scale <= kMostScale;
}

}  // namespace

std::vector<std::byte> TcpState::encode() const {
  OctetWriter writer;
  writer.number(kVersion);
  writer.number(static_cast<std::uint8_t>((local.address.family == IpFamily::v6 ? kV6 : 0) |
                                          (timestamps ? kTimestamps : 0) |
                                          (selective_acknowledgement ? kSelective : 0)));
  write(writer, local);
  write(writer, remote);
  numbers(*this, [&](std::uint32_t number) { writer.number(number); });
  writer.number(send_scale);
  writer.number(receive_scale);
  writer.field(send_queue);
  writer.field(receive_queue);
  return std::move(writer).take();
}

Result<TcpState> TcpState::decode(ByteView octets) {
  OctetReader reader(octets);
  if (reader.number<std::uint8_t>() != kVersion)
    return failure("a TCP connection's state is of another version");
  const auto flags = reader.number<std::uint8_t>();
  if ((flags & ~(kV6 | kTimestamps | kSelective)) != 0) reader.fail();
  const IpFamily family = (flags & kV6) != 0 ? IpFamily::v6 : IpFamily::v4;
  TcpState state;
  state.local = read_endpoint(reader, family);
  state.remote = read_endpoint(reader, family);
  state.timestamps = (flags & kTimestamps) != 0;
  state.selective_acknowledgement = (flags & kSelective) != 0;
  numbers(state, [&](std::uint32_t& number) { number = reader.number<std::uint32_t>(); });
  state.send_scale = reader.number<std::uint8_t>();
  state.receive_scale = reader.number<std::uint8_t>();
  state.send_queue = copy(reader.field(kMostQueued));
  state.receive_queue = copy(reader.field(kMostQueued));
  if (!reader.whole() || !possible(state)) return failure("a TCP connection's state is not whole");
  return state;
}

}  // namespace mooring::server
