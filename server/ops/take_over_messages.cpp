// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/take_over_messages.hpp"

#include <string.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "dnschain/dns/wire.hpp"
#include "dnschain/keep/state_file.hpp"

namespace mooring::server {

namespace {

using dnschain::Bytes;
using dnschain::WireReader;
using dnschain::WireWriter;

/// Each of these frames ends up in memory for key material, whatever is in it.
std::optional<SecretBytes> copy(ByteView octets) {
  auto out = SecretArena().take(octets.size());
  if (out) std::ranges::copy(octets, out->data());
  return out;
}

void write_endpoint(const Endpoint& endpoint, WireWriter& writer) {
  writer.u8(static_cast<std::uint8_t>(endpoint.address.family));
  writer.append(std::as_bytes(std::span(endpoint.address.octets)));
  writer.u16(endpoint.port);
}

std::optional<Endpoint> read_endpoint(WireReader& reader) {
  const auto family = reader.u8();
  const auto octets = family ? reader.take(16) : std::nullopt;
  const auto port = octets ? reader.u16() : std::nullopt;
  if (!port || *family > 1) return std::nullopt;
  Endpoint out{{static_cast<IpFamily>(*family), {}}, *port};
  std::memcpy(out.address.octets.data(), octets->data(), octets->size());
  return out;
}

OutFrame listening_frame(const ListeningSockets& at, std::size_t from) {
  Bytes body;
  WireWriter writer(body);
  write_endpoint(at.configured, writer);
  write_endpoint(at.bound, writer);
  OutFrame out = message(TakeOverMessage::listening, body);
  for (std::size_t i = from; i < std::min(from + kMostFrameDescriptors, at.sockets.size()); ++i) {
    out.descriptors.push_back(at.sockets[i].get());
  }
  return out;
}

OutFrame descriptor_frame(TakeOverMessage type, const OwnedFd& descriptor) {
  OutFrame out = message(type);
  out.descriptors.push_back(descriptor.get());
  return out;
}

OutFrame keys_frame(const Inheritance& all) {
  constexpr std::size_t kSize = sizeof(tlsext::TicketKey);
  Bytes body;
  body.reserve(4 + all.ticket_keys->keys().size() * kSize);
  WireWriter writer(body);
  writer.u32(static_cast<std::uint32_t>(all.until_rotation.count() / 1000));
  for (const tlsext::TicketKey& key : all.ticket_keys->keys()) {
    writer.append(key.name);
    writer.append(key.key);
  }
  OutFrame out = message(TakeOverMessage::ticket_keys, body);
  explicit_bzero(body.data(), body.size());
  return out;
}

bool read_keys(ByteView body, Inheritance& into) {
  WireReader reader(body);
  const auto seconds = reader.u32();
  std::vector<tlsext::TicketKey> keys;
  keys.reserve(body.size() / sizeof(tlsext::TicketKey));
  while (seconds && !reader.empty()) {
    tlsext::TicketKey& key = keys.emplace_back();
    const auto name = reader.take(key.name.size());
    const auto octets = name ? reader.take(key.key.size()) : std::nullopt;
    if (!octets) return false;
    std::ranges::copy(*name, key.name.begin());
    std::ranges::copy(*octets, key.key.begin());
  }
  if (keys.empty()) return false;
  into.until_rotation = std::chrono::seconds(*seconds);
  into.ticket_keys = std::make_shared<const tlsext::TicketKeySet>(std::move(keys));
  return true;
}

/// A frame that has one descriptor.
bool take_one(Frame& frame, OwnedFd& into) {
  if (frame.descriptors.size() != 1) return false;
  into = std::move(frame.descriptors.front());
  return true;
}

}  // namespace

OutFrame message(TakeOverMessage type, ByteView body) {
  auto copied = copy(body);
  return {static_cast<std::uint8_t>(type), copied ? std::move(*copied) : SecretBytes(), {}};
}

OutFrame message(TakeOverMessage type, const CounterTotals& totals) {
  return message(type, encode_totals(totals));
}

OutFrame message(TakeOverMessage type, std::uint32_t number) {
  Bytes body;
  WireWriter(body).u32(number);
  return message(type, body);
}

std::optional<std::uint32_t> number_in(ByteView body) {
  WireReader reader(body);
  const auto out = reader.u32();
  return reader.empty() ? out : std::nullopt;
}

std::string text_in(ByteView body) {
  return {reinterpret_cast<const char*>(body.data()), body.size()};
}

Result<std::vector<OutFrame>> to_frames(const Inheritance& all) {
  std::vector<OutFrame> out;
  for (const ListeningSockets& at : all.listening) {
    for (std::size_t from = 0; from < at.sockets.size(); from += kMostFrameDescriptors) {
      out.push_back(listening_frame(at, from));
    }
  }
  out.push_back(descriptor_frame(TakeOverMessage::control, all.control));
  out.push_back(descriptor_frame(TakeOverMessage::revocation, all.revocation));
  if (all.state_lock.get() >= 0) {
    out.push_back(descriptor_frame(TakeOverMessage::state_lock, all.state_lock));
  }
  out.push_back(keys_frame(all));
  Bytes certificates = encode_certificates(all.certificates);
  const Bytes chains = dnschain::encode_state(all.chains);
  if (std::max(certificates.size(), chains.size()) > kMostFrameOctets) {
    return failure("chains or certificates are too big to be handed over");
  }
  out.push_back(message(TakeOverMessage::chains, chains));
  out.push_back(message(TakeOverMessage::certificates, certificates));
  explicit_bzero(certificates.data(), certificates.size());
  out.push_back(message(TakeOverMessage::counters, all.counters));
  out.push_back(message(TakeOverMessage::complete, static_cast<std::uint32_t>(all.sessions)));
  return out;
}

Result<bool> InheritanceReader::add(Frame frame) {
  const auto type = static_cast<TakeOverMessage>(frame.type);
  if (type == TakeOverMessage::complete) {
    const auto sessions = number_in(frame.body.view());
    const bool whole =
        sessions && all_.control.get() >= 0 && all_.revocation.get() >= 0 && all_.ticket_keys;
    if (!whole) return failure("it has not handed over all that is needed");
    all_.sessions = *sessions;
    return true;
  }
  const bool understood =
      frame.descriptors.empty() ? add_value(type, frame.body.view()) : add_sockets(frame);
  if (!understood) return failure("it sent what cannot be understood");
  return false;
}

bool InheritanceReader::add_sockets(Frame& frame) {
  switch (static_cast<TakeOverMessage>(frame.type)) {
    case TakeOverMessage::control:
      return take_one(frame, all_.control);
    case TakeOverMessage::revocation:
      return take_one(frame, all_.revocation);
    case TakeOverMessage::state_lock:
      return take_one(frame, all_.state_lock);
    case TakeOverMessage::listening:
      break;
    default:
      return false;
  }
  WireReader reader(frame.body.view());
  const auto configured = read_endpoint(reader);
  const auto bound = configured ? read_endpoint(reader) : std::nullopt;
  if (!bound || !reader.empty()) return false;
  auto at = std::ranges::find(all_.listening, *bound, &ListeningSockets::bound);
  if (at == all_.listening.end()) {
    at = all_.listening.insert(at, ListeningSockets{*configured, *bound, {}});
  }
  for (OwnedFd& one : frame.descriptors) at->sockets.push_back(std::move(one));
  return true;
}

bool InheritanceReader::add_value(TakeOverMessage type, ByteView body) {
  if (type == TakeOverMessage::ticket_keys) return read_keys(body, all_);
  if (type == TakeOverMessage::chains) {
    auto state = dnschain::decode_state(body);
    if (state) all_.chains = std::move(*state);
    return state.has_value();
  }
  if (type == TakeOverMessage::certificates) {
    auto certificates = decode_certificates(body);
    if (certificates) all_.certificates = std::move(*certificates);
    return certificates.has_value();
  }
  auto totals = type == TakeOverMessage::counters ? decode_totals(body) : std::nullopt;
  if (totals) all_.counters = std::move(*totals);
  return totals.has_value();
}

std::optional<OutFrame> to_frame(const SessionBatch& batch) {
  std::size_t size = kBatchHead;
  for (const Parcel& parcel : batch.parcels) size += kParcelHead + parcel.octets.size();
  auto body = SecretArena().take(size);
  if (!body) return std::nullopt;
  std::byte* at = body->data();
  const auto put = [&at](std::size_t value, int octets) {
    while (octets-- > 0)
      *at++ = static_cast<std::byte>(value >> (8U * static_cast<unsigned>(octets)));
  };
  put(batch.number, 4);
  put(batch.parcels.size(), 2);
  OutFrame out{static_cast<std::uint8_t>(TakeOverMessage::sessions), {}, {}};
  for (const Parcel& parcel : batch.parcels) {
    put(parcel.octets.size(), 4);
    at = std::ranges::copy(parcel.octets.view(), at).out;
    out.descriptors.push_back(parcel.descriptor.get());
  }
  out.body = std::move(*body);
  return out;
}

std::optional<SessionBatch> sessions_in(Frame frame) {
  WireReader reader(frame.body.view());
  const auto number = reader.u32();
  const auto count = number ? reader.u16() : std::nullopt;
  if (!count || *count != frame.descriptors.size()) return std::nullopt;
  SessionBatch out{*number, {}};
  SecretArena arena;
  for (OwnedFd& descriptor : frame.descriptors) {
    const auto size = reader.u32();
    const auto octets = size ? reader.take(*size) : std::nullopt;
    auto copied = octets ? arena.take(octets->size()) : std::nullopt;
    if (!copied) return std::nullopt;
    std::ranges::copy(*octets, copied->data());
    out.parcels.push_back({std::move(*copied), std::move(descriptor)});
  }
  return reader.empty() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace mooring::server
