// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/signed_zone.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "dnschain/dns/wire.hpp"

namespace mooring::test {
namespace {

using dnschain::Bytes;
using dnschain::ByteView;
using dnschain::Name;
using dnschain::Record;
using dnschain::RrType;
using dnschain::WireWriter;

constexpr std::uint16_t kKsk = 257;
constexpr std::uint16_t kZsk = 256;

const unsigned char* octets(ByteView view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

Bytes wire_of(const Name& name) {
  return Bytes(name.wire().begin(), name.wire().end());
}

Bytes soa_rdata(const Name& apex) {
  Bytes out = wire_of(apex);
  WireWriter writer(out);
  writer.append(apex.wire());
  for (const std::uint32_t value : {1U, 3600U, 600U, 864000U, 300U}) writer.u32(value);
  return out;
}

std::string base32hex(ByteView hash) {
  std::string out;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const std::byte octet : hash) {
    buffer = (buffer << 8 | std::to_integer<unsigned>(octet)) & 0xfffU;
    for (bits += 8; bits >= 5; bits -= 5)
      out += "0123456789abcdefghijklmnopqrstuv"[buffer >> (bits - 5) & 31U];
  }
  return out;
}

Bytes digest(std::uint8_t type, ByteView data) {
  const std::size_t size = type == 1 ? 20 : type == 4 ? 48 : 32;
  Bytes out(size);
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  if (type == 1)
    SHA1(octets(data), data.size(), to);
  else if (type == 4)
    SHA384(octets(data), data.size(), to);
  else
    SHA256(octets(data), data.size(), to);
  return out;
}

}  // namespace

Bytes type_bitmap(std::vector<RrType> types) {
  std::map<std::uint8_t, Bytes> windows;
  for (const RrType type : types) {
    const auto number = static_cast<std::uint16_t>(type);
    Bytes& bits = windows[static_cast<std::uint8_t>(number >> 8)];
    const std::size_t octet = (number & 0xffU) / 8;
    if (bits.size() <= octet) bits.resize(octet + 1);
    bits[octet] |= static_cast<std::byte>(0x80U >> (number & 7U));
  }
  Bytes out;
  for (const auto& [window, bits] : windows) {
    out.push_back(static_cast<std::byte>(window));
    out.push_back(static_cast<std::byte>(bits.size()));
    out.insert(out.end(), bits.begin(), bits.end());
  }
  return out;
}

std::uint16_t ZoneKeySpec::tag() const {
  const Bytes data = rdata();
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    sum += std::to_integer<std::uint32_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
  return static_cast<std::uint16_t>((sum + (sum >> 16)) & 0xffff);
}

SignedZone::SignedZone(ZoneSpec spec, dnschain::WallTime inception, dnschain::WallTime expiration)
    : spec_(std::move(spec)),
      apex_(Name::parse(spec_.name).value()),
      inception_(inception),
      expiration_(expiration) {
  add(apex_, RrType::soa, soa_rdata(apex_), spec_.ttl);
  add(apex_, RrType::ns, wire_of(Name::parse("ns.invalid.").value()), spec_.ttl);
  if (!spec_.is_signed) return;
  const SigningKey& first = SigningKey::of(spec_.algorithm, spec_.name + " ksk");
  keys.push_back({&first, kKsk, true, spec_.one_key, true});
  if (!spec_.one_key)
    keys.push_back({&SigningKey::of(spec_.algorithm, spec_.name + " zsk"), kZsk, false, true});
  if (spec_.denial == Denial::nsec) return;
  Bytes parameters{std::byte{1}, std::byte{0}};
  WireWriter writer(parameters);
  writer.u16(spec_.iterations);
  writer.u8(static_cast<std::uint8_t>(spec_.salt.size()));
  writer.append(std::as_bytes(std::span(spec_.salt)));
  add(apex_, RrType::nsec3param, parameters, 0);
}

void SignedZone::add(const Name& owner, RrType type, Bytes rdata, std::uint32_t ttl) {
  nodes_[owner][type].push_back(Record{owner, type, 1, ttl, std::move(rdata)});
}

void SignedZone::delegate(const SignedZone& child) {
  add(child.apex(), RrType::ns, wire_of(Name::parse("ns.invalid.").value()), spec_.ttl);
  for (Record record : child.ds()) {
    record.ttl = spec_.ttl;
    nodes_[child.apex()][RrType::ds].push_back(std::move(record));
  }
}

RecordList SignedZone::records(const Name& owner, RrType type) const {
  if (owner == apex_ && type == RrType::dnskey) return dnskey();
  const auto node = nodes_.find(owner);
  if (node == nodes_.end()) return {};
  const auto set = node->second.find(type);
  return set == node->second.end() ? RecordList() : set->second;
}

bool SignedZone::is_delegation(const Name& owner) const {
  return owner != apex_ && !records(owner, RrType::ns).empty();
}

bool SignedZone::exists(const Name& owner) const {
  return std::ranges::any_of(nodes_,
                             [&](const auto& node) { return node.first.is_at_or_below(owner); });
}

Name SignedZone::closest_encloser(const Name& owner) const {
  Name at = owner;
  while (!exists(at)) at = at.parent();
  return at;
}

std::vector<SignatureSpec> SignedZone::signatures_for(const RecordList& rrset) const {
  std::vector<SignatureSpec> out;
  if (!spec_.is_signed) return out;
  const bool of_keys = rrset.front().type == RrType::dnskey;
  for (const ZoneKeySpec& key : keys)
    if (of_keys ? key.signs_keys : key.signs_data)
      out.push_back({key.key, apex_, key.tag(), inception_, expiration_});
  return out;
}

RecordList SignedZone::sign(RecordList rrset) const {
  if (rrset.empty()) return rrset;
  RecordList signatures;
  for (const SignatureSpec& spec : signatures_for(rrset))
    signatures.push_back(make_rrsig(rrset, spec));
  rrset.insert(rrset.end(), signatures.begin(), signatures.end());
  return rrset;
}

RecordList SignedZone::dnskey() const {
  RecordList out;
  for (const ZoneKeySpec& key : keys)
    out.push_back(Record{apex_, RrType::dnskey, 1, spec_.ttl, key.rdata()});
  return out;
}

RecordList SignedZone::ds() const {
  RecordList out;
  for (const ZoneKeySpec& key : keys) {
    if (!key.in_ds) continue;
    Bytes input = wire_of(apex_.lower());
    const Bytes rdata = key.rdata();
    input.insert(input.end(), rdata.begin(), rdata.end());
    for (const std::uint8_t type : spec_.digests) {
      Bytes ds;
      WireWriter writer(ds);
      writer.u16(key.tag());
      writer.u8(key.key->algorithm());
      writer.u8(type);
      writer.append(digest(type, input));
      out.push_back(Record{apex_, RrType::ds, 1, spec_.ttl, std::move(ds)});
    }
  }
  return out;
}

std::vector<RrType> SignedZone::types_at(const Name& owner) const {
  std::vector<RrType> types;
  const auto node = nodes_.find(owner);
  if (node != nodes_.end())
    for (const auto& [type, set] : node->second) types.push_back(type);
  if (owner == apex_) types.push_back(RrType::dnskey);
  return types;
}

std::vector<Name> SignedZone::nsec_names() const {
  std::vector<Name> names;
  for (const auto& [name, sets] : nodes_) names.push_back(name);
  return names;
}

SignedZone::Hash SignedZone::hash(const Name& name) const {
  Bytes input = wire_of(name.lower());
  Hash out{};
  for (unsigned round = 0; round <= spec_.iterations; ++round) {
    const auto salt = std::as_bytes(std::span(spec_.salt));
    input.insert(input.end(), salt.begin(), salt.end());
    SHA1(octets(input), input.size(), reinterpret_cast<unsigned char*>(out.data()));
    input.assign(out.begin(), out.end());
  }
  return out;
}

std::map<SignedZone::Hash, Name> SignedZone::nsec3_names() const {
  std::map<Hash, Name> out;
  for (const auto& [name, sets] : nodes_) {
    const bool unsigned_cut = is_delegation(name) && !sets.contains(RrType::ds);
    if (unsigned_cut && spec_.denial == Denial::nsec3_opt_out) continue;
    // The name and the empty non-terminals above it (RFC 5155, 7.1).
    for (Name at = name;; at = at.parent()) {
      out.emplace(hash(at), at);
      if (at == apex_) break;
    }
  }
  return out;
}

RecordList SignedZone::nsec_at(const Name& owner, const Name& next) const {
  auto types = types_at(owner);
  types.push_back(RrType::rrsig);
  types.push_back(RrType::nsec);
  Bytes rdata = wire_of(next);
  const Bytes bitmap = type_bitmap(types);
  rdata.insert(rdata.end(), bitmap.begin(), bitmap.end());
  return sign({Record{owner, RrType::nsec, 1, spec_.ttl, std::move(rdata)}});
}

RecordList SignedZone::nsec3_at(const Hash& own, const Hash& next, const Name& name) const {
  auto types = types_at(name);
  const bool has_signed =
      !types.empty() && (!is_delegation(name) || !records(name, RrType::ds).empty());
  if (has_signed) types.push_back(RrType::rrsig);
  Bytes rdata{std::byte{1}, static_cast<std::byte>(spec_.denial == Denial::nsec3_opt_out ? 1 : 0)};
  WireWriter writer(rdata);
  writer.u16(spec_.iterations);
  writer.u8(static_cast<std::uint8_t>(spec_.salt.size()));
  writer.append(std::as_bytes(std::span(spec_.salt)));
  writer.u8(static_cast<std::uint8_t>(next.size()));
  writer.append(next);
  writer.append(type_bitmap(types));
  const Name owner = *apex_.with_label(base32hex(own));
  return sign({Record{owner, RrType::nsec3, 1, spec_.ttl, std::move(rdata)}});
}

RecordList SignedZone::matching(const Name& owner) const {
  if (!spec_.is_signed) return {};
  if (spec_.denial == Denial::nsec) {
    const auto names = nsec_names();
    const auto at = std::ranges::find(names, owner);
    if (at == names.end()) return {};
    return nsec_at(owner, at + 1 == names.end() ? apex_ : *(at + 1));
  }
  const auto names = nsec3_names();
  const auto at = names.find(hash(owner));
  if (at == names.end()) return {};
  const auto next = std::next(at) == names.end() ? names.begin() : std::next(at);
  return nsec3_at(at->first, next->first, at->second);
}

RecordList SignedZone::covering(const Name& owner) const {
  if (!spec_.is_signed) return {};
  if (spec_.denial == Denial::nsec) {
    const auto names = nsec_names();
    const auto next = std::ranges::upper_bound(names, owner);
    return nsec_at(*(next - 1), next == names.end() ? apex_ : *next);
  }
  const auto names = nsec3_names();
  auto next = names.upper_bound(hash(owner));
  const auto own = next == names.begin() ? std::prev(names.end()) : std::prev(next);
  if (next == names.end()) next = names.begin();
  return nsec3_at(own->first, next->first, own->second);
}

RecordList SignedZone::all() const {
  RecordList out;
  const auto append = [&](const RecordList& more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  for (const auto& [name, sets] : nodes_)
    for (const auto& [type, set] : sets)
      append(is_delegation(name) && type != RrType::ds ? set : sign(set));
  if (!spec_.is_signed) return out;
  append(sign(dnskey()));
  if (spec_.denial == Denial::nsec) {
    for (const Name& name : nsec_names()) append(matching(name));
  } else {
    for (const auto& [own, name] : nsec3_names()) append(matching(name));
  }
  return out;
}

}  // namespace mooring::test
