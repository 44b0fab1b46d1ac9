// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/message.hpp"

#include <algorithm>

#include "dnschain/dns/rdata.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxName = 255;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kTruncated = 0x0200;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kCheckingDisabled = 0x0010;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kExtendedErrorOption = 15;
constexpr std::uint16_t kUdpSize = 1232;  // means nothing over TCP
constexpr std::uint32_t kDnssecOk = 0x8000;

tl::unexpected<Error> bad(std::string why) {
  return tl::unexpected(Error{ErrorCode::malformed, "DNS message: " + std::move(why)});
}

std::uint16_t peek_u16(ByteView data, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(data[at]) << 8 |
                                    std::to_integer<unsigned>(data[at + 1]));
}

/// A place in a message that names may be read from. Names are expanded; a pointer must lead
/// towards the front of where the name began, so that every chain of pointers ends.
class Cursor {
 public:
  Cursor(ByteView message, std::size_t at, std::size_t end)
      : message_(message), at_(at), end_(end) {}

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return end_ - at_; }

  std::optional<std::uint16_t> u16() {
    const auto octets = take(2);
    if (!octets) return std::nullopt;
    return peek_u16(*octets, 0);
  }
  std::optional<std::uint32_t> u32() {
    const auto octets = take(4);
    if (!octets) return std::nullopt;
    return std::uint32_t{peek_u16(*octets, 0)} << 16 | peek_u16(*octets, 2);
  }
  std::optional<ByteView> take(std::size_t count) {
    if (count > remaining()) return std::nullopt;
    at_ += count;
    return message_.subspan(at_ - count, count);
  }
  std::optional<Name> name();

 private:
  ByteView message_;
  std::size_t at_;
  std::size_t end_;
};

std::optional<Name> Cursor::name() {
  Bytes wire;
  std::size_t at = at_;
  std::size_t end = end_;
  std::size_t lowest = at_;
  bool jumped = false;
  while (true) {
    if (at >= end) return std::nullopt;
    const auto length = std::to_integer<std::size_t>(message_[at]);
    if (length >= 0xc0) {
      if (at + 2 > end) return std::nullopt;
      const std::size_t target = peek_u16(message_, at) & 0x3fffU;
      if (target >= lowest) return std::nullopt;
      if (!jumped) at_ = at + 2;
      jumped = true;
      lowest = at = target;
      end = message_.size();
      continue;
    }
    if (length > 63 || at + 1 + length > end) return std::nullopt;
    const ByteView label = message_.subspan(at, length + 1);
    wire.insert(wire.end(), label.begin(), label.end());
    if (wire.size() > kMaxName) return std::nullopt;
    at += length + 1;
    if (length == 0) break;
  }
  if (!jumped) at_ = at;
  WireReader reader(wire);
  return Name::read(reader);
}

/// How the RDATA of a type is built, as far as names go.
struct Layout {
  RrType type;
  std::size_t before;  ///< octets before the first name
  std::size_t names;
};

/// RFC 3597, 4: names in the RDATA of RFC 1035's types may be compressed. In RRSIG, NSEC and DNAME
/// they must not be, but were by early servers, and reading both does no harm.
constexpr Layout kLayouts[] = {
    {RrType::ns, 0, 1},     {RrType::cname, 0, 1}, {RrType::soa, 0, 2}, {RrType::dname, 0, 1},
    {RrType::rrsig, 18, 1}, {RrType::nsec, 0, 1},  {RrType::ds, 0, 0},  {RrType::dnskey, 0, 0},
    {RrType::nsec3, 0, 0},  {RrType::tlsa, 0, 0},
};

const Layout* layout_of(std::uint16_t type) {
  const auto found = std::ranges::find(kLayouts, static_cast<RrType>(type), &Layout::type);
  return found == std::end(kLayouts) ? nullptr : found;
}

std::optional<Bytes> expand_rdata(Cursor rdata, const Layout& layout) {
  const auto before = rdata.take(layout.before);
  if (!before) return std::nullopt;
  Bytes out(before->begin(), before->end());
  for (std::size_t i = 0; i < layout.names; ++i) {
    const auto name = rdata.name();
    if (!name) return std::nullopt;
    out.insert(out.end(), name->wire().begin(), name->wire().end());
  }
  const auto rest = rdata.take(rdata.remaining());
  out.insert(out.end(), rest->begin(), rest->end());
  return out;
}

/// A record whose RDATA is still as in the message.
struct RawRecord {
  Name owner;
  std::uint16_t type = 0;
  std::uint16_t rr_class = 0;
  std::uint32_t ttl = 0;
  std::size_t rdata_at = 0;
  std::size_t rdata_length = 0;
};

std::optional<RawRecord> read_raw(Cursor& cursor) {
  RawRecord raw;
  auto owner = cursor.name();
  const auto type = cursor.u16();
  const auto rr_class = cursor.u16();
  const auto ttl = cursor.u32();
  const auto length = cursor.u16();
  if (!owner || !type || !rr_class || !ttl || !length) return std::nullopt;
  raw.rdata_at = cursor.position();
  if (!cursor.take(*length)) return std::nullopt;
  raw.owner = std::move(*owner);
  raw.type = *type;
  raw.rr_class = *rr_class;
  raw.ttl = *ttl;
  raw.rdata_length = *length;
  return raw;
}

bool read_section(ByteView octets, Cursor& cursor, std::size_t count, std::vector<Record>& out) {
  for (std::size_t i = 0; i < count; ++i) {
    auto raw = read_raw(cursor);
    if (!raw) return false;
    const Layout* layout = layout_of(raw->type);
    if (layout == nullptr || raw->rr_class != kClassIn) continue;
    auto rdata =
        expand_rdata(Cursor(octets, raw->rdata_at, raw->rdata_at + raw->rdata_length), *layout);
    if (!rdata) return false;
    const std::uint32_t ttl = raw->ttl > 0x7fffffffU ? 0 : raw->ttl;
    out.push_back({std::move(raw->owner), static_cast<RrType>(raw->type), raw->rr_class, ttl,
                   std::move(*rdata)});
  }
  return true;
}

/// The text of an Extended DNS Error comes from the resolver: only plain characters are kept.
std::string read_extended_error(ByteView value) {
  std::string out = "code " + std::to_string(peek_u16(value, 0));
  if (value.size() > 2) out += ": ";
  for (const std::byte octet : value.subspan(2, std::min<std::size_t>(value.size() - 2, 120))) {
    const char c = static_cast<char>(octet);
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out;
}

void read_opt(const RawRecord& raw, ByteView octets, Message& message) {
  const auto upper = static_cast<std::uint16_t>((raw.ttl >> 24) << 4);
  message.rcode = static_cast<Rcode>(static_cast<std::uint16_t>(message.rcode) | upper);
  Cursor options(octets, raw.rdata_at, raw.rdata_at + raw.rdata_length);
  while (options.remaining() > 0) {
    const auto code = options.u16();
    const auto length = options.u16();
    const auto value = length ? options.take(*length) : std::nullopt;
    if (!value) return;
    if (*code == kExtendedErrorOption && value->size() >= 2 && message.extended_error.empty())
      message.extended_error = read_extended_error(*value);
  }
}

bool read_additional(ByteView octets, Cursor& cursor, std::size_t count, Message& message) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto raw = read_raw(cursor);
    if (!raw) return false;
    if (raw->type == static_cast<std::uint16_t>(RrType::opt)) read_opt(*raw, octets, message);
  }
  return true;
}

}  // namespace

std::string to_text(const Question& question) {
  return question.owner.text() + " " + to_text(question.type);
}

Bytes encode_query(const Question& question, std::uint16_t id) {
  Bytes out;
  WireWriter writer(out);
  writer.u16(id);
  const auto checking = question.checking_disabled ? kCheckingDisabled : std::uint16_t{0};
  writer.u16(static_cast<std::uint16_t>(kRecursionDesired | checking));
  writer.u16(1);
  writer.u16(0);
  writer.u16(0);
  writer.u16(1);
  writer.append(question.owner.wire());
  writer.u16(static_cast<std::uint16_t>(question.type));
  writer.u16(kClassIn);
  writer.append(Name().wire());
  writer.u16(static_cast<std::uint16_t>(RrType::opt));
  writer.u16(kUdpSize);
  writer.u32(kDnssecOk);
  writer.u16(0);
  return out;
}

Result<Message> parse_response(ByteView octets) {
  if (octets.size() < kHeader) return bad("shorter than a header");
  Cursor cursor(octets, kHeader, octets.size());
  const std::uint16_t flags = peek_u16(octets, 2);
  if ((flags & kResponse) == 0) return bad("it is a query, not a response");
  if ((flags & kOpcodeMask) != 0) return bad("its opcode is not QUERY");
  Message message;
  message.id = peek_u16(octets, 0);
  message.truncated = (flags & kTruncated) != 0;
  message.rcode = static_cast<Rcode>(flags & 0xf);
  const std::uint16_t questions = peek_u16(octets, 4);
  if (questions != 1 && (questions != 0 || message.rcode == Rcode::no_error))
    return bad("it does not hold exactly one question");
  if (questions == 1) {
    auto owner = cursor.name();
    const auto type = cursor.u16();
    const auto rr_class = cursor.u16();
    if (!owner || !type || rr_class != kClassIn) return bad("its question is not well-formed");
    message.question = Question{std::move(*owner), static_cast<RrType>(*type)};
  }
  if (!read_section(octets, cursor, peek_u16(octets, 6), message.answer))
    return bad("its answer section is not well-formed");
  if (!read_section(octets, cursor, peek_u16(octets, 8), message.authority))
    return bad("its authority section is not well-formed");
  if (!read_additional(octets, cursor, peek_u16(octets, 10), message))
    return bad("its additional section is not well-formed");
  return message;
}

}  // namespace mooring::dnschain
