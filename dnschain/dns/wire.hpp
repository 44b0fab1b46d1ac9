// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// Reads big-endian integers and runs of octets from a buffer without ever passing its end. A read
/// that would pass the end gives nothing and leaves the reader where it was. Keeps a view of the
/// buffer, which must outlive it.
class WireReader {
 public:
  explicit WireReader(ByteView data) : data_(data) {}

  [[nodiscard]] std::size_t remaining() const { return data_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool empty() const { return remaining() == 0; }

  [[nodiscard]] std::optional<std::uint8_t> u8();
  [[nodiscard]] std::optional<std::uint16_t> u16();
  [[nodiscard]] std::optional<std::uint32_t> u32();
  [[nodiscard]] std::optional<ByteView> take(std::size_t count);

 private:
  ByteView data_;
  std::size_t at_ = 0;
};

/// Appends to a buffer that it borrows.
class WireWriter {
 public:
  explicit WireWriter(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void append(ByteView octets);

 private:
  Bytes& out_;
};

}  // namespace mooring::dnschain
