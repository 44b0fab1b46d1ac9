// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/options.hpp"

#include <cstring>

namespace mooring::server {
namespace {

/// What fits into one UDP datagram nearly everywhere; without meaning on TCP, but it must say
/// something (RFC 6891, 6.2.5).
constexpr std::size_t kUdpPayload = 1232;

bool is_for_one_hop(OptionCode code) {
  return code == OptionCode::tcp_keepalive || code == OptionCode::padding;
}

}  // namespace

unsigned edns_version(ByteView message, const OptShape& opt) {
  return opt.begin == 0 ? 0 : std::to_integer<unsigned>(message[opt.begin + OptOffset::version]);
}

std::size_t copy_changed(ByteView message, OptShape& opt, std::byte* place, ByteView added) {
  const std::size_t data = opt.begin + OptOffset::data;
  std::memcpy(place, message.data(), data);
  std::size_t out = data;
  for (std::size_t at = data; at < opt.end;) {
    const auto code = static_cast<OptionCode>(read_u16(message, at));
    const std::size_t size = OptWriter::option_size(read_u16(message, at + 2));
    if (!is_for_one_hop(code)) {
      std::memcpy(place + out, message.data() + at, size);
      out += size;
    }
    at += size;
  }
  if (!added.empty()) std::memcpy(place + out, added.data(), added.size());
  out += added.size();
  write_u16(place + opt.begin + OptOffset::length, out - data);
  const ByteView rest = message.subspan(opt.end);
  if (!rest.empty()) std::memcpy(place + out, rest.data(), rest.size());
  opt.end = static_cast<std::uint16_t>(out);
  opt.hop.padding = opt.hop.tcp_keepalive = false;
  return out + rest.size();
}

OptWriter::OptWriter(std::byte* place, unsigned rcode, bool dnssec_ok) : record_(place) {
  std::memset(place, 0, kEmptySize);
  write_u16(place + OptOffset::type, kOptType);
  write_u16(place + OptOffset::payload, kUdpPayload);
  place[OptOffset::upper_rcode] = std::byte(rcode >> 4U);
  if (dnssec_ok) place[OptOffset::flags] = kDnssecOk;
}

std::byte* OptWriter::add(OptionCode code, std::size_t size) {
  std::byte* const option = record_ + kEmptySize + options_;
  write_u16(option, static_cast<std::size_t>(code));
  write_u16(option + 2, size);
  options_ += option_size(size);
  write_u16(record_ + OptOffset::length, options_);
  return option + kOptionHeader;
}

}  // namespace mooring::server
