// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/serialiser.hpp"

#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

// The shortest record: the root as owner, no RDATA.
constexpr std::size_t kMaxRecords = 0xffff / 11;

}  // namespace

Bytes serialise(const ExtensionBody& body) {
  Bytes chain;
  for (const Record& record : body.records) write_record(record, chain);
  Bytes out;
  out.reserve(chain.size() + 4);
  WireWriter writer(out);
  writer.u16(static_cast<std::uint16_t>(body.support_lifetime.count()));
  if (body.prefix == ChainPrefix::present) writer.u16(static_cast<std::uint16_t>(chain.size()));
  writer.append(chain);
  return out;
}

Result<ExtensionBody> parse_extension_body(ByteView octets) {
  WireReader reader(octets);
  const auto lifetime = reader.u16();
  if (!lifetime || reader.empty())
    return tl::unexpected(Error{ErrorCode::malformed, "the extension ends before its chain"});
  ExtensionBody body;
  body.support_lifetime = std::chrono::hours(*lifetime);
  const ByteView chain = octets.subspan(reader.position());
  // The prefixed form first: a prefixed chain can also be read as a bare one whose first owner has
  // swallowed the length, but not the other way round in practice.
  const auto length = reader.u16();
  if (length && *length == reader.remaining() && *length > 0) {
    if (auto records = read_records(chain.subspan(2), kMaxRecords)) {
      body.records = std::move(*records);
      body.prefix = ChainPrefix::present;
      return body;
    }
  }
  auto records = read_records(chain, kMaxRecords);
  if (!records) return tl::unexpected(std::move(records.error()));
  body.records = std::move(*records);
  return body;
}

}  // namespace mooring::dnschain
