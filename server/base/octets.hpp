// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/base/bytes.hpp"

namespace mooring::server {

/// Writes a value as octets, piece by piece: numbers in network order, fields with their length (4
/// octets) in front. Not for key material: its memory is moved as it grows, and not wiped.
class OctetWriter {
 public:
  void number(std::unsigned_integral auto value) {
    for (unsigned left = sizeof value; left-- > 0;) {
      octets_.push_back(static_cast<std::byte>(value >> (8 * left) & 0xffU));
    }
  }
  void plain(ByteView octets) {
    const std::size_t before = octets_.size();
    octets_.resize(before + octets.size());
    std::ranges::copy(octets, octets_.begin() + static_cast<std::ptrdiff_t>(before));
  }
  void field(ByteView octets) {
    number(static_cast<std::uint32_t>(octets.size()));
    plain(octets);
  }
  void text(std::string_view value) { field(std::as_bytes(std::span(value))); }
  [[nodiscard]] std::vector<std::byte> take() && { return std::move(octets_); }

 private:
  std::vector<std::byte> octets_;
};

/// Reads what OctetWriter wrote, from whoever claims to have written it. What is not there is read
/// as zero or empty, and whole() is false ever after: to be asked once, at the end.
class OctetReader {
 public:
  /// `octets` outlive the reader and what it gives out.
  explicit OctetReader(ByteView octets) : rest_(octets) {}

  template <std::unsigned_integral T>
  [[nodiscard]] T number() {
    T value = 0;
    for (const std::byte octet : plain(sizeof(T))) {
      value = static_cast<T>(std::uint64_t{value} << 8U | std::to_integer<std::uint64_t>(octet));
    }
    return value;
  }
  /// Exactly `size` octets, or none.
  [[nodiscard]] ByteView plain(std::size_t size) {
    if (rest_.size() < size) {
      fail();
      return {};
    }
    const ByteView out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  /// Of at most `most` octets.
  [[nodiscard]] ByteView field(std::size_t most) {
    const auto size = number<std::uint32_t>();
    if (size <= most) return plain(size);
    fail();
    return {};
  }
  [[nodiscard]] std::string_view text(std::size_t most) {
    const ByteView octets = field(most);
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
  }
  /// For what was read and cannot be.
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether all that was asked for was there, and nothing else.
  [[nodiscard]] bool whole() const { return !failed_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool failed_ = false;
};

}  // namespace mooring::server
