// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/state_file.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dnschain/wire.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::string_view kMagic = "mooring state\n\x1a\x04";  // no text file has this
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kMaxRecords = 65536;
/// A moment after this (the year 36812) is nonsense, and would overflow what is counted from it.
constexpr std::int64_t kLastMoment = std::int64_t{1} << 40;

using Digest = std::array<std::byte, SHA256_DIGEST_LENGTH>;

Digest digest_of(ByteView octets) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

tl::unexpected<Error> bad(std::string why) {
  return tl::unexpected(Error{ErrorCode::malformed, std::move(why)});
}

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

void write_service(const StoredService& stored, Bytes& out) {
  WireWriter writer(out);
  const std::string& domain = stored.service.base_domain();
  writer.u16(static_cast<std::uint16_t>(domain.size()));
  writer.append(std::as_bytes(std::span(domain)));
  writer.u16(static_cast<std::uint16_t>(stored.service.port()));
  write_time(stored.pinned_until, writer);
  write_time(stored.fetched, writer);
  Bytes records;
  for (const Record& record : stored.records) write_record(record, records);
  writer.u32(static_cast<std::uint32_t>(records.size()));
  writer.append(records);
}

std::optional<std::string> read_string(WireReader& reader) {
  const auto length = reader.u16();
  if (!length) return std::nullopt;
  const auto octets = reader.take(*length);
  if (!octets) return std::nullopt;
  std::string out;
  for (const std::byte octet : *octets) out += static_cast<char>(octet);
  return out;
}

Result<StoredService> read_service(WireReader& reader) {
  const auto domain = read_string(reader);
  const auto port = reader.u16();
  const auto pinned_until = read_time(reader);
  const auto fetched = read_time(reader);
  const auto size = reader.u32();
  const auto octets = size ? reader.take(*size) : std::nullopt;
  if (!domain || !port || !pinned_until || !fetched || !octets) return bad("a service is cut");
  auto service = Service::create(*domain, Port{*port});
  if (!service) return tl::unexpected(service.error());
  auto records = read_records(*octets, kMaxRecords);
  if (!records) return tl::unexpected(records.error());
  return StoredService{std::move(*service), *pinned_until, *fetched, std::move(*records)};
}

Result<KeeperState> read_services(WireReader& reader) {
  KeeperState state;
  const auto count = reader.u32();
  if (!count) return bad("the count of services is missing");
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto service = read_service(reader);
    if (!service) return tl::unexpected(service.error());
    state.services.push_back(std::move(*service));
  }
  if (!reader.empty()) return bad("octets are left over");
  return state;
}

}  // namespace

Bytes encode_state(const KeeperState& state) {
  Bytes services;
  WireWriter(services).u32(static_cast<std::uint32_t>(state.services.size()));
  for (const StoredService& stored : state.services) write_service(stored, services);
  Bytes out;
  WireWriter writer(out);
  writer.append(std::as_bytes(std::span(kMagic)));
  writer.u16(kVersion);
  writer.u32(static_cast<std::uint32_t>(services.size()));
  writer.append(services);
  const Digest digest = digest_of(out);
  writer.append(digest);
  return out;
}

Result<KeeperState> decode_state(ByteView octets) {
  WireReader reader(octets);
  const auto magic = reader.take(kMagic.size());
  if (!magic || !std::ranges::equal(*magic, std::as_bytes(std::span(kMagic))))
    return bad("it is no state file of Mooring's");
  const auto version = reader.u16();
  if (version && *version != kVersion)
    return bad("its version is " + std::to_string(*version) + ", and only " +
               std::to_string(kVersion) + " is known");
  const auto length = reader.u32();
  const auto services = length ? reader.take(*length) : std::nullopt;
  const auto digest = services ? reader.take(sizeof(Digest)) : std::nullopt;
  if (!digest || !reader.empty()) return bad("it is cut, or octets were added");
  const Digest expected = digest_of(octets.first(octets.size() - sizeof(Digest)));
  if (!std::ranges::equal(*digest, expected)) return bad("its checksum is wrong");
  WireReader content(*services);
  return read_services(content);
}

}  // namespace mooring::dnschain
