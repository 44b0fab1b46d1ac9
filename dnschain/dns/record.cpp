// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/record.hpp"

#include <ldns/ldns.h>

#include "dnschain/base/hex.hpp"
#include "dnschain/dns/ldns_ptr.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

/// RDATA of a type without a presentation form of its own (RFC 3597, 5).
std::string generic_text(ByteView rdata) {
  return "\\# " + std::to_string(rdata.size()) + (rdata.empty() ? "" : " ") + to_hex(rdata);
}

std::string head_text(const Record& record) {
  const std::string rr_class =
      record.rr_class == 1 ? "IN" : "CLASS" + std::to_string(record.rr_class);
  return record.owner.text() + ' ' + std::to_string(record.ttl) + ' ' + rr_class + ' ' +
         to_text(record.type) + ' ';
}

/// RDATA as ldns writes it; empty when ldns cannot make sense of it.
std::string rdata_text(const Record& record) {
  // A record with the shortest owner, so that the owner's form does not matter.
  Bytes wire;
  write_record(Record{Name(), record.type, record.rr_class, 0, record.rdata}, wire);
  ldns_rr* raw = nullptr;
  std::size_t at = 0;
  const auto status = ldns_wire2rr(&raw, reinterpret_cast<const std::uint8_t*>(wire.data()),
                                   wire.size(), &at, LDNS_SECTION_ANSWER);
  const LdnsRr rr(raw);
  if (status != LDNS_STATUS_OK || at != wire.size()) return {};
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr.get()); ++i) {
    const LdnsText field(ldns_rdf2str(ldns_rr_rdf(rr.get(), i)));
    if (!field) return {};
    if (!text.empty() && text.back() != ' ') text += ' ';
    text += field.get();
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

tl::unexpected<Error> malformed(std::size_t number, const std::string& what) {
  return tl::unexpected(
      Error{ErrorCode::malformed, "record " + std::to_string(number) + ": " + what});
}

/// Reads one record; `number` is its place, counted from 1, for the error.
Result<Record> read_record(WireReader& reader, std::size_t number) {
  auto owner = Name::read(reader);
  if (!owner) return malformed(number, "its owner is cut, too long or compressed");
  if (reader.remaining() < 10) return malformed(number, "it is cut after its owner");
  Record record;
  record.owner = std::move(*owner);
  record.type = RrType{*reader.u16()};
  record.rr_class = *reader.u16();
  record.ttl = *reader.u32();
  const std::size_t length = *reader.u16();
  const auto rdata = reader.take(length);
  const std::string what = record.owner.text() + ' ' + to_text(record.type);
  if (!rdata) return malformed(number, what + " ends before its RDATA does");
  if (!is_well_formed(record.type, *rdata)) return malformed(number, what + " has malformed RDATA");
  record.rdata.assign(rdata->begin(), rdata->end());
  return record;
}

}  // namespace

std::string to_text(const Record& record) {
  const std::string text = rdata_text(record);
  return head_text(record) + (text.empty() ? generic_text(record.rdata) : text);
}

Result<std::vector<Record>> read_records(ByteView octets, std::size_t limit) {
  WireReader reader(octets);
  std::vector<Record> records;
  while (!reader.empty()) {
    if (records.size() == limit)
      return tl::unexpected(
          Error{ErrorCode::limit, "there are more than " + std::to_string(limit) + " records"});
    auto record = read_record(reader, records.size() + 1);
    if (!record) return tl::unexpected(std::move(record.error()));
    records.push_back(std::move(*record));
  }
  return records;
}

void write_record(const Record& record, Bytes& out) {
  WireWriter writer(out);
  writer.append(record.owner.wire());
  writer.u16(static_cast<std::uint16_t>(record.type));
  writer.u16(record.rr_class);
  writer.u32(record.ttl);
  writer.u16(static_cast<std::uint16_t>(record.rdata.size()));
  writer.append(record.rdata);
}

}  // namespace mooring::dnschain
