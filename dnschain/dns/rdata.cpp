// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/rdata.hpp"

#include <ldns/ldns.h>

#include "dnschain/dns/ldns_ptr.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::size_t kMaxWindow = 32;

ByteView rest_of(WireReader& reader) {
  return *reader.take(reader.remaining());
}

std::optional<ByteView> counted_octets(WireReader& reader) {
  const auto length = reader.u8();
  return length ? reader.take(*length) : std::nullopt;
}

bool is_soa(ByteView rdata) {
  WireReader reader(rdata);
  return Name::read(reader) && Name::read(reader) && reader.remaining() == 20;
}

}  // namespace

std::optional<TypeBitmap> TypeBitmap::parse(ByteView octets) {
  WireReader reader(octets);
  int last_window = -1;
  while (!reader.empty()) {
    const auto window = reader.u8();
    const auto bits = counted_octets(reader);
    if (!bits || bits->empty() || bits->size() > kMaxWindow || *window <= last_window)
      return std::nullopt;
    last_window = *window;
  }
  return TypeBitmap(octets);
}

bool TypeBitmap::has(RrType type) const {
  const auto number = static_cast<std::uint16_t>(type);
  const std::size_t octet = (number & 0xff) / 8;
  WireReader reader(octets_);
  while (!reader.empty()) {
    const auto window = reader.u8();
    const auto bits = counted_octets(reader);
    if (!bits) return false;
    if (*window != number >> 8) continue;
    return octet < bits->size() &&
           (std::to_integer<unsigned>((*bits)[octet]) & (0x80U >> (number & 7))) != 0;
  }
  return false;
}

std::optional<RrsigData> parse_rrsig(ByteView rdata) {
  WireReader reader(rdata);
  if (reader.remaining() < 18) return std::nullopt;
  RrsigData data;
  data.covered = RrType{*reader.u16()};
  data.algorithm = *reader.u8();
  data.labels = *reader.u8();
  data.original_ttl = *reader.u32();
  data.expiration = *reader.u32();
  data.inception = *reader.u32();
  data.key_tag = *reader.u16();
  auto signer = Name::read(reader);
  if (!signer || reader.empty()) return std::nullopt;
  data.signer = std::move(*signer);
  data.signature = rest_of(reader);
  return data;
}

std::optional<DnskeyData> parse_dnskey(ByteView rdata) {
  WireReader reader(rdata);
  if (reader.remaining() < 4) return std::nullopt;
  DnskeyData data;
  data.flags = *reader.u16();
  data.protocol = *reader.u8();
  data.algorithm = *reader.u8();
  data.key = rest_of(reader);
  return data;
}

std::optional<DsData> parse_ds(ByteView rdata) {
  WireReader reader(rdata);
  if (reader.remaining() < 4) return std::nullopt;
  DsData data;
  data.key_tag = *reader.u16();
  data.algorithm = *reader.u8();
  data.digest_type = *reader.u8();
  data.digest = rest_of(reader);
  return data;
}

std::optional<NsecData> parse_nsec(ByteView rdata) {
  WireReader reader(rdata);
  auto next = Name::read(reader);
  if (!next) return std::nullopt;
  const auto types = TypeBitmap::parse(rest_of(reader));
  if (!types) return std::nullopt;
  return NsecData{std::move(*next), *types};
}

std::optional<Nsec3Data> parse_nsec3(ByteView rdata) {
  WireReader reader(rdata);
  if (reader.remaining() < 4) return std::nullopt;
  Nsec3Data data;
  data.algorithm = *reader.u8();
  data.flags = *reader.u8();
  data.iterations = *reader.u16();
  const auto salt = counted_octets(reader);
  const auto next = counted_octets(reader);
  if (!salt || !next || next->empty()) return std::nullopt;
  const auto types = TypeBitmap::parse(rest_of(reader));
  if (!types) return std::nullopt;
  data.salt = *salt;
  data.next = *next;
  data.types = *types;
  return data;
}

std::optional<TlsaData> parse_tlsa(ByteView rdata) {
  WireReader reader(rdata);
  if (reader.remaining() < 3) return std::nullopt;
  TlsaData data;
  data.usage = *reader.u8();
  data.selector = *reader.u8();
  data.matching = *reader.u8();
  data.data = rest_of(reader);
  return data;
}

std::optional<Name> parse_single_name(ByteView rdata) {
  WireReader reader(rdata);
  auto name = Name::read(reader);
  return name && reader.empty() ? std::move(name) : std::nullopt;
}

bool is_well_formed(RrType type, ByteView rdata) {
  switch (type) {
    case RrType::ns:
    case RrType::cname:
    case RrType::dname:
      return parse_single_name(rdata).has_value();
    case RrType::soa:
      return is_soa(rdata);
    case RrType::ds:
      return parse_ds(rdata).has_value();
    case RrType::rrsig:
      return parse_rrsig(rdata).has_value();
    case RrType::nsec:
      return parse_nsec(rdata).has_value();
    case RrType::dnskey:
      return parse_dnskey(rdata).has_value();
    case RrType::nsec3:
      return parse_nsec3(rdata).has_value();
    case RrType::tlsa:
      return parse_tlsa(rdata).has_value();
    default:
      return true;
  }
}

std::uint16_t key_tag(ByteView dnskey_rdata) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < dnskey_rdata.size(); ++i) {
    const auto octet = std::to_integer<std::uint32_t>(dnskey_rdata[i]);
    sum += i % 2 == 0 ? octet << 8 : octet;
  }
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

std::string to_text(RrType type) {
  const LdnsText text(ldns_rr_type2str(static_cast<ldns_rr_type>(type)));
  return text ? text.get() : "TYPE" + std::to_string(static_cast<unsigned>(type));
}

}  // namespace mooring::dnschain
