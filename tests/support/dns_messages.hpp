// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mooring::test {

using Octets = std::vector<std::byte>;
using OctetView = std::span<const std::byte>;

/// Writes a DNS message piece by piece; it may well be a wrong one.
class MessageWriter {
 public:
  MessageWriter& u8(unsigned value) {
    octets_.push_back(std::byte(value & 0xffU));
    return *this;
  }
  MessageWriter& u16(unsigned value) { return u8(value >> 8U).u8(value); }
  MessageWriter& u32(unsigned value) { return u16(value >> 16U).u16(value); }
  MessageWriter& header(unsigned id, unsigned flags, unsigned qd, unsigned an = 0, unsigned ns = 0,
                        unsigned ar = 0) {
    return u16(id).u16(flags).u16(qd).u16(an).u16(ns).u16(ar);
  }
  /// "www.example", without escapes; "" is the root.
  MessageWriter& name(std::string_view text) {
    while (!text.empty()) {
      const auto dot = text.find('.');
      const auto label = text.substr(0, dot);
      u8(static_cast<unsigned>(label.size())).raw(label);
      text = dot == std::string_view::npos ? "" : text.substr(dot + 1);
    }
    return u8(0);
  }
  MessageWriter& question(std::string_view owner, unsigned type = 1) {
    return name(owner).u16(type).u16(1);
  }
  /// An OPT record; `options` are whole options, or not.
  MessageWriter& opt(const Octets& options = {}, unsigned version = 0, unsigned flags = 0x8000) {
    u8(0).u16(41).u16(1232).u8(0).u8(version).u16(flags);
    u16(static_cast<unsigned>(options.size()));
    return raw(options);
  }
  MessageWriter& raw(std::string_view text) {
    for (const char c : text) u8(static_cast<unsigned char>(c));
    return *this;
  }
  MessageWriter& raw(OctetView octets) {
    octets_.insert(octets_.end(), octets.begin(), octets.end());
    return *this;
  }
  MessageWriter& fill(std::size_t count) {
    for (; count > 0; --count) u8(0);
    return *this;
  }

  [[nodiscard]] const Octets& octets() const { return octets_; }
  operator Octets() const { return octets_; }  // NOLINT: a message is its octets

 private:
  Octets octets_;
};

inline Octets option(unsigned code, std::size_t length) {
  return MessageWriter().u16(code).u16(static_cast<unsigned>(length)).fill(length);
}

inline Octets join(std::initializer_list<Octets> parts) {
  Octets all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline constexpr unsigned kRd = 0x0100;

/// A plain query with RD set, for type A.
inline Octets query(unsigned id, std::string_view owner, unsigned type = 1) {
  return MessageWriter().header(id, kRd, 1).question(owner, type);
}

/// The same with an OPT record.
inline Octets edns_query(unsigned id, std::string_view owner, const Octets& options = {}) {
  return MessageWriter().header(id, kRd, 1, 0, 0, 1).question(owner).opt(options);
}

/// A name for each number.
inline std::string host_of(unsigned number) {
  return "h" + std::to_string(number) + ".example.net";
}

/// With the length prefix of TCP.
inline Octets framed(const Octets& message) {
  return MessageWriter().u16(static_cast<unsigned>(message.size())).raw(message);
}

inline unsigned u16_at(OctetView octets, std::size_t at) {
  return (std::to_integer<unsigned>(octets[at]) << 8U) | std::to_integer<unsigned>(octets[at + 1]);
}
inline unsigned id_of(OctetView message) {
  return u16_at(message, 0);
}
inline unsigned rcode_of(OctetView message) {
  return u16_at(message, 2) & 0x0fU;
}

/// Cuts a row of messages with prefixes; what is left over at the end is dropped.
inline std::vector<Octets> unframed(OctetView stream) {
  std::vector<Octets> messages;
  while (stream.size() >= 2 && stream.size() - 2 >= u16_at(stream, 0)) {
    const auto message = stream.subspan(2, u16_at(stream, 0));
    messages.emplace_back(message.begin(), message.end());
    stream = stream.subspan(2 + message.size());
  }
  return messages;
}

/// Where the question of a sound query ends.
inline std::size_t question_end(OctetView message) {
  std::size_t at = 12;
  while (message[at] != std::byte{0}) at += 1 + std::to_integer<std::size_t>(message[at]);
  return at + 5;
}

/// The answer that a resolver might give: the question, and one A record with `last` as the last
/// octet of its address.
inline Octets answer_to(OctetView asked, unsigned last = 1, const Octets& more_records = {},
                        unsigned additional = 0) {
  const std::size_t end = question_end(asked);
  MessageWriter answer;
  answer.header(id_of(asked), 0x8180, 1, 1, 0, additional).raw(asked.subspan(12, end - 12));
  answer.u16(0xc00c).u16(1).u16(1).u32(300).u16(4).u8(192).u8(0).u8(2).u8(last);
  return answer.raw(more_records);
}

/// The info code of the extended error in an answer of ours; -1: it has none.
inline int extended_error(OctetView message) {
  if (u16_at(message, 10) != 1) return -1;
  const std::size_t opt = u16_at(message, 4) == 1 ? question_end(message) : 12;
  if (message.size() < opt + 17 || u16_at(message, opt + 11) != 15) return -1;
  return static_cast<int>(u16_at(message, opt + 15));
}

}  // namespace mooring::test
