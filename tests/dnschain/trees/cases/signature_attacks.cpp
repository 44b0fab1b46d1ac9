// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

namespace mooring::test {
namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

/// An RRset on the way and the zone that signs it.
struct Target {
  const char* title;
  const char* owner;
  RrType type;
  const char* zone;
};

struct Attack {
  const char* title;
  std::function<void(Scene&, const Target&)> make;
};

const SigningKey& stranger() {
  return SigningKey::of(13, "stranger");
}

using How = std::function<void(Scene&, SignatureSpec&)>;

/// The RRset is signed again, validly as far as the arithmetic goes, but not as it should be.
Attack signed_with(const char* title, How how) {
  return {title, [how = std::move(how)](Scene& s, const Target& t) {
            sign_anew(s, t.owner, t.type, t.zone, [&](SignatureSpec& spec) { how(s, spec); });
          }};
}

/// Octets of the RRSIG are changed after signing.
Attack with_octets(const char* title, std::size_t at, unsigned char value) {
  return {title, [=](Scene& s, const Target& t) {
            change_signatures(s, t.owner, t.type,
                              [=](Record& record) { record.rdata[at] ^= std::byte{value}; });
          }};
}

void misuse_keys(std::vector<Attack>& out) {
  out.push_back(signed_with("by a key that the zone does not have",
                            [](Scene&, SignatureSpec& spec) { spec.key = &stranger(); }));
  out.push_back(signed_with("by an unknown key under its own tag", [](Scene&, SignatureSpec& spec) {
    spec.key = &stranger();
    spec.key_tag = ZoneKeySpec{spec.key, 257}.tag();
  }));
  out.push_back(
      signed_with("by a key of the root in the root's name", [](Scene& s, SignatureSpec& spec) {
        const ZoneKeySpec& key = s.tree.at(".").keys.front();
        spec.signer = dnschain::Name();
        spec.key = key.key;
        spec.key_tag = key.tag();
      }));
  out.push_back(
      signed_with("by a key of the root in the zone's name", [](Scene& s, SignatureSpec& spec) {
        const ZoneKeySpec& key = s.tree.at(".").keys.front();
        spec.key = key.key;
        spec.key_tag = key.tag();
      }));
  out.push_back(signed_with("by a sibling zone", [](Scene& s, SignatureSpec& spec) {
    const ZoneKeySpec& key = s.tree.at("sibling.").keys.front();
    append(s.records, s.tree.at("sibling.").sign(s.tree.at("sibling.").dnskey()));
    append(s.records, s.tree.at(".").sign(s.tree.at(".").records(name("sibling."), RrType::ds)));
    spec.signer = name("sibling.");
    spec.key = key.key;
    spec.key_tag = key.tag();
  }));
  out.push_back(signed_with("for a name below as the signer", [](Scene&, SignatureSpec& spec) {
    spec.signer = name("dot.zone.example.");
  }));
}

void misuse_times(std::vector<Attack>& out) {
  out.push_back(signed_with("that has expired", [](Scene& s, SignatureSpec& spec) {
    spec.expiration = s.now - std::chrono::seconds(1);
  }));
  out.push_back(signed_with("that is not valid yet", [](Scene& s, SignatureSpec& spec) {
    spec.inception = s.now + std::chrono::seconds(1);
  }));
  out.push_back(signed_with("that ends before it begins", [](Scene& s, SignatureSpec& spec) {
    spec.inception = s.now + std::chrono::days(1);
    spec.expiration = s.now - std::chrono::days(1);
  }));
  out.push_back(
      signed_with("that expires too far ahead for 32 bits", [](Scene& s, SignatureSpec& spec) {
        spec.expiration = s.now + std::chrono::seconds(0x80000001LL);
      }));
}

void misuse_fields(std::vector<Attack>& out) {
  out.push_back(signed_with("with a label count above the owner's",
                            [](Scene&, SignatureSpec& spec) { spec.labels = 9; }));
  out.push_back(signed_with("of another algorithm number",
                            [](Scene&, SignatureSpec& spec) { spec.algorithm = 8; }));
  out.push_back(signed_with("of an unsupported algorithm",
                            [](Scene&, SignatureSpec& spec) { spec.algorithm = 5; }));
  out.push_back(with_octets("whose type covered was changed", 1, 0x40));
  out.push_back(with_octets("whose algorithm was changed", 2, 0x03));
  out.push_back(with_octets("whose label count was changed", 3, 0x01));
  out.push_back(with_octets("whose original TTL was changed", 7, 0x01));
  out.push_back(with_octets("whose expiration was changed", 9, 0x01));
  out.push_back(with_octets("whose inception was changed", 15, 0x01));
  out.push_back(with_octets("whose key tag was changed", 17, 0x01));
  out.push_back({"whose last octet was changed", [](Scene& s, const Target& t) {
                   change_signatures(s, t.owner, t.type,
                                     [](Record& record) { record.rdata.back() ^= std::byte{1}; });
                 }});
  out.push_back({"that was cut short", [](Scene& s, const Target& t) {
                   change_signatures(s, t.owner, t.type,
                                     [](Record& record) { record.rdata.pop_back(); });
                 }});
  out.push_back({"of zeros", [](Scene& s, const Target& t) {
                   change_signatures(s, t.owner, t.type, [](Record& record) {
                     std::fill(record.rdata.end() - 64, record.rdata.end(), std::byte{0});
                   });
                 }});
  out.push_back({"that is not there",
                 [](Scene& s, const Target& t) { drop_signatures(s, t.owner, t.type); }});
}

void misuse_rrsets(std::vector<Attack>& out) {
  out.push_back({"over an RRset with one record more", [](Scene& s, const Target& t) {
                   for (const Record& record : s.records)
                     if (record.owner == name(t.owner) && record.type == t.type) {
                       Record more = record;
                       more.rdata.back() ^= std::byte{1};
                       s.records.push_back(std::move(more));
                       return;
                     }
                 }});
  out.push_back({"over an RRset whose data was changed", [](Scene& s, const Target& t) {
                   change(s, t.owner, t.type,
                          [](Record& record) { record.rdata.back() ^= std::byte{1}; });
                 }});
}

}  // namespace

TreeCases signature_attacks() {
  std::vector<Attack> attacks;
  misuse_keys(attacks);
  misuse_times(attacks);
  misuse_fields(attacks);
  misuse_rrsets(attacks);
  const Target targets[] = {
      {"TLSA", kOwner.c_str(), RrType::tlsa, "zone.example."},
      {"the leaf zone's DNSKEY", "zone.example.", RrType::dnskey, "zone.example."},
      {"the leaf zone's DS", "zone.example.", RrType::ds, "example."},
      {"the root's DNSKEY", ".", RrType::dnskey, "."},
  };
  TreeCases cases;
  for (const Target& target : targets)
    for (const Attack& attack : attacks) {
      // The root signs its own keys, and has no label to take away.
      const std::string title = attack.title;
      if (target.zone == std::string(".") && title.rfind("by a key of the root", 0) == 0) continue;
      cases.push_back({std::string(target.title) + " with a signature " + title, VerdictKind::bogus,
                       [=](Scene& scene) {
                         plant_tlsa(scene);
                         scene.tree.zone({"sibling."});
                         scene.take_chain();
                         attack.make(scene, target);
                       }});
    }
  return cases;
}

}  // namespace mooring::test
