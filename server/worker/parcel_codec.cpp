// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/parcel_codec.hpp"

#include <array>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

#include "server/base/octets.hpp"

namespace mooring::server {

namespace {

// Layout, numbers in network order, fields with their length (4) before them:
//   version (1), octets in all (4), flags (1), milliseconds until the idle timeout (8),
//   whole messages received (8), client, listener, and the proxy if there is one: family (1),
//   address (16), port (2) each; fields: TLS, DNS messages held back or cut, unsent answers, unread
//   and unwritten octets of the stream; queries in flight: their number (4), then for each what its
//   OPT record said (1), tag (4) and, as a field, the message; checksum (8).
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kHead = 1 + 4;
constexpr std::size_t kChecksum = 8;
/// In milliseconds: more than is ever configured.
constexpr std::uint64_t kMostIdle = std::uint64_t{1} << 40U;

/// FNV-1a: tells each change of a single octet, and nearly all others. Against accidents; who can
/// change a parcel on purpose has its keys.
std::uint64_t checksum(ByteView octets) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const std::byte octet : octets) {
    sum = (sum ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3;
  }
  return sum;
}

/// Writes to `place`, or only counts when that is null.
class Writer {
 public:
  explicit Writer(std::byte* place) : place_(place) {}

  void number(std::uint64_t value, std::size_t octets) {
    if (std::byte* to = advance(octets)) {
      for (; octets > 0; value >>= 8U) to[--octets] = static_cast<std::byte>(value & 0xffU);
    }
  }
  /// The first one is the lowest bit of an octet.
  void flags(std::initializer_list<bool> all) {
    unsigned octet = 0;
    unsigned bit = 1;
    for (const bool one : all) {
      if (one) octet |= bit;
      bit <<= 1U;
    }
    number(octet, 1);
  }
  void field(ByteView octets) {
    number(octets.size(), 4);
    std::byte* to = advance(octets.size());
    if (to != nullptr && !octets.empty()) std::memcpy(to, octets.data(), octets.size());
  }
  void field(const tlsext::FrozenSession& frozen) {
    number(frozen.encoded_size(), 4);
    if (std::byte* to = advance(frozen.encoded_size())) frozen.encode(to);
  }
  void endpoint(const Endpoint& at) {
    number(at.address.family == IpFamily::v4 ? 4 : 6, 1);
    for (const std::uint8_t octet : at.address.octets) number(octet, 1);
    number(at.port, 2);
  }
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  std::byte* advance(std::size_t octets) {
    written_ += octets;
    return place_ == nullptr ? nullptr : std::exchange(place_, place_ + octets);
  }

  std::byte* place_;
  std::size_t written_ = 0;
};

/// Reads what a Writer has written.
class Reader : public OctetReader {
 public:
  using OctetReader::OctetReader;

  template <std::size_t Count>
  std::array<bool, Count> flags() {
    std::array<bool, Count> out{};
    const unsigned octet = number<std::uint8_t>();
    require(octet >> Count == 0);
    for (std::size_t i = 0; i < Count; ++i) out[i] = (octet >> i & 1U) != 0;
    return out;
  }
  ByteView any_field() { return field(kMostParcelOctets); }
  std::vector<std::byte> octets() {
    const ByteView found = any_field();
    return {found.begin(), found.end()};
  }
  Endpoint endpoint() {
    Endpoint out;
    const auto family = number<std::uint8_t>();
    out.address.family = family == 4 ? IpFamily::v4 : IpFamily::v6;
    for (std::uint8_t& octet : out.address.octets) octet = number<std::uint8_t>();
    out.port = number<std::uint16_t>();
    require((family == 4 || family == 6) && out.address.masked(out.address.width()) == out.address);
    return out;
  }
  /// False for what no Writer writes.
  void require(bool condition) {
    if (!condition) fail();
  }
};

void write(Writer& writer, const ParcelContent& content, std::size_t size) {
  const auto& [tls, exchange, peer, idle_left, asleep] = content.session;
  writer.number(kVersion, 1);
  writer.number(size, 4);
  writer.flags({peer.proxied(), content.stream.ends, exchange.fault == ExchangeFault::malformed,
                exchange.incoming.stopped, asleep});
  writer.number(static_cast<std::uint64_t>(idle_left.count()), 8);
  writer.number(exchange.received, 8);
  writer.endpoint(peer.address);
  writer.endpoint(content.listener);
  if (peer.proxied()) writer.endpoint(*peer.proxy);
  writer.field(tls);
  writer.field(exchange.incoming.unread);
  writer.field(exchange.unsent);
  writer.field(content.stream.unread);
  writer.field(content.stream.unwritten);
  writer.number(exchange.in_flight.size(), 4);
  for (const QueryInFlight& query : exchange.in_flight) {
    const HopOptions& asked = query.context.asked;
    writer.flags({asked.present, asked.dnssec_ok, asked.padding, asked.tcp_keepalive});
    writer.number(query.context.tag, 4);
    writer.field(query.message);
  }
}

void read_queries(Reader& reader, SessionSnapshot& session) {
  for (auto left = reader.number<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
    const auto [present, dnssec_ok, padding, keepalive] = reader.flags<4>();
    QueryInFlight query;
    query.context = {session.peer.address,
                     QueryTransport::tls,
                     {present, dnssec_ok, padding, keepalive},
                     reader.number<std::uint32_t>()};
    query.message = reader.octets();
    reader.require(query.message.size() >= kDnsHeaderSize &&
                   query.message.size() <= kMaxDnsMessage);
    session.exchange.in_flight.push_back(std::move(query));
  }
}

/// All but TLS, whose octets it returns.
ByteView read(Reader& reader, ParcelContent& content) {
  auto& [tls, exchange, peer, idle_left, asleep] = content.session;
  const auto [proxied, ends, malformed, stopped, sleeps] = reader.flags<5>();
  asleep = sleeps;
  const auto left = reader.number<std::uint64_t>();
  reader.require(left <= kMostIdle);
  idle_left = Milliseconds(left);
  exchange.received = reader.number<std::uint64_t>();
  peer.address = reader.endpoint();
  content.listener = reader.endpoint();
  if (proxied) peer.proxy = reader.endpoint();
  const ByteView frozen = reader.any_field();
  exchange.incoming = {reader.octets(), stopped};
  exchange.unsent = reader.octets();
  exchange.fault = malformed ? ExchangeFault::malformed : ExchangeFault::none;
  content.stream.unread = reader.octets();
  content.stream.unwritten = reader.octets();
  content.stream.ends = ends;
  read_queries(reader, content.session);
  return frozen;
}

}  // namespace

Result<SecretBytes> pack(const ParcelContent& content, SecretArena& arena) {
  Writer counting(nullptr);
  write(counting, content, 0);
  const std::size_t size = counting.written() + kChecksum;
  if (size > kMostParcelOctets) return failure("a session of too many octets");
  auto out = arena.take(size);
  if (!out) return failure("no memory for a session's octets");
  Writer writer(out->data());
  write(writer, content, size);
  writer.number(checksum(out->view().first(size - kChecksum)), kChecksum);
  return std::move(*out);
}

Result<ParcelContent> unpack(ByteView octets, tlsext::SecretMemory& keys) {
  if (octets.size() < kHead + kChecksum) return failure("a parcel is cut");
  if (octets.size() > kMostParcelOctets) return failure("a parcel is too big");
  OctetReader head(octets);
  if (head.number<std::uint8_t>() != kVersion) return failure("a parcel is of another version");
  if (head.number<std::uint32_t>() != octets.size()) return failure("a parcel is not whole");
  OctetReader tail(octets.last(kChecksum));
  const ByteView summed = octets.first(octets.size() - kChecksum);
  if (tail.number<std::uint64_t>() != checksum(summed)) return failure("a parcel is damaged");
  ParcelContent out;
  Reader reader(summed.subspan(kHead));
  const ByteView frozen = read(reader, out);
  if (!reader.whole()) return failure("a parcel is not whole");
  auto tls = tlsext::FrozenSession::decode(frozen, keys);
  if (!tls) return failure(std::move(tls.error().context));
  out.session.tls = std::move(*tls);
  return out;
}

}  // namespace mooring::server
