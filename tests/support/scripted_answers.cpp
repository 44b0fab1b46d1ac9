// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/scripted_answers.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"

namespace mooring::test {
namespace {

using dnschain::WallTime;
using dnschain::WireWriter;

Record record(std::string_view owner, RrType type, Bytes rdata, std::uint32_t ttl = 300) {
  return {name(owner), type, 1, ttl, std::move(rdata)};
}

Bytes filled(std::initializer_list<int> head, std::size_t tail) {
  Bytes out;
  for (const int octet : head) out.push_back(std::byte{static_cast<unsigned char>(octet)});
  out.insert(out.end(), tail, std::byte{0xab});
  return out;
}

Bytes bitmap(std::initializer_list<RrType> types) {
  if (types.size() == 0) return {};
  Bytes bits(32);
  std::size_t used = 0;
  for (const RrType type : types) {
    const auto number = static_cast<std::size_t>(type);
    bits[number / 8] |= std::byte{static_cast<unsigned char>(0x80U >> (number % 8))};
    used = std::max(used, number / 8 + 1);
  }
  Bytes out = filled({0, static_cast<int>(used)}, 0);
  out.insert(out.end(), bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(used));
  return out;
}

std::string base32hex(const dnschain::Sha1Digest& hash) {
  std::string out;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const std::byte octet : hash) {
    buffer = (buffer << 8 | std::to_integer<unsigned>(octet)) & 0xffffU;
    for (bits += 8; bits >= 5; bits -= 5)
      out += "0123456789abcdefghijklmnopqrstuv"[buffer >> (bits - 5) & 31U];
  }
  return out;
}

/// The hash next to `hash`, up or down.
dnschain::Sha1Digest beside(dnschain::Sha1Digest hash, int step) {
  for (std::size_t i = hash.size(); i-- > 0;) {
    hash[i] = std::byte{static_cast<unsigned char>(std::to_integer<int>(hash[i]) + step)};
    if (hash[i] != std::byte{static_cast<unsigned char>(step > 0 ? 0x00 : 0xff)}) break;
  }
  return hash;
}

}  // namespace

Name name(std::string_view text) {
  return Name::parse(text).value();
}

Question question(std::string_view owner, RrType type) {
  return {name(owner), type};
}

Record tlsa(std::string_view owner, std::uint32_t ttl) {
  return record(owner, RrType::tlsa, filled({3, 1, 1}, 32), ttl);
}

Record dnskey(std::string_view zone) {
  return record(zone, RrType::dnskey, filled({1, 1, 3, 13}, 64));
}

Record ds(std::string_view zone, std::uint8_t algorithm) {
  return record(zone, RrType::ds, filled({1, 2, algorithm, 2}, 32));
}

Record cname(std::string_view owner, std::string_view target) {
  const Name to = name(target);
  return record(owner, RrType::cname, Bytes(to.wire().begin(), to.wire().end()));
}

Record dname(std::string_view owner, std::string_view target) {
  Record out = cname(owner, target);
  out.type = RrType::dname;
  return out;
}

Record soa(std::string_view zone) {
  Bytes rdata;
  WireWriter writer(rdata);
  writer.append(name(zone).wire());
  writer.append(name(zone).wire());
  for (std::uint32_t value = 1; value <= 5; ++value) writer.u32(value);
  return record(zone, RrType::soa, std::move(rdata));
}

Record nsec(std::string_view owner, std::string_view next, std::initializer_list<RrType> types) {
  Bytes rdata;
  WireWriter writer(rdata);
  writer.append(name(next).wire());
  writer.append(bitmap(types));
  return record(owner, RrType::nsec, std::move(rdata));
}

Record nsec3(std::string_view zone, std::string_view owner, Nsec3Kind kind,
             std::initializer_list<RrType> types) {
  const auto hash = dnschain::nsec3_hash(name(owner).lower().wire(), {}, 0);
  const auto from = kind == Nsec3Kind::matches ? hash : beside(hash, -1);
  Bytes rdata;
  WireWriter writer(rdata);
  writer.u8(1);
  writer.u8(kind == Nsec3Kind::covers_with_opt_out ? 1 : 0);
  writer.u16(0);
  writer.u8(0);
  writer.u8(20);
  writer.append(beside(hash, 1));
  writer.append(bitmap(types));
  return {*name(zone).with_label(base32hex(from)), RrType::nsec3, 1, 300, std::move(rdata)};
}

Records with_rrsig(Records rrset, std::string_view signer, int labels) {
  const Record& first = rrset.front();
  const std::size_t own = first.owner.labels() - (first.owner.is_wildcard() ? 1 : 0);
  Bytes rdata;
  WireWriter writer(rdata);
  writer.u16(static_cast<std::uint16_t>(first.type));
  writer.u8(13);
  writer.u8(static_cast<std::uint8_t>(labels < 0 ? static_cast<int>(own) : labels));
  writer.u32(first.ttl);
  writer.u32(2'000'000'000);
  writer.u32(1'000'000'000);
  writer.u16(258);
  writer.append(name(signer).wire());
  writer.append(filled({}, 64));
  rrset.push_back({first.owner, RrType::rrsig, 1, first.ttl, std::move(rdata)});
  return rrset;
}

Records operator+(Records a, const Records& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes response(const Question& question, const Records& answer, const Records& authority,
               Rcode rcode) {
  Bytes out;
  WireWriter writer(out);
  writer.u16(0);
  writer.u16(static_cast<std::uint16_t>(0x8180U | static_cast<unsigned>(rcode)));
  writer.u16(1);
  writer.u16(static_cast<std::uint16_t>(answer.size()));
  writer.u16(static_cast<std::uint16_t>(authority.size()));
  writer.u16(0);
  writer.append(question.owner.wire());
  writer.u16(static_cast<std::uint16_t>(question.type));
  writer.u16(1);
  for (const auto* section : {&answer, &authority}) {
    for (const Record& rr : *section) dnschain::write_record(rr, out);
  }
  return out;
}

ScriptedResolver::ScriptedResolver(std::initializer_list<std::string_view> zones) {
  zones_.push_back(Name());
  for (const std::string_view zone : zones) zones_.push_back(name(zone));
}

void ScriptedResolver::set(const Question& question, Bytes message) {
  script_[{question.owner, question.type}] = std::move(message);
}

void ScriptedResolver::set(std::string_view owner, RrType type, const Records& answer,
                           const Records& authority, Rcode rcode) {
  const Question about = question(owner, type);
  set(about, response(about, answer, authority, rcode));
}

Name ScriptedResolver::zone_of(const Name& owner, bool strictly_above) const {
  Name best;
  for (const Name& zone : zones_) {
    if (owner.is_at_or_below(zone) && !(strictly_above && zone == owner) &&
        zone.labels() > best.labels())
      best = zone;
  }
  return best;
}

Bytes ScriptedResolver::answer(const Question& about) const {
  const auto scripted = script_.find({about.owner, about.type});
  if (scripted != script_.end()) return scripted->second;
  const std::string owner = about.owner.text();
  const bool is_zone = std::ranges::find(zones_, about.owner) != zones_.end();
  const std::string zone = zone_of(about.owner, about.type == RrType::ds).text();
  if (is_zone && about.type == RrType::dnskey)
    return response(about, with_rrsig({dnskey(owner)}, owner));
  if (is_zone && about.type == RrType::ds && !about.owner.is_root())
    return response(about, with_rrsig({ds(owner)}, zone));
  const std::string next = about.owner.with_label("0").value_or(Name()).text();
  return response(about, {},
                  with_rrsig({soa(zone)}, zone) +
                      with_rrsig({nsec(owner, next, {RrType::a, RrType::rrsig})}, zone));
}

std::size_t ScriptedResolver::run(dnschain::Builder& builder, bool reversed) {
  const WallTime now{std::chrono::seconds(1'500'000'000)};
  std::size_t rounds = 0;
  while (!builder.done()) {
    auto questions = builder.take_questions();
    REQUIRE_FALSE(questions.empty());  // or it would wait for ever
    ++rounds;
    asked_.insert(asked_.end(), questions.begin(), questions.end());
    if (reversed) std::ranges::reverse(questions);
    for (const Question& each : questions) builder.answer(each, answer(each), now);
  }
  return rounds;
}

std::vector<std::string> rrsets_of(const dnschain::Chain& chain) {
  std::vector<std::string> out;
  for (const Record& each : chain.records) {
    if (each.type != RrType::rrsig) out.push_back(to_text(Question{each.owner, each.type}));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace mooring::test
