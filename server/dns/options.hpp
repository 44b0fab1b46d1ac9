// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "server/base/bytes.hpp"
#include "server/dns/wire.hpp"

namespace mooring::server {

/// The type of an OPT record (RFC 6891, 6.1.1).
inline constexpr std::uint16_t kOptType = 41;

/// Offsets from the first octet of an OPT record, its owner being the root (RFC 6891, 6.1.2).
struct OptOffset {
  static constexpr std::size_t type = 1;
  static constexpr std::size_t payload = 3;
  static constexpr std::size_t upper_rcode = 5;
  static constexpr std::size_t version = 6;
  static constexpr std::size_t flags = 7;
  static constexpr std::size_t length = 9;
  static constexpr std::size_t data = 11;
};
inline constexpr std::byte kDnssecOk{0x80};      ///< in the first octet of the flags (RFC 3225)
inline constexpr std::size_t kOptionHeader = 4;  ///< code and length of an option

enum class OptionCode : std::uint16_t {
  tcp_keepalive = 11,   ///< edns-tcp-keepalive (RFC 7828); for one hop
  padding = 12,         ///< RFC 7830; for one hop
  extended_error = 15,  ///< RFC 8914
};

/// What a message says to its receiver by its OPT record (RFC 6891). In a query: what the answer to
/// it may or should have on the same hop.
struct HopOptions {
  bool present = false;        ///< there is an OPT record
  bool dnssec_ok = false;      ///< its DO bit (RFC 3225)
  bool padding = false;        ///< it has a padding option
  bool tcp_keepalive = false;  ///< it has an edns-tcp-keepalive option

  /// Whether there are options that must not go beyond the hop.
  [[nodiscard]] bool for_one_hop() const { return padding || tcp_keepalive; }
  friend bool operator==(const HopOptions&, const HopOptions&) = default;
};

/// Where the OPT record of a message is, as offsets from the message's first octet, and what it
/// says.
struct OptShape {
  std::uint16_t begin = 0;  ///< its owner name; 0: there is no OPT
  std::uint16_t end = 0;    ///< just after its data
  HopOptions hop;
};

/// Reads the OPT record at [begin, end) of a message: a whole record, owned by the root. False: its
/// data is no row of whole options, and `opt` is unchanged.
[[nodiscard]] inline bool read_opt(ByteView message, std::size_t begin, std::size_t end,
                                   OptShape& opt) {
  bool padding = false;
  bool tcp_keepalive = false;
  for (std::size_t at = begin + OptOffset::data; at < end;) {
    if (end - at < kOptionHeader) return false;
    const auto code = static_cast<OptionCode>(read_u16(message, at));
    const std::size_t size = kOptionHeader + read_u16(message, at + 2);
    if (end - at < size) return false;
    padding = padding || code == OptionCode::padding;
    tcp_keepalive = tcp_keepalive || code == OptionCode::tcp_keepalive;
    at += size;
  }
  const bool dnssec_ok = (message[begin + OptOffset::flags] & kDnssecOk) != std::byte{0};
  opt = {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end),
         HopOptions{true, dnssec_ok, padding, tcp_keepalive}};
  return true;
}

/// The EDNS version (RFC 6891, 6.1.3); 0 where there is no OPT.
[[nodiscard]] unsigned edns_version(ByteView message, const OptShape& opt);

/// Copies a message from one hop to the next: without the options that are for one hop only, and
/// with those of `added`, whole options, behind the others that its OPT has. `place` has space for
/// message.size() + added.size() octets; `added` is empty where there is no OPT. Returns the size
/// of the copy, at most 65535, and changes the place in `opt` to what it has become.
[[nodiscard]] inline std::size_t copy_for_next_hop(ByteView message, OptShape& opt,
                                                   std::byte* place, ByteView added = {});

/// The same where the copy differs from the message.
[[nodiscard]] std::size_t copy_changed(ByteView message, OptShape& opt, std::byte* place,
                                       ByteView added);

// Most messages are copied as they are: that much is in line.
inline std::size_t copy_for_next_hop(ByteView message, OptShape& opt, std::byte* place,
                                     ByteView added) {
  if (opt.hop.for_one_hop() || !added.empty()) return copy_changed(message, opt, place, added);
  std::memcpy(place, message.data(), message.size());
  return message.size();
}

/// Writes an OPT record of ours, option by option, where it fits.
class OptWriter {
 public:
  /// Octets of a record without options.
  static constexpr std::size_t kEmptySize = OptOffset::data;
  /// Octets of an option with so many octets of data.
  [[nodiscard]] static constexpr std::size_t option_size(std::size_t data) {
    return kOptionHeader + data;
  }

  /// Writes the record without options. `rcode` is the whole response code, of which the record
  /// has the upper eight bits.
  OptWriter(std::byte* place, unsigned rcode, bool dnssec_ok);
  /// Adds an option; returns the place for its `size` octets of data.
  [[nodiscard]] std::byte* add(OptionCode code, std::size_t size);

 private:
  std::byte* record_;
  std::size_t options_ = 0;
};

}  // namespace mooring::server
