// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/signed_tree.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "dnschain/dns/wire.hpp"

namespace mooring::test {
namespace {

using dnschain::Bytes;
using dnschain::Name;
using dnschain::Question;
using dnschain::Record;
using dnschain::RrType;

constexpr std::size_t kMaxSteps = 16;
constexpr unsigned kNxDomain = 3;

Name name(std::string_view text) {
  return Name::parse(text).value();
}

Bytes wire_of(const Name& name) {
  return Bytes(name.wire().begin(), name.wire().end());
}

void append(RecordList& out, const RecordList& more) {
  for (const Record& record : more)
    if (std::ranges::find(out, record) == out.end()) out.push_back(record);
}

/// A wildcard's RRset at the name that was asked for.
RecordList moved_to(RecordList rrset, const Name& owner) {
  for (Record& record : rrset) record.owner = owner;
  return rrset;
}

}  // namespace

/// What one zone says about one name.
struct SignedTree::Step {
  unsigned rcode = 0;
  RecordList answer;
  RecordList made;  ///< a CNAME from a DNAME
  RecordList proof;
  std::optional<Name> target;
};

SignedTree::SignedTree(ZoneSpec root, dnschain::WallTime now) : now_(now) {
  zones_.emplace_back(std::move(root), inception(), expiration());
}

SignedTree& SignedTree::zone(ZoneSpec spec) {
  SignedZone child(std::move(spec), inception(), expiration());
  // Not zone_of(): what is here already at the child's name is the parent's.
  auto parent = zones_.rbegin();
  for (auto it = zones_.rbegin(); it != zones_.rend(); ++it)
    if (child.apex().is_below(it->apex()) &&
        (!child.apex().is_below(parent->apex()) || it->apex().labels() > parent->apex().labels()))
      parent = it;
  parent->delegate(child);
  zones_.push_back(std::move(child));
  return *this;
}

SignedZone& SignedTree::at(std::string_view zone) {
  const Name apex = name(zone);
  for (SignedZone& each : zones_)
    if (each.apex() == apex) return each;
  throw std::out_of_range("no such zone in the tree");
}

const SignedZone& SignedTree::zone_of(const Name& owner, RrType type) const {
  const SignedZone* best = &zones_.front();
  for (const SignedZone& each : zones_) {
    const bool holds = type == RrType::ds && !owner.is_root() ? owner.is_below(each.apex())
                                                              : owner.is_at_or_below(each.apex());
    if (holds && each.apex().labels() >= best->apex().labels()) best = &each;
  }
  return *best;
}

SignedTree& SignedTree::add(std::string_view owner, RrType type, Bytes rdata, std::uint32_t ttl) {
  const Name at = name(owner);
  this->at(zone_of(at, type).apex().text()).add(at, type, std::move(rdata), ttl);
  return *this;
}

SignedTree& SignedTree::tlsa(std::string_view owner, std::uint8_t filler, std::uint32_t ttl) {
  Bytes rdata{std::byte{3}, std::byte{1}, std::byte{1}};
  rdata.insert(rdata.end(), 32, std::byte{filler});
  return add(owner, RrType::tlsa, std::move(rdata), ttl);
}

SignedTree& SignedTree::cname(std::string_view owner, std::string_view target) {
  return add(owner, RrType::cname, wire_of(name(target)));
}

SignedTree& SignedTree::dname(std::string_view owner, std::string_view target) {
  return add(owner, RrType::dname, wire_of(name(target)));
}

SignedTree& SignedTree::address(std::string_view owner) {
  return add(owner, RrType::a, {std::byte{192}, std::byte{0}, std::byte{2}, std::byte{1}});
}

SignedTree::Step SignedTree::look_up(const Name& owner, RrType type) const {
  const SignedZone& zone = zone_of(owner, type);
  Step step;
  for (std::size_t up = owner.labels() - zone.apex().labels(); up > 0; --up) {
    const Name at = owner.without_first(up);
    const RecordList dname = zone.records(at, RrType::dname);
    if (dname.empty()) continue;
    dnschain::WireReader reader(dname.front().rdata);
    step.answer = zone.sign(dname);
    step.target = owner.moved(at, Name::read(reader).value());
    if (step.target)
      step.made = {Record{owner, RrType::cname, 1, dname.front().ttl, wire_of(*step.target)}};
    return step;
  }
  const bool is_there = zone.exists(owner);
  const Name encloser = is_there ? owner : zone.closest_encloser(owner);
  const Name source = is_there ? owner : encloser.with_label("*").value();
  const Name next_closer =
      is_there ? owner : owner.without_first(owner.labels() - encloser.labels() - 1);
  RecordList found = zone.records(source, type);
  if (found.empty()) {
    found = zone.records(source, RrType::cname);
    if (!found.empty()) {
      dnschain::WireReader reader(found.front().rdata);
      step.target = Name::read(reader).value();
    }
  }
  const bool by_nsec3 = zone.spec().denial != Denial::nsec;
  if (!found.empty()) {
    step.answer = moved_to(zone.sign(found), owner);
    if (!is_there) step.proof = zone.covering(by_nsec3 ? next_closer : owner);
    return step;
  }
  if (is_there) {
    step.proof = zone.matching(owner);
    if (!step.proof.empty()) return step;
    if (!by_nsec3) {  // an empty non-terminal
      step.proof = zone.covering(owner);
      return step;
    }
    // An unsigned delegation, or an empty non-terminal above one, in an opt-out span.
    Name next_provable = owner;
    while (zone.matching(next_provable.parent()).empty()) next_provable = next_provable.parent();
    append(step.proof, zone.matching(next_provable.parent()));
    append(step.proof, zone.covering(next_provable));
    return step;
  }
  if (by_nsec3) append(step.proof, zone.matching(encloser));
  append(step.proof, zone.covering(by_nsec3 ? next_closer : owner));
  if (zone.exists(source)) {
    const RecordList at = zone.matching(source);
    append(step.proof, at.empty() ? zone.covering(source) : at);
    return step;
  }
  append(step.proof, zone.covering(source));
  step.rcode = kNxDomain;
  return step;
}

TreeAnswer SignedTree::answer(const Question& question) const {
  TreeAnswer out;
  Name at = question.owner;
  for (std::size_t steps = 0; steps < kMaxSteps; ++steps) {
    const Step step = look_up(at, question.type);
    append(out.answer, step.answer);
    append(out.answer, step.made);
    append(out.authority, step.proof);
    out.rcode = step.rcode;
    if (!step.target) {
      if (step.answer.empty()) {
        const SignedZone& zone = zone_of(at, question.type);
        append(out.authority, zone.sign(zone.records(zone.apex(), RrType::soa)));
      }
      return out;
    }
    at = *step.target;
  }
  return out;
}

Bytes SignedTree::message(const Question& question, std::uint16_t id) const {
  const TreeAnswer content = answer(question);
  Bytes out;
  dnschain::WireWriter writer(out);
  writer.u16(id);
  writer.u16(static_cast<std::uint16_t>(0x8190U | content.rcode));  // QR RD RA CD
  writer.u16(1);
  writer.u16(static_cast<std::uint16_t>(content.answer.size()));
  writer.u16(static_cast<std::uint16_t>(content.authority.size()));
  writer.u16(1);
  writer.append(question.owner.wire());
  writer.u16(static_cast<std::uint16_t>(question.type));
  writer.u16(1);
  for (const RecordList* section : {&content.answer, &content.authority})
    for (const Record& record : *section) write_record(record, out);
  // OPT with DO (RFC 6891, 6.1.2; RFC 3225).
  write_record(Record{Name(), RrType::opt, 1232, 0x8000, {}}, out);
  return out;
}

/// DS and DNSKEY RRsets from the root down to the zone of `owner`, or to the proof that a zone on
/// the way is unsigned.
void SignedTree::append_way_to(const Name& owner, RecordList& out, bool& is_signed) const {
  is_signed = true;
  for (const SignedZone& zone : zones_) {
    if (!is_signed || !owner.is_at_or_below(zone.apex())) continue;
    if (!zone.apex().is_root()) {
      const Step ds = look_up(zone.apex(), RrType::ds);
      append(out, ds.answer);
      append(out, ds.proof);
      is_signed = !ds.answer.empty();
    }
    if (is_signed) append(out, zone.sign(zone.dnskey()));
  }
}

RecordList SignedTree::chain(const Name& owner) const {
  RecordList out;
  Name at = owner;
  for (std::size_t steps = 0; steps < kMaxSteps; ++steps) {
    bool is_signed = true;
    append_way_to(at, out, is_signed);
    if (!is_signed) return out;
    const Step step = look_up(at, RrType::tlsa);
    append(out, step.answer);
    append(out, step.proof);
    if (!step.target) return out;
    at = *step.target;
  }
  return out;
}

std::string SignedTree::anchor_text(std::string_view zone) {
  std::string text;
  for (const Record& record : at(zone).ds()) text += to_text(record) + "\n";
  return text;
}

dnschain::TrustAnchor SignedTree::anchor(std::string_view zone) {
  return dnschain::TrustAnchor::parse(anchor_text(zone), "tree").value();
}

void SignedTree::write_zone_files(const std::filesystem::path& directory) const {
  for (const SignedZone& zone : zones_) {
    const std::string apex = zone.apex().is_root() ? "root." : zone.apex().text();
    std::ofstream file(directory / (apex + "zone"));
    for (const Record& record : zone.all()) file << to_text(record) << '\n';
    if (!file) throw std::runtime_error("cannot write the zone file of " + apex);
  }
}

}  // namespace mooring::test
