// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/stored.hpp"

#include <span>

namespace mooring::dnschain {
namespace {

constexpr std::int64_t kLastMoment = std::int64_t{1} << 40;

}  // namespace

void write_time(WallTime time, WireWriter& writer) {
  const auto value = static_cast<std::uint64_t>(time.time_since_epoch().count());
  writer.u32(static_cast<std::uint32_t>(value >> 32));
  writer.u32(static_cast<std::uint32_t>(value & 0xffffffffU));
}

std::optional<WallTime> read_time(WireReader& reader) {
  const auto upper = reader.u32();
  const auto lower = reader.u32();
  if (!upper || !lower) return std::nullopt;
  const auto value = static_cast<std::int64_t>(std::uint64_t{*upper} << 32 | *lower);
  if (value < 0 || value > kLastMoment) return std::nullopt;
  return WallTime(std::chrono::seconds(value));
}

void write_service(const Service& service, WireWriter& writer) {
  const std::string& domain = service.base_domain();
  writer.u16(static_cast<std::uint16_t>(domain.size()));
  writer.append(std::as_bytes(std::span(domain)));
  writer.u16(static_cast<std::uint16_t>(service.port()));
}

Result<Service> read_service(WireReader& reader) {
  const auto length = reader.u16();
  const auto octets = length ? reader.take(*length) : std::nullopt;
  const auto port = reader.u16();
  if (!octets || !port) return tl::unexpected(Error{ErrorCode::malformed, "a service is cut"});
  std::string domain;
  for (const std::byte octet : *octets) domain += static_cast<char>(octet);
  return Service::create(domain, Port{*port});
}

}  // namespace mooring::dnschain
