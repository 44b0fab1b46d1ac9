// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

template <class Integer>
Integer big_endian(ByteView octets) {
  std::uint64_t value = 0;
  for (const std::byte octet : octets) value = value << 8 | std::to_integer<std::uint64_t>(octet);
  return static_cast<Integer>(value);
}

template <class Integer>
std::optional<Integer> read(WireReader& reader) {
  const auto octets = reader.take(sizeof(Integer));
  if (!octets) return std::nullopt;
  return big_endian<Integer>(*octets);
}

}  // namespace

std::optional<std::uint8_t> WireReader::u8() {
  return read<std::uint8_t>(*this);
}
std::optional<std::uint16_t> WireReader::u16() {
  return read<std::uint16_t>(*this);
}
std::optional<std::uint32_t> WireReader::u32() {
  return read<std::uint32_t>(*this);
}

std::optional<ByteView> WireReader::take(std::size_t count) {
  if (count > remaining()) return std::nullopt;
  const ByteView taken = data_.subspan(at_, count);
  at_ += count;
  return taken;
}

void WireWriter::u8(std::uint8_t value) {
  out_.push_back(std::byte{value});
}

void WireWriter::u16(std::uint16_t value) {
  u8(static_cast<std::uint8_t>(value >> 8));
  u8(static_cast<std::uint8_t>(value & 0xff));
}

void WireWriter::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16));
  u16(static_cast<std::uint16_t>(value & 0xffff));
}

void WireWriter::append(ByteView octets) {
  out_.insert(out_.end(), octets.begin(), octets.end());
}

}  // namespace mooring::dnschain
