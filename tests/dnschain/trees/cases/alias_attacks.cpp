// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

namespace mooring::test {
namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

const std::string kTarget = "tlsa.other.";

TreeCase attack(std::string title, std::function<void(Scene&)> make) {
  return {std::move(title), VerdictKind::bogus, std::move(make)};
}

/// The TLSA owner is an alias into another top level; its chain is then altered.
TreeCase across(std::string title, std::function<void(Scene&)> how) {
  return attack(std::move(title), [how = std::move(how)](Scene& s) {
    plant(s);
    s.tree.zone({"other."}).cname(kOwner, kTarget).tlsa(kTarget);
    s.take_chain();
    how(s);
  });
}

/// The same by a DNAME at the base domain.
TreeCase redirected(std::string title, std::function<void(Scene&)> how) {
  return attack(std::move(title), [how = std::move(how)](Scene& s) {
    plant(s);
    s.tree.zone({"other."}).dname("dot.zone.example.", "dot.other.");
    s.tree.tlsa("_853._tcp.dot.other.").tlsa("_853._tcp.evil.other.");
    s.take_chain();
    how(s);
  });
}

void cname_attacks(TreeCases& out) {
  out.push_back(
      across("the alias is unsigned", [](Scene& s) { drop_signatures(s, kOwner, RrType::cname); }));
  out.push_back(across("the alias is missing", [](Scene& s) { drop(s, kOwner, RrType::cname); }));
  out.push_back(across("the alias leads elsewhere", [](Scene& s) {
    s.tree.tlsa("evil.other.");
    append(s.records, s.tree.chain(name("evil.other.")));
    change(s, kOwner, RrType::cname,
           [](Record& record) { record.rdata = octets_of("evil.other."); });
  }));
  out.push_back(across("the alias is signed by the zone it leads to",
                       [](Scene& s) { sign_anew(s, kOwner, RrType::cname, "other."); }));
  out.push_back(
      across("the target's zone has no DS", [](Scene& s) { drop(s, "other.", RrType::ds); }));
  out.push_back(across("the target's zone has no DNSKEY",
                       [](Scene& s) { drop(s, "other.", RrType::dnskey); }));
  out.push_back(across("the target's TLSA RRset is missing",
                       [](Scene& s) { drop(s, kTarget, RrType::tlsa); }));
  out.push_back(across("the target's TLSA RRset is unsigned",
                       [](Scene& s) { drop_signatures(s, kTarget, RrType::tlsa); }));
  out.push_back(across("the target's TLSA RRset stands at the alias itself", [](Scene& s) {
    for (Record& record : s.records)
      if (record.owner == name(kTarget)) record.owner = name(kOwner);
  }));
  out.push_back(across("the keys of the alias's zone are missing",
                       [](Scene& s) { drop(s, "zone.example.", RrType::dnskey); }));
  out.push_back(across("two aliases at one name", [](Scene& s) {
    s.records.push_back({name(kOwner), RrType::cname, 1, 3600, octets_of("evil.other.")});
    sign_anew(s, kOwner, RrType::cname, "zone.example.");
  }));
  out.push_back(attack("an alias to itself", [](Scene& s) {
    plant(s);
    s.tree.cname(kOwner, kOwner);
  }));
  out.push_back(attack("three aliases in a loop", [](Scene& s) {
    plant(s);
    s.tree.cname(kOwner, "a.example.").cname("a.example.", "b.example.");
    s.tree.cname("b.example.", kOwner);
  }));
  out.push_back(attack("nine aliases one after the other", [](Scene& s) {
    plant(s);
    s.tree.cname(kOwner, "0.example.");
    for (int i = 0; i < 8; ++i)
      s.tree.cname(std::to_string(i) + ".example.", std::to_string(i + 1) + ".example.");
    s.tree.tlsa("8.example.");
  }));
  out.push_back(attack("a wildcard alias replayed at a name that exists", [](Scene& s) {
    plant(s);
    s.tree.cname("*._tcp.dot.zone.example.", "evil.zone.example.").tlsa("evil.zone.example.");
    s.take_chain();
    drop(s, "*._tcp.dot.zone.example.", RrType::nsec);
    s.tree.tlsa(kOwner);
    append(s.records, s.tree.at("zone.example.").matching(name("*._tcp.dot.zone.example.")));
  }));
  out.push_back(attack("an alias of the base domain is no alias of the TLSA owner", [](Scene& s) {
    plant(s);
    s.tree.cname("dot.zone.example.", "dot.example.").tlsa("_853._tcp.dot.example.");
    s.take_chain();
    append(s.records,
           s.tree.at("zone.example.")
               .sign(s.tree.at("zone.example.").records(name("dot.zone.example."), RrType::cname)));
    append(s.records, s.tree.chain(name("_853._tcp.dot.example.")));
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec; });
  }));
}

void dname_attacks(TreeCases& out) {
  out.push_back(redirected("the DNAME is unsigned", [](Scene& s) {
    drop_signatures(s, "dot.zone.example.", RrType::dname);
  }));
  out.push_back(redirected("the DNAME is missing, the CNAME made from it is there", [](Scene& s) {
    drop(s, "dot.zone.example.", RrType::dname);
    s.records.push_back({name(kOwner), RrType::cname, 1, 3600, octets_of("_853._tcp.dot.other.")});
  }));
  out.push_back(redirected("the DNAME leads elsewhere", [](Scene& s) {
    append(s.records, s.tree.chain(name("_853._tcp.evil.other.")));
    change(s, "dot.zone.example.", RrType::dname,
           [](Record& record) { record.rdata = octets_of("evil.other."); });
  }));
  out.push_back(redirected(
      "the unsigned CNAME leads elsewhere than the DNAME, whose target is out", [](Scene& s) {
        drop(s, "_853._tcp.dot.other.", RrType::tlsa);
        append(s.records, s.tree.chain(name("_853._tcp.evil.other.")));
        s.records.push_back(
            {name(kOwner), RrType::cname, 1, 3600, octets_of("_853._tcp.evil.other.")});
      }));
  out.push_back(redirected("the DNAME is by the parent zone", [](Scene& s) {
    sign_anew(s, "dot.zone.example.", RrType::dname, "example.");
  }));
  out.push_back(redirected("the DNAME is made from a wildcard", [](Scene& s) {
    sign_anew(s, "dot.zone.example.", RrType::dname, "zone.example.",
              [](SignatureSpec& spec) { spec.labels = 2; });
  }));
  out.push_back(attack("a DNAME at the TLSA owner itself leads nowhere", [](Scene& s) {
    plant(s);
    s.tree.zone({"other."}).dname(kOwner, "other.").tlsa("other.");
    s.take_chain();
    append(s.records, s.tree.at("zone.example.")
                          .sign(s.tree.at("zone.example.").records(name(kOwner), RrType::dname)));
    append(s.records, s.tree.chain(name("other.")));
    drop(s, kOwner, RrType::nsec);
  }));
  out.push_back(attack("a DNAME that makes a name too long", [](Scene& s) {
    plant(s);
    const std::string label(63, 'a');
    s.tree.dname("dot.zone.example.",
                 label + "." + label + "." + label + "." + std::string(55, 'b') + ".");
  }));
  out.push_back(attack("DNAMEs in a loop", [](Scene& s) {
    plant(s);
    s.tree.dname("dot.zone.example.", "dot.example.").dname("dot.example.", "dot.zone.example.");
  }));
  out.push_back(attack("DNAMEs that make the name longer and longer", [](Scene& s) {
    plant(s);
    s.tree.dname("dot.zone.example.", "x.dot.zone.example.");
  }));
}

}  // namespace

TreeCases alias_attacks() {
  TreeCases out;
  cname_attacks(out);
  dname_attacks(out);
  return out;
}

}  // namespace mooring::test
