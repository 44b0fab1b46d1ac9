// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {

/// A domain name: uncompressed wire form, at most 255 octets, labels of at most 63, kept as it came
/// (case included). Compares without regard to ASCII case, in canonical order (RFC 4034, 6.1).
class Name {
 public:
  /// The root.
  Name();

  /// From text in presentation form, with or without the final dot; escapes as in RFC 1035, 5.1.
  [[nodiscard]] static Result<Name> parse(std::string_view text);

  /// Reads one uncompressed name; a compression pointer is an error. On failure the reader's
  /// position is unspecified.
  [[nodiscard]] static std::optional<Name> read(WireReader& reader);

  [[nodiscard]] ByteView wire() const { return wire_; }
  /// Presentation form with the final dot, special octets escaped.
  [[nodiscard]] std::string text() const;
  /// The number of labels, the root's empty one not counted. A leading "*" counts.
  [[nodiscard]] std::size_t labels() const;
  [[nodiscard]] bool is_root() const { return wire_.size() == 1; }
  [[nodiscard]] bool is_wildcard() const;

  /// The name without its first `count` labels (count <= labels()).
  [[nodiscard]] Name without_first(std::size_t count) const;
  [[nodiscard]] Name parent() const { return without_first(1); }
  /// `label` in front of this name; nothing when the result would be too long or the label is not
  /// 1 to 63 octets.
  [[nodiscard]] std::optional<Name> with_label(std::string_view label) const;
  /// This name or one below `ancestor`.
  [[nodiscard]] bool is_at_or_below(const Name& ancestor) const;
  [[nodiscard]] bool is_below(const Name& ancestor) const;
  /// This name, which is at or below `from`, moved to below `to` (RFC 6672, 2.2); nothing when the
  /// result would be too long.
  [[nodiscard]] std::optional<Name> moved(const Name& from, const Name& to) const;
  /// All ASCII letters lower-cased (RFC 4034, 6.2).
  [[nodiscard]] Name lower() const;

  friend bool operator==(const Name& a, const Name& b);
  friend std::strong_ordering operator<=>(const Name& a, const Name& b);

 private:
  explicit Name(Bytes wire) : wire_(std::move(wire)) {}

  Bytes wire_;
};

}  // namespace mooring::dnschain
