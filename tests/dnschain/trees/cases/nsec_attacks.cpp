// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"
#include "dnschain/dns/rdata.hpp"

namespace mooring::test {
namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

TreeCase attack(std::string title, std::function<void(Scene&)> make) {
  return {std::move(title), VerdictKind::bogus, std::move(make)};
}

/// The records of the way to zone.example., the root's keys included, with nothing at the leaf.
void way_only(Scene& s) {
  s.take_chain();
  std::erase_if(s.records, [](const Record& record) {
    return record.owner.is_at_or_below(name("dot.zone.example."));
  });
  drop(s, "zone.example.", RrType::nsec);
}

/// A case whose denial is one NSEC record that `zone` has signed.
TreeCase by_nsec(std::string title, std::string_view zone, std::string owner, std::string next,
                 std::vector<RrType> types) {
  return attack(std::move(title), [=](Scene& s) {
    plant_tlsa(s);
    way_only(s);
    append(s.records, signed_nsec(s, zone, owner, next, types));
    // That there is no wildcard is shown in any case, so that it is the first record that fails.
    for (const std::string below : {"zone.example.", "dot.zone.example.", "_tcp.dot.zone.example."})
      append(s.records, signed_nsec(s, "zone.example.", ")." + below, "+." + below, {RrType::a}));
  });
}

void at_the_name(TreeCases& out) {
  out.push_back(by_nsec("NSEC at the name lists TLSA", "zone.example.", kOwner, "z.zone.example.",
                        {RrType::tlsa}));
  out.push_back(by_nsec("NSEC at the name lists CNAME", "zone.example.", kOwner, "z.zone.example.",
                        {RrType::cname}));
  out.push_back(by_nsec("NSEC at the name is from above a signed zone cut", "zone.example.", kOwner,
                        "z.zone.example.", {RrType::ns, RrType::ds}));
  out.push_back(by_nsec("NSEC at the name is by the parent zone", "example.", kOwner,
                        "z.zone.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC is for another port", "zone.example.", "_443._tcp.dot.zone.example.",
                        "_444._tcp.dot.zone.example.", {RrType::a}));
  out.push_back(attack("NSEC at the name has no signature", [](Scene& s) {
    plant(s);
    s.tree.address(kOwner);
    s.take_chain();
    drop_signatures(s, kOwner, RrType::nsec);
  }));
  out.push_back(attack("NSEC at the name is made from a wildcard's", [](Scene& s) {
    plant_tlsa(s);
    way_only(s);
    auto wildcard =
        signed_nsec(s, "zone.example.", "*._tcp.dot.zone.example.", "z.zone.example.", {RrType::a});
    for (Record& record : wildcard) record.owner = name(kOwner);
    append(s.records, wildcard);
  }));
  out.push_back(attack("NSEC's type list has lost TLSA on the way", [](Scene& s) {
    plant_tlsa(s);
    way_only(s);
    append(s.records, s.tree.at("zone.example.").matching(name(kOwner)));
    change(s, kOwner, RrType::nsec, [](Record& record) { record.rdata.back() = std::byte{0}; });
  }));
}

void around_the_name(TreeCases& out) {
  out.push_back(by_nsec("NSEC from above a signed zone cut covers what is below it",
                        "zone.example.", "dot.zone.example.", "z.zone.example.",
                        {RrType::ns, RrType::ds}));
  out.push_back(by_nsec("NSEC of a name with DNAME covers what is below it", "zone.example.",
                        "dot.zone.example.", "z.zone.example.", {RrType::dname}));
  out.push_back(by_nsec("NSEC ends before the name", "zone.example.", "a.zone.example.",
                        "dos.zone.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC begins after the name", "zone.example.", "dou.zone.example.",
                        "z.zone.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC leads back, but not to the apex", "zone.example.", "c.zone.example.",
                        "b.zone.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC leads out of the zone", "zone.example.", "c.zone.example.",
                        "a.zonf.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC begins outside of the zone", "zone.example.", "zona.example.",
                        "z.zone.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC of the parent covers the apex", "example.", "a.example.",
                        "zonf.example.", {RrType::a}));
  out.push_back(by_nsec("NSEC of the root covers everything", ".", ".", ".", {RrType::soa}));
  out.push_back(attack("NSEC covers the name, nothing is said of the wildcard", [](Scene& s) {
    plant(s);
    s.tree.address("dot.zone.example.").address("*.dot.zone.example.");
    s.take_chain();
    drop(s, "*.dot.zone.example.", RrType::nsec);
  }));
  out.push_back(attack("NSEC covers the name, but there is a wildcard TLSA", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*._tcp.dot.zone.example.");
    way_only(s);
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
  }));
  out.push_back(attack("NSEC covers the name, but there is a wildcard CNAME", [](Scene& s) {
    plant(s);
    s.tree.cname("*._tcp.dot.zone.example.", "x.zone.example.");
    way_only(s);
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
  }));
  out.push_back(attack("NSEC of a sibling zone", [](Scene& s) {
    plant_tlsa(s);
    s.tree.zone({"other.example."});
    way_only(s);
    append(s.records, signed_nsec(s, "other.example.", kOwner, "z.zone.example.", {RrType::a}));
    append(s.records, s.tree.at("other.example.").sign(s.tree.at("other.example.").dnskey()));
    append(s.records, s.tree.at("example.")
                          .sign(s.tree.at("example.").records(name("other.example."), RrType::ds)));
  }));
}

/// A wildcard's TLSA RRset at a name that it does not stand for.
void wildcards(TreeCases& out) {
  out.push_back(attack("a wildcard TLSA without any proof", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*._tcp.dot.zone.example.");
    s.take_chain();
    drop(s, "*._tcp.dot.zone.example.", RrType::nsec);
  }));
  out.push_back(attack("a wildcard TLSA replayed at a name that exists", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*._tcp.dot.zone.example.");
    s.take_chain();
    drop(s, "*._tcp.dot.zone.example.", RrType::nsec);
    s.tree.tlsa(kOwner, 1);
    append(s.records, s.tree.at("zone.example.").matching(name("*._tcp.dot.zone.example.")));
    append(s.records, s.tree.at("zone.example.").matching(name(kOwner)));
  }));
  // "+" keeps the wildcard below "dot" out of the span: what is shown is no name error either.
  out.push_back(attack("a wildcard TLSA from above a closer name that exists", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*.zone.example.");
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec; });
    s.tree.address("dot.zone.example.").address("+.dot.zone.example.");
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
  }));
  out.push_back(attack("a wildcard TLSA from above a closer empty non-terminal", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*.zone.example.");
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec; });
    s.tree.tlsa("*.dot.zone.example.", 1);
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
    append(s.records, s.tree.at("zone.example.").covering(name("dot.zone.example.")));
  }));
  out.push_back(attack("a wildcard TLSA of the parent for a name in the child", [](Scene& s) {
    plant(s);
    s.tree.tlsa("*.example.").address("dot.zone.example.").address("+.dot.zone.example.");
    auto wildcard =
        s.tree.at("example.").sign(s.tree.at("example.").records(name("*.example."), RrType::tlsa));
    way_only(s);
    for (Record& record : wildcard) record.owner = name(kOwner);
    append(s.records, wildcard);
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
  }));
  out.push_back(attack("a signature of a wildcard outside of the zone", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    sign_anew(s, kOwner, RrType::tlsa, "zone.example.",
              [](SignatureSpec& spec) { spec.labels = 1; });
  }));
  out.push_back(attack("a wildcard DS RRset", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    sign_anew(s, "zone.example.", RrType::ds, "example.",
              [](SignatureSpec& spec) { spec.labels = 1; });
  }));
}

void unsigned_zones(TreeCases& out) {
  out.push_back(by_nsec("no DS, but no zone cut either", "example.", "zone.example.", "zz.example.",
                        {RrType::a}));
  const auto no_ds = [](std::string title, std::vector<RrType> types, const char* next) {
    return attack(std::move(title), [=](Scene& s) {
      plant_tlsa(s);
      s.take_chain();
      drop(s, "zone.example.", RrType::ds);
      append(s.records, signed_nsec(s, "example.", "zone.example.", next, types));
    });
  };
  out.push_back(no_ds("NSEC at the zone cut lists DS", {RrType::ns, RrType::ds}, "zz.example."));
  out.push_back(
      no_ds("NSEC at the zone cut has the child's SOA", {RrType::ns, RrType::soa}, "zz.example."));
  out.push_back(no_ds("NSEC at the zone cut does not list NS", {RrType::a}, "!.zone.example."));
  out.push_back(attack("the child's own NSEC is to show that it has no DS", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    drop(s, "zone.example.", RrType::ds);
    append(s.records, s.tree.at("zone.example.").matching(name("zone.example.")));
  }));
  out.push_back(attack("the proof that there is no DS is unsigned", [](Scene& s) {
    s.tree.zone({"example."}).zone({.name = "zone.example.", .is_signed = false});
    s.take_chain();
    drop_signatures(s, "zone.example.", RrType::nsec);
  }));
  out.push_back(attack("the proof that there is no DS is for a sibling", [](Scene& s) {
    s.tree.zone({"example."}).zone({"zone.example."});
    s.tree.zone({.name = "plain.example.", .is_signed = false}).tlsa(kOwner);
    s.take_chain();
    drop(s, "zone.example.", RrType::ds);
    append(s.records, s.tree.at("example.").matching(name("plain.example.")));
  }));
  out.push_back(attack("the supported DS record is taken out of the RRset", [](Scene& s) {
    s.tree.zone({"example."}).zone({.name = "zone.example.", .digests = {200, 2}}).tlsa(kOwner);
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) {
      return record.type == RrType::ds && record.owner == name("zone.example.") &&
             record.rdata[3] == std::byte{2};
    });
  }));
  out.push_back(attack("nothing shows that the zone is unsigned", [](Scene& s) {
    s.tree.zone({"example."}).zone({.name = "zone.example.", .is_signed = false}).tlsa(kOwner);
    s.take_chain();
    drop(s, "zone.example.", RrType::nsec);
  }));
}

}  // namespace

TreeCases nsec_attacks() {
  TreeCases out;
  at_the_name(out);
  around_the_name(out);
  wildcards(out);
  unsigned_zones(out);
  return out;
}

}  // namespace mooring::test
