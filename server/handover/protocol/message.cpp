// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/message.hpp"

#include <algorithm>
#include <string_view>

#include "server/base/octets.hpp"

namespace mooring::server {
namespace {

enum class Type : std::uint8_t {
  hello = 1,
  welcome,
  offer,
  taken,
  refused,
  released,
  withdrawn,
  ended,
  load,
  alive,
};

constexpr std::size_t kText = 4 + kMostLinkText;

/// Octets that the body of each type has at most, by its number.
constexpr std::array<std::size_t, 11> kMostBody{
    0, 16 + kText, 16 + kText + 22, 12 + kMostTcpOctets + kMostParcelOctets, 8, 9 + kText, 8, 8, 8,
    8, 0};

std::vector<std::byte> with_header(Type type, OctetWriter body) {
  const std::vector<std::byte> octets = std::move(body).take();
  OctetWriter out;
  out.number(static_cast<std::uint8_t>(type));
  out.field(octets);
  return std::move(out).take();
}

std::vector<std::byte> about(Type type, OfferId id) {
  OctetWriter body;
  body.number(id);
  return with_header(type, std::move(body));
}

void write(OctetWriter& out, const Load& load) {
  out.number(load.sessions);
  out.number(load.capacity);
}

Load read_load(OctetReader& in) {
  Load load;
  load.sessions = in.number<std::uint32_t>();
  load.capacity = in.number<std::uint32_t>();
  return load;
}

HostId read_host(OctetReader& in) {
  HostId host{};
  std::ranges::copy(in.plain(host.size()), host.begin());
  return host;
}

bool is_printable(char letter) {
  return letter >= ' ' && letter <= '~';
}

// Texts go into the log.
void write_text(OctetWriter& out, std::string_view text) {
  std::string clean(text.substr(0, kMostLinkText));
  std::ranges::replace_if(
      clean, [](char letter) { return !is_printable(letter); }, '?');
  out.text(clean);
}

std::string read_text(OctetReader& in) {
  const std::string_view text = in.text(kMostLinkText);
  if (!std::ranges::all_of(text, is_printable)) in.fail();
  return std::string(text);
}

Hello read_hello(OctetReader& in) {
  Hello hello;
  hello.host = read_host(in);
  hello.program = read_text(in);
  return hello;
}

Welcome read_welcome(OctetReader& in) {
  Welcome welcome;
  welcome.host = read_host(in);
  welcome.program = read_text(in);
  welcome.most_offers = in.number<std::uint32_t>();
  welcome.most_octets = in.number<std::uint32_t>();
  for (std::uint8_t& octet : welcome.address) octet = in.number<std::uint8_t>();
  welcome.load = read_load(in);
  return welcome;
}

OfferRefused read_refused(OctetReader& in) {
  OfferRefused refused;
  refused.id = in.number<OfferId>();
  const auto why = in.number<std::uint8_t>();
  if (why > static_cast<std::uint8_t>(Refusal::withdrawn)) in.fail();
  refused.why = static_cast<Refusal>(why);
  refused.text = read_text(in);
  return refused;
}

Result<Message> read_offer(ByteView body, SecretArena& arena) {
  OctetReader in(body);
  Offer offer;
  offer.id = in.number<OfferId>();
  const ByteView tcp = in.field(kMostTcpOctets);
  const ByteView parcel = in.plain(body.size() - std::min(body.size(), 12 + tcp.size()));
  if (!in.whole() || parcel.empty() || parcel.size() > kMostParcelOctets) {
    return failure("an offer that is not whole came over the link");
  }
  offer.tcp.assign(tcp.begin(), tcp.end());
  auto octets = arena.take(parcel.size());
  if (!octets) return failure("no memory for a session that is offered");
  std::ranges::copy(parcel, octets->data());
  offer.parcel = std::move(*octets);
  return offer;
}

Message read_small(Type type, OctetReader& in) {
  switch (type) {
    case Type::hello:
      return read_hello(in);
    case Type::welcome:
      return read_welcome(in);
    case Type::taken:
      return OfferTaken{in.number<OfferId>()};
    case Type::refused:
      return read_refused(in);
    case Type::released:
      return OfferReleased{in.number<OfferId>()};
    case Type::withdrawn:
      return OfferWithdrawn{in.number<OfferId>()};
    case Type::ended:
      return SessionEnded{in.number<OfferId>()};
    case Type::load:
      return LoadReport{read_load(in)};
    case Type::offer:  // the reader has it apart
    case Type::alive:
      break;
  }
  return Alive{};
}

}  // namespace

std::string describe(const OfferRefused& refused) {
  static constexpr std::array<const char*, 5> kWhy{"the host is full", "the host takes no more",
                                                   "the session is of no use to the host",
                                                   "the host cannot take it", "it was withdrawn"};
  const std::string why = kWhy[static_cast<std::size_t>(refused.why)];
  return refused.text.empty() ? why : why + ": " + refused.text;
}

std::vector<std::byte> encode(const Hello& message) {
  OctetWriter body;
  body.plain(message.host);
  write_text(body, message.program);
  return with_header(Type::hello, std::move(body));
}

std::vector<std::byte> encode(const Welcome& message) {
  OctetWriter body;
  body.plain(message.host);
  write_text(body, message.program);
  body.number(message.most_offers);
  body.number(message.most_octets);
  body.plain(std::as_bytes(std::span(message.address)));
  write(body, message.load);
  return with_header(Type::welcome, std::move(body));
}

std::vector<std::byte> encode(const OfferTaken& message) {
  return about(Type::taken, message.id);
}

std::vector<std::byte> encode(const OfferRefused& message) {
  OctetWriter body;
  body.number(message.id);
  body.number(static_cast<std::uint8_t>(message.why));
  write_text(body, message.text);
  return with_header(Type::refused, std::move(body));
}

std::vector<std::byte> encode(const OfferReleased& message) {
  return about(Type::released, message.id);
}

std::vector<std::byte> encode(const OfferWithdrawn& message) {
  return about(Type::withdrawn, message.id);
}

std::vector<std::byte> encode(const SessionEnded& message) {
  return about(Type::ended, message.id);
}

std::vector<std::byte> encode(const LoadReport& message) {
  OctetWriter body;
  write(body, message.load);
  return with_header(Type::load, std::move(body));
}

std::vector<std::byte> encode(Alive /*message*/) {
  return with_header(Type::alive, {});
}

std::optional<SecretBytes> encode_offer(OfferId id, ByteView tcp, ByteView parcel,
                                        SecretArena& arena) {
  OctetWriter front;
  front.number(static_cast<std::uint8_t>(Type::offer));
  front.number(static_cast<std::uint32_t>(12 + tcp.size() + parcel.size()));
  front.number(id);
  front.field(tcp);
  const std::vector<std::byte> plain = std::move(front).take();
  auto out = arena.take(plain.size() + parcel.size());
  if (!out) return std::nullopt;
  std::ranges::copy(parcel, std::ranges::copy(plain, out->data()).out);
  return out;
}

Result<void> MessageReader::begin_body() {
  OctetReader in(header_);
  const auto type = in.number<std::uint8_t>();
  const auto size = in.number<std::uint32_t>();
  if (type == 0 || type >= kMostBody.size() || size > kMostBody[type]) {
    return failure("what came over the link is no message");
  }
  auto body = arena_.take(size);
  if (!body) return failure("no memory for a message that comes over the link");
  body_ = std::move(*body);
  return {};
}

Result<Message> MessageReader::decode() {
  const auto type = static_cast<Type>(header_[0]);
  if (type == Type::offer) return read_offer(body_.view(), arena_);
  OctetReader in(body_.view());
  Message message = read_small(type, in);
  if (!in.whole()) return failure("a message that is not whole came over the link");
  return message;
}

Result<std::optional<Message>> MessageReader::next(ByteView& octets) {
  const auto take = [&](std::byte* to, std::size_t wanted) {
    const std::size_t count = std::min(wanted, octets.size());
    std::ranges::copy(octets.first(count), to);
    octets = octets.subspan(count);
    have_ += count;
    return count == wanted;
  };
  if (have_ < kHeader) {
    if (!take(header_.data() + have_, kHeader - have_)) return std::nullopt;
    if (auto begun = begin_body(); !begun) return tl::unexpected(std::move(begun.error()));
  }
  const std::size_t filled = have_ - kHeader;
  if (!take(body_.data() + filled, body_.size() - filled)) return std::nullopt;
  auto message = decode();
  body_ = {};
  have_ = 0;
  if (!message) return tl::unexpected(std::move(message.error()));
  return std::optional<Message>(std::move(*message));
}

}  // namespace mooring::server
