// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/state_file.hpp"

#include <string_view>

#include "dnschain/dns/stored.hpp"
#include "dnschain/dns/wire.hpp"
#include "dnschain/keep/sealed_file.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::string_view kMagic = "mooring state\n\x1a\x04";  // no text file has this
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kFirstWithHistory = 2;
constexpr std::size_t kMaxRecords = 65536;
tl::unexpected<Error> bad(std::string why) {
  return tl::unexpected(Error{ErrorCode::malformed, std::move(why)});
}

void write_history(const std::vector<SeenTlsa>& history, WireWriter& writer) {
  writer.u16(static_cast<std::uint16_t>(history.size()));
  for (const SeenTlsa& seen : history) {
    writer.u32(static_cast<std::uint32_t>(seen.ttl.count()));
    for (const WallTime time : {seen.since, seen.last_seen, seen.cached_until})
      write_time(time, writer);
    writer.u16(static_cast<std::uint16_t>(seen.records.size()));
    for (const TlsaRecord& record : seen.records) {
      for (const std::uint8_t field : {record.usage, record.selector, record.matching})
        writer.u8(field);
      writer.u16(static_cast<std::uint16_t>(record.data.size()));
      writer.append(record.data);
    }
  }
}

void write_stored(const StoredService& stored, Bytes& out) {
  WireWriter writer(out);
  write_service(stored.service, writer);
  write_time(stored.pinned_until, writer);
  write_time(stored.fetched, writer);
  Bytes records;
  for (const Record& record : stored.records) write_record(record, records);
  writer.u32(static_cast<std::uint32_t>(records.size()));
  writer.append(records);
  write_history(stored.history, writer);
}

std::optional<TlsaRecord> read_tlsa(WireReader& reader) {
  const auto usage = reader.u8();
  const auto selector = reader.u8();
  const auto matching = reader.u8();
  const auto size = reader.u16();
  if (!usage || !selector || !matching || !size) return std::nullopt;
  TlsaRecord out{*usage, *selector, *matching, {}};
  const auto data = reader.take(*size);
  if (!data) return std::nullopt;
  out.data.assign(data->begin(), data->end());
  return out;
}

std::optional<SeenTlsa> read_seen(WireReader& reader) {
  const auto ttl = reader.u32();
  const auto since = read_time(reader);
  const auto last_seen = read_time(reader);
  const auto cached_until = read_time(reader);
  const auto count = reader.u16();
  if (!ttl || !since || !last_seen || !cached_until || !count) return std::nullopt;
  SeenTlsa out{{}, std::chrono::seconds(*ttl), *since, *last_seen, *cached_until};
  for (std::uint16_t i = 0; i < *count; ++i) {
    auto record = read_tlsa(reader);
    if (!record) return std::nullopt;
    out.records.push_back(std::move(*record));
  }
  return out;
}

Result<std::vector<SeenTlsa>> read_history(WireReader& reader) {
  std::vector<SeenTlsa> out;
  const auto count = reader.u16();
  if (!count) return bad("the count of TLSA RRsets is missing");
  for (std::uint16_t i = 0; i < *count; ++i) {
    auto seen = read_seen(reader);
    if (!seen) return bad("a TLSA RRset is cut");
    out.push_back(std::move(*seen));
  }
  return out;
}

Result<StoredService> read_stored(WireReader& reader, std::uint16_t version) {
  auto service = read_service(reader);
  if (!service) return tl::unexpected(service.error());
  const auto pinned_until = read_time(reader);
  const auto fetched = read_time(reader);
  const auto size = reader.u32();
  const auto octets = size ? reader.take(*size) : std::nullopt;
  if (!pinned_until || !fetched || !octets) return bad("a service is cut");
  auto records = read_records(*octets, kMaxRecords);
  if (!records) return tl::unexpected(records.error());
  StoredService out{std::move(*service), *pinned_until, *fetched, std::move(*records)};
  if (version < kFirstWithHistory) return out;
  auto history = read_history(reader);
  if (!history) return tl::unexpected(history.error());
  out.history = std::move(*history);
  return out;
}

Result<KeeperState> read_services(WireReader& reader, std::uint16_t version) {
  KeeperState state;
  const auto count = reader.u32();
  if (!count) return bad("the count of services is missing");
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto service = read_stored(reader, version);
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
  for (const StoredService& stored : state.services) write_stored(stored, services);
  return seal(kMagic, kVersion, services);
}

Result<KeeperState> decode_state(ByteView octets) {
  const auto sealed = unseal(kMagic, kVersion, octets);
  if (!sealed) return tl::unexpected(sealed.error());
  WireReader content(sealed->content);
  return read_services(content, sealed->version);
}

}  // namespace mooring::dnschain
