// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

namespace mooring::test {
namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

TreeCase attack(std::string title, std::function<void(Scene&)> make) {
  return {std::move(title), VerdictKind::bogus, std::move(make)};
}

/// The chain of the plain tree, then altered.
TreeCase altered(std::string title, std::function<void(Scene&)> how) {
  return attack(std::move(title), [how = std::move(how)](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    how(s);
  });
}

/// "zone.example." of one key with these flags and protocol; its parent vouches for it.
TreeCase lone_key(std::string title, std::uint16_t flags, std::uint8_t protocol) {
  return attack(std::move(title), [=](Scene& s) {
    s.tree.zone({"example."});
    s.tree.zone({.name = "zone.example.", .one_key = true, .digests = {}});
    SignedZone& zone = s.tree.at("zone.example.");
    zone.keys.front().flags = flags;
    zone.keys.front().protocol = protocol;
    SignedZone alike({.name = "zone.example.", .one_key = true}, s.tree.inception(),
                     s.tree.expiration());
    alike.keys = zone.keys;
    s.tree.at("example.").add(zone.apex(), RrType::ds, alike.ds().front().rdata, 3600);
    s.tree.tlsa(kOwner);
  });
}

void key_misuse(TreeCases& out) {
  out.push_back(lone_key("the only key is revoked", 257 | 128, 3));
  out.push_back(lone_key("the only key is no zone key", 1, 3));
  out.push_back(lone_key("the only key has protocol 2", 257, 2));
  out.push_back(attack("DS for a standby key that signs nothing", [](Scene& s) {
    s.tree.zone({"example."});
    s.tree.zone({.name = "zone.example.", .digests = {}});
    SignedZone& zone = s.tree.at("zone.example.");
    zone.keys.push_back({&SigningKey::of(13, "standby"), 257, false, false, true});
    zone.keys.front().in_ds = false;
    SignedZone alike({"zone.example."}, s.tree.inception(), s.tree.expiration());
    alike.keys = zone.keys;
    s.tree.at("example.").add(zone.apex(), RrType::ds, alike.ds().front().rdata, 3600);
    s.tree.tlsa(kOwner);
  }));
  out.push_back(altered("the DNSKEY RRset is signed by the ZSK alone", [](Scene& s) {
    const ZoneKeySpec zsk = s.tree.at("zone.example.").keys.back();
    sign_anew(s, "zone.example.", RrType::dnskey, "zone.example.", [&](SignatureSpec& spec) {
      spec.key = zsk.key;
      spec.key_tag = zsk.tag();
    });
  }));
  out.push_back(altered("the attacker's key is put into the DNSKEY RRset", [](Scene& s) {
    const ZoneKeySpec own{&SigningKey::of(13, "stranger"), 256};
    s.records.push_back({name("zone.example."), RrType::dnskey, 1, 3600, own.rdata()});
    sign_anew(s, kOwner, RrType::tlsa, "zone.example.", [&](SignatureSpec& spec) {
      spec.key = own.key;
      spec.key_tag = own.tag();
    });
  }));
  out.push_back(altered("the attacker's key in a DNSKEY RRset of its own making", [](Scene& s) {
    drop(s, "zone.example.", RrType::dnskey);
    drop_signatures(s, kOwner, RrType::tlsa);
    SignedZone fake({"zone.example."}, s.tree.inception(), s.tree.expiration());
    fake.keys = {{&SigningKey::of(13, "stranger"), 257, true, true, true}};
    append(s.records, fake.sign(fake.dnskey()));
    append(s.records, fake.sign(s.tree.at("zone.example.").records(name(kOwner), RrType::tlsa)));
  }));
  out.push_back(altered("the attacker's DS beside the true one", [](Scene& s) {
    SignedZone fake({"zone.example."}, s.tree.inception(), s.tree.expiration());
    fake.keys = {{&SigningKey::of(13, "stranger"), 257, true, true, true}};
    s.records.push_back(fake.ds().front());
  }));
  out.push_back(altered("the digest in DS is changed by the child's own parent", [](Scene& s) {
    change(s, "zone.example.", RrType::ds,
           [](Record& record) { record.rdata.back() ^= std::byte{1}; });
    sign_anew(s, "zone.example.", RrType::ds, "example.");
  }));
  out.push_back(altered("the key tag in DS is another", [](Scene& s) {
    change(s, "zone.example.", RrType::ds, [](Record& record) { record.rdata[1] ^= std::byte{1}; });
    sign_anew(s, "zone.example.", RrType::ds, "example.");
  }));
  out.push_back(altered("the algorithm in DS is another, supported one", [](Scene& s) {
    change(s, "zone.example.", RrType::ds, [](Record& record) { record.rdata[2] = std::byte{15}; });
    sign_anew(s, "zone.example.", RrType::ds, "example.");
  }));
  out.push_back(altered("the digest in DS is cut to its first octets", [](Scene& s) {
    change(s, "zone.example.", RrType::ds, [](Record& record) { record.rdata.resize(8); });
    sign_anew(s, "zone.example.", RrType::ds, "example.");
  }));
}

void missing_links(TreeCases& out) {
  for (const char* zone : {"zone.example.", "example."}) {
    const std::string at = zone;
    out.push_back(altered(at + " DS is missing", [at](Scene& s) { drop(s, at, RrType::ds); }));
    out.push_back(
        altered(at + " DNSKEY is missing", [at](Scene& s) { drop(s, at, RrType::dnskey); }));
    out.push_back(altered(at + " DS and DNSKEY are missing", [at](Scene& s) {
      drop(s, at, RrType::ds);
      drop(s, at, RrType::dnskey);
    }));
  }
  out.push_back(
      altered("the root's DNSKEY is missing", [](Scene& s) { drop(s, ".", RrType::dnskey); }));
  out.push_back(
      altered("the TLSA RRset is missing", [](Scene& s) { drop(s, kOwner, RrType::tlsa); }));
  out.push_back(altered("there is nothing but an unsigned TLSA RRset", [](Scene& s) {
    s.records = s.tree.at("zone.example.").records(name(kOwner), RrType::tlsa);
  }));
  out.push_back(altered("all records are of class CH", [](Scene& s) {
    for (Record& record : s.records) record.rr_class = 3;
  }));
}

void wrong_roots(TreeCases& out) {
  out.push_back(attack("the whole tree hangs from another root", [](Scene& s) {
    plant_tlsa(s);
    const SignedZone other({".", 15}, s.tree.inception(), s.tree.expiration());
    s.anchor = to_text(other.ds().front());
  }));
  out.push_back(attack("the trust anchor is a DNSKEY that has been revoked since", [](Scene& s) {
    const std::string before = to_text(s.tree.at(".").dnskey().front());
    s.tree.at(".").keys.front().flags |= 128;
    plant_tlsa(s);
    s.anchor = before;
  }));
  out.push_back(attack("the trust anchor is for another branch", [](Scene& s) {
    plant_tlsa(s);
    s.anchor = "other. IN DS 1 13 2 " + std::string(64, 'a');
  }));
  out.push_back(attack("a trust anchor nearer to the leaf does not fit", [](Scene& s) {
    plant_tlsa(s);
    s.anchor = s.tree.anchor_text() + "zone.example. IN DS 1 13 2 " + std::string(64, 'a');
  }));
  out.push_back(attack("the trust anchor is the ZSK, which does not sign the keys", [](Scene& s) {
    plant_tlsa(s);
    s.anchor = to_text(s.tree.at(".").dnskey().back());
  }));
}

/// A proof for another name or port (RFC 9102, 1: unknown key-share).
void other_names(TreeCases& out) {
  const auto tlsa_at = [](const char* owner) {
    return attack(std::string("a proof for ") + owner, [=](Scene& s) {
      plant(s);
      s.tree.tlsa(owner);
      s.records = s.tree.chain(name(owner));
    });
  };
  for (const char* owner :
       {"_443._tcp.dot.zone.example.", "_853._udp.dot.zone.example.", "_853._tcp.doh.zone.example.",
        "_853._tcp.zone.example.", "dot.zone.example.", "_0853._tcp.dot.zone.example.",
        "_853._tcp.dot.zone.example.zone.example."})
    out.push_back(tlsa_at(owner));
  out.push_back(attack("the TLSA RRset of another port under this port's name", [](Scene& s) {
    plant(s);
    s.tree.tlsa("_443._tcp.dot.zone.example.");
    s.records = s.tree.chain(name("_443._tcp.dot.zone.example."));
    for (Record& record : s.records)
      if (record.owner == name("_443._tcp.dot.zone.example.")) record.owner = name(kOwner);
  }));
  out.push_back(attack("a TLSA RRset of the parent for a name in the child", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    sign_anew(s, kOwner, RrType::tlsa, "example.");
  }));
  out.push_back(attack("a DS RRset signed by the grandparent", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    sign_anew(s, "zone.example.", RrType::ds, ".");
  }));
  out.push_back(attack("a DS RRset signed by the child itself", [](Scene& s) {
    plant_tlsa(s);
    s.take_chain();
    sign_anew(s, "zone.example.", RrType::ds, "zone.example.");
  }));
  out.push_back(
      attack("the parent signs below a cut that NSEC shows, without the DS", [](Scene& s) {
        plant_tlsa(s);
        s.take_chain();
        drop(s, "zone.example.", RrType::ds);
        drop(s, "zone.example.", RrType::dnskey);
        sign_anew(s, kOwner, RrType::tlsa, "example.");
        append(s.records, s.tree.at("example.").matching(name("zone.example.")));
      }));
}

}  // namespace

TreeCases key_attacks() {
  TreeCases out;
  key_misuse(out);
  missing_links(out);
  wrong_roots(out);
  other_names(out);
  return out;
}

}  // namespace mooring::test
