// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/name.hpp"

#include <algorithm>
#include <array>

namespace mooring::dnschain {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxLabels = 127;

std::byte lowered(std::byte octet) {
  const auto c = std::to_integer<unsigned char>(octet);
  return c >= 'A' && c <= 'Z' ? std::byte{static_cast<unsigned char>(c + 32)} : octet;
}

std::size_t label_length(ByteView wire, std::size_t at) {
  return std::to_integer<std::size_t>(wire[at]);
}

/// Offsets of the labels, first to last, the root's left out.
struct Labels {
  std::array<std::uint8_t, kMaxLabels> offset;
  std::size_t count = 0;

  explicit Labels(ByteView wire) {
    for (std::size_t at = 0; label_length(wire, at) != 0; at += label_length(wire, at) + 1)
      offset[count++] = static_cast<std::uint8_t>(at);
  }
};

std::strong_ordering compare_label(ByteView a, ByteView b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto order = lowered(a[i]) <=> lowered(b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

bool equal_ignoring_case(ByteView a, ByteView b) {
  return std::ranges::equal(a, b, {}, lowered, lowered);
}

/// Reads one octet of a label in presentation form: a plain one, "\X" or "\DDD".
std::optional<std::uint8_t> read_character(std::string_view text, std::size_t& at) {
  const auto byte_at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text[at] != '\\') return byte_at(at++);
  if (++at >= text.size()) return std::nullopt;
  const auto digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  if (!digit(at)) return byte_at(at++);
  if (!digit(at + 1) || !digit(at + 2)) return std::nullopt;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  if (value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace

Name::Name() : wire_(1, std::byte{0}) {}

Result<Name> Name::parse(std::string_view text) {
  const auto bad = [&](const char* why) {
    return tl::unexpected(
        Error{ErrorCode::malformed, "'" + std::string(text) + "' is not a domain name: " + why});
  };
  if (text == ".") return Name();
  if (text.empty()) return bad("it is empty");
  Bytes wire{std::byte{0}};
  std::size_t length_at = 0;
  const auto end_label = [&] {
    const std::size_t length = wire.size() - length_at - 1;
    if (length == 0 || length > kMaxLabel) return false;
    wire[length_at] = std::byte{static_cast<unsigned char>(length)};
    length_at = wire.size();
    wire.push_back(std::byte{0});
    return true;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '.') {
      if (!end_label()) return bad("a label is empty or longer than 63 octets");
      ++at;
      continue;
    }
    const auto octet = read_character(text, at);
    if (!octet) return bad("an escape is incomplete");
    wire.push_back(std::byte{*octet});
    if (wire.size() > kMaxName) return bad("it is longer than 255 octets");
  }
  if (wire.size() - length_at > 1 && !end_label()) return bad("a label is longer than 63 octets");
  if (wire.size() > kMaxName) return bad("it is longer than 255 octets");
  return Name(std::move(wire));
}

std::optional<Name> Name::read(WireReader& reader) {
  Bytes wire;
  while (true) {
    const auto length = reader.u8();
    if (!length || *length > kMaxLabel) return std::nullopt;
    const auto label = reader.take(*length);
    if (!label || wire.size() + 1 + *length > kMaxName) return std::nullopt;
    wire.push_back(std::byte{*length});
    wire.insert(wire.end(), label->begin(), label->end());
    if (*length == 0) return Name(std::move(wire));
  }
}

std::string Name::text() const {
  if (is_root()) return ".";
  std::string out;
  for (std::size_t at = 0; label_length(wire_, at) != 0;) {
    const std::size_t end = at + 1 + label_length(wire_, at);
    for (++at; at < end; ++at) {
      const auto c = std::to_integer<unsigned char>(wire_[at]);
      if (c <= 0x20 || c >= 0x7f) {
        const std::string digits = std::to_string(c);
        out += '\\' + std::string(3 - digits.size(), '0') + digits;
        continue;
      }
      if (std::string_view(".\\\"();@$").find(static_cast<char>(c)) != std::string_view::npos)
        out += '\\';
      out += static_cast<char>(c);
    }
    out += '.';
  }
  return out;
}

std::size_t Name::labels() const {
  return Labels(wire_).count;
}

bool Name::is_wildcard() const {
  return wire_.size() > 2 && wire_[0] == std::byte{1} && wire_[1] == std::byte{'*'};
}

Name Name::without_first(std::size_t count) const {
  std::size_t at = 0;
  for (; count > 0 && label_length(wire_, at) != 0; --count) at += label_length(wire_, at) + 1;
  return Name(Bytes(wire_.begin() + static_cast<std::ptrdiff_t>(at), wire_.end()));
}

std::optional<Name> Name::with_label(std::string_view label) const {
  if (label.empty() || label.size() > kMaxLabel || wire_.size() + label.size() + 1 > kMaxName)
    return std::nullopt;
  Bytes wire{std::byte{static_cast<unsigned char>(label.size())}};
  const auto octets = std::as_bytes(std::span(label));
  wire.insert(wire.end(), octets.begin(), octets.end());
  wire.insert(wire.end(), wire_.begin(), wire_.end());
  return Name(std::move(wire));
}

bool Name::is_at_or_below(const Name& ancestor) const {
  const std::size_t mine = labels();
  const std::size_t theirs = ancestor.labels();
  return mine >= theirs && without_first(mine - theirs) == ancestor;
}

bool Name::is_below(const Name& ancestor) const {
  return labels() > ancestor.labels() && is_at_or_below(ancestor);
}

std::optional<Name> Name::moved(const Name& from, const Name& to) const {
  const std::size_t prefix = wire_.size() - from.wire_.size();
  if (prefix + to.wire_.size() > kMaxName) return std::nullopt;
  Bytes wire(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(prefix));
  wire.insert(wire.end(), to.wire_.begin(), to.wire_.end());
  return Name(std::move(wire));
}

Name Name::lower() const {
  Bytes wire = wire_;
  std::ranges::transform(wire, wire.begin(), lowered);
  return Name(std::move(wire));
}

bool operator==(const Name& a, const Name& b) {
  // Length octets are below 'A', so lower-casing leaves them alone.
  return equal_ignoring_case(a.wire_, b.wire_);
}

std::strong_ordering operator<=>(const Name& a, const Name& b) {
  const Labels left(a.wire_);
  const Labels right(b.wire_);
  const auto label = [](const Name& name, const Labels& labels, std::size_t from_the_right) {
    const std::size_t at = labels.offset[labels.count - from_the_right];
    return ByteView(name.wire_).subspan(at + 1, label_length(name.wire_, at));
  };
  for (std::size_t i = 1; i <= std::min(left.count, right.count); ++i) {
    const auto order = compare_label(label(a, left, i), label(b, right, i));
    if (order != 0) return order;
  }
  return left.count <=> right.count;
}

}  // namespace mooring::dnschain
