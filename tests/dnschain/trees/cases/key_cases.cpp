// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

namespace mooring::test {
namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

constexpr auto kSecure = VerdictKind::secure;
constexpr auto kDenial = VerdictKind::denial;
constexpr auto kInsecure = VerdictKind::insecure;

/// "zone.example." made after `how` has changed its keys: the parent has DS records for them.
void plant_zone(Scene& scene, ZoneSpec spec, const std::function<void(SignedZone&)>& how = {}) {
  scene.tree.zone({"example."}).zone(std::move(spec));
  if (how) how(scene.tree.at("zone.example."));
  scene.tree.tlsa(kOwner);
}

const SigningKey& extra(const std::string& label, std::uint8_t algorithm = 13) {
  return SigningKey::of(algorithm, "extra " + label);
}

void algorithm_cases(TreeCases& out) {
  for (const int number : {8, 10, 13, 14, 15, 16}) {
    const auto algorithm = static_cast<std::uint8_t>(number);
    const std::string title = "algorithm " + std::to_string(number);
    out.push_back({title + ", TLSA", kSecure, [algorithm](Scene& s) {
                     s.tree = SignedTree({".", algorithm}, s.tree.now());
                     plant(s, Denial::nsec, algorithm);
                     s.tree.tlsa(kOwner);
                   }});
    out.push_back({title + ", denial by NSEC3", kDenial, [algorithm](Scene& s) {
                     s.tree = SignedTree({".", algorithm}, s.tree.now());
                     plant(s, Denial::nsec3, algorithm);
                   }});
    out.push_back({title + " in one zone only", kSecure, [algorithm](Scene& s) {
                     plant_zone(s, {"zone.example.", algorithm});
                   }});
  }
  out.push_back({"DS records with SHA-256 and SHA-384", kSecure, [](Scene& s) {
                   plant_zone(s, {.name = "zone.example.", .digests = {2, 4}});
                 }});
  out.push_back({"a DS record with SHA-384 alone", kSecure,
                 [](Scene& s) { plant_zone(s, {.name = "zone.example.", .digests = {4}}); }});
  out.push_back({"a DS record with SHA-1 beside one with SHA-256", kSecure, [](Scene& s) {
                   plant_zone(s, {.name = "zone.example.", .digests = {1, 2}});
                 }});
  out.push_back({"a DS record with SHA-1 alone", kInsecure,
                 [](Scene& s) { plant_zone(s, {.name = "zone.example.", .digests = {1}}); }});
  out.push_back({"a DS record with an unknown digest alone", kInsecure,
                 [](Scene& s) { plant_zone(s, {.name = "zone.example.", .digests = {200}}); }});
  out.push_back({"a DS record with an unknown digest beside a known one", kSecure, [](Scene& s) {
                   plant_zone(s, {.name = "zone.example.", .digests = {200, 2}});
                 }});
}

/// A DS record of the same zone with another algorithm number.
void with_ds_algorithm(Scene& s, std::uint8_t algorithm, bool alone) {
  s.tree.zone({"example."});
  const SignedZone child({"zone.example."}, s.tree.inception(), s.tree.expiration());
  Record other = child.ds().front();
  other.rdata[2] = static_cast<std::byte>(algorithm);
  if (alone) {
    s.tree.zone({.name = "zone.example.", .digests = {}});
  } else {
    s.tree.zone({"zone.example."});
  }
  s.tree.at("example.").add(other.owner, RrType::ds, other.rdata, 3600);
  s.tree.tlsa(kOwner);
}

void ds_cases(TreeCases& out) {
  for (const int number : {1, 5, 7, 12, 17, 200, 253}) {
    const auto algorithm = static_cast<std::uint8_t>(number);
    const std::string title = "a DS record with algorithm " + std::to_string(number);
    out.push_back({title + " alone", kInsecure,
                   [algorithm](Scene& s) { with_ds_algorithm(s, algorithm, true); }});
    out.push_back({title + " beside a good one", kSecure,
                   [algorithm](Scene& s) { with_ds_algorithm(s, algorithm, false); }});
  }
}

void rollover_cases(TreeCases& out) {
  out.push_back({"one key for all (CSK)", kSecure,
                 [](Scene& s) { plant_zone(s, {.name = "zone.example.", .one_key = true}); }});
  out.push_back({"a standby KSK that signs nothing", kSecure, [](Scene& s) {
                   plant_zone(s, {"zone.example."}, [](SignedZone& zone) {
                     zone.keys.push_back({&extra("standby"), 257});
                   });
                 }});
  out.push_back({"two ZSKs that both sign", kSecure, [](Scene& s) {
                   plant_zone(s, {"zone.example."}, [](SignedZone& zone) {
                     zone.keys.push_back({&extra("second zsk"), 256, false, true});
                   });
                 }});
  out.push_back({"two KSKs that both sign", kSecure, [](Scene& s) {
                   plant_zone(s, {"zone.example."}, [](SignedZone& zone) {
                     zone.keys.push_back({&extra("second ksk"), 257, true, false});
                   });
                 }});
  out.push_back({"a second algorithm signs too", kSecure, [](Scene& s) {
                   plant_zone(s, {"zone.example."}, [](SignedZone& zone) {
                     zone.keys.push_back({&extra("rsa", 8), 257, true, true});
                   });
                 }});
  out.push_back({"a revoked key beside the good ones", kSecure, [](Scene& s) {
                   plant_zone(s, {"zone.example."}, [](SignedZone& zone) {
                     zone.keys.push_back({&extra("revoked"), 257 | 128, true, true});
                   });
                 }});
  out.push_back(
      {"a DS record for a key that is not there yet, beside a good one", kSecure, [](Scene& s) {
         plant_zone(s, {"zone.example."});
         const SignedZone next({.name = "zone.example.", .algorithm = 15}, s.tree.inception(),
                               s.tree.expiration());
         s.tree.at("example.")
             .add(name("zone.example."), RrType::ds, next.ds().front().rdata, 3600);
       }});
  out.push_back(
      {"the secure entry point flag is missing", kSecure, [](Scene& s) {
         s.tree.zone({"example."});
         s.tree.zone({.name = "zone.example.", .digests = {}});
         SignedZone& zone = s.tree.at("zone.example.");
         zone.keys.front().flags = 256;
         SignedZone alike({"zone.example."}, s.tree.inception(), s.tree.expiration());
         alike.keys = zone.keys;
         s.tree.at("example.").add(zone.apex(), RrType::ds, alike.ds().front().rdata, 3600);
         s.tree.tlsa(kOwner);
       }});
}

void anchor_cases(TreeCases& out) {
  const auto with_anchor = [](std::string title, VerdictKind kind,
                              std::function<std::string(Scene&)> anchor) {
    return TreeCase{"trust anchor: " + std::move(title), kind,
                    [anchor = std::move(anchor)](Scene& s) {
                      plant_tlsa(s);
                      s.anchor = anchor(s);
                    }};
  };
  const auto keys_of = [](Scene& s, std::string_view zone) {
    return to_text(s.tree.at(zone).dnskey().front()) + "\n";
  };
  out.push_back(
      with_anchor("the root's DNSKEY", kSecure, [=](Scene& s) { return keys_of(s, "."); }));
  out.push_back(with_anchor("a DS of a zone below the root", kSecure,
                            [](Scene& s) { return s.tree.anchor_text("example."); }));
  out.push_back(with_anchor("a DNSKEY of the leaf zone", kSecure,
                            [=](Scene& s) { return keys_of(s, "zone.example."); }));
  out.push_back(with_anchor("the root's and the leaf zone's", kSecure, [](Scene& s) {
    return s.tree.anchor_text() + s.tree.anchor_text("zone.example.");
  }));
  out.push_back(with_anchor("an old key beside the present one", kSecure, [](Scene& s) {
    const SignedZone old({".", 15}, s.tree.inception(), s.tree.expiration());
    return to_text(old.ds().front()) + "\n" + s.tree.anchor_text();
  }));
  out.push_back(with_anchor("one of another branch beside the root's", kSecure, [](Scene& s) {
    return s.tree.anchor_text() + "other. IN DS 1 13 2 " + std::string(64, 'a') + "\n";
  }));
}

void strangeness_cases(TreeCases& out) {
  out.push_back({"TTL 0 everywhere in the leaf zone", kSecure, [](Scene& s) {
                   s.tree.zone({"example."}).zone({.name = "zone.example.", .ttl = 0});
                   s.tree.tlsa(kOwner, 1, 0);
                 }});
  out.push_back({"TTLs that have run down", kSecure, [](Scene& s) {
                   plant_tlsa(s);
                   for (Record& record : s.take_chain()) record.ttl = 7;
                 }});
  out.push_back({"every record twice", kSecure, [](Scene& s) {
                   plant_tlsa(s);
                   append(s.take_chain(), s.tree.chain(s.service()));
                 }});
  out.push_back({"records of other types and of another class besides", kSecure, [](Scene& s) {
                   plant_tlsa(s);
                   s.take_chain();
                   s.records.push_back({name(kOwner), RrType::a, 1, 5, {}});
                   s.records.push_back({name(kOwner), RrType{65280}, 1, 5, {}});
                   s.records.push_back({name(kOwner), RrType::tlsa, 3, 5, dnschain::Bytes(35)});
                 }});
  out.push_back(
      {"a broken DS RRset for a name that is no zone cut", kSecure, [](Scene& s) {
         plant_tlsa(s);
         s.take_chain();
         s.records.push_back({name("dot.zone.example."), RrType::ds, 1, 5, dnschain::Bytes(36)});
       }});
  out.push_back({"a second signature that has expired", kSecure, [](Scene& s) {
                   plant_tlsa(s);
                   s.take_chain();
                   const auto good = s.records;
                   sign_anew(s, kOwner, RrType::tlsa, "zone.example.", [&](SignatureSpec& spec) {
                     spec.expiration = s.now - std::chrono::seconds(1);
                   });
                   append(s.records, good);
                 }});
  out.push_back({"a signature that ends this very second", kSecure, [](Scene& s) {
                   plant_tlsa(s);
                   s.take_chain();
                   s.now = s.tree.expiration();
                 }});
  out.push_back({"signatures across the end of 32 bits in 2106", kSecure, [](Scene& s) {
                   s.now = dnschain::WallTime(std::chrono::seconds((1LL << 32) - 5));
                   s.tree = SignedTree({"."}, s.now);
                   plant_tlsa(s);
                   s.now += std::chrono::seconds(60);
                 }});
  out.push_back(
      {"NSEC3 with salt and the most iterations that are followed", kDenial, [](Scene& s) {
         s.tree.zone(
             {.name = "example.", .denial = Denial::nsec3, .iterations = 150, .salt = "salt"});
       }});
  out.push_back({"NSEC3 with more iterations than are followed", kInsecure, [](Scene& s) {
                   s.tree.zone({.name = "example.", .denial = Denial::nsec3, .iterations = 151});
                 }});
  out.push_back(
      {"more iterations than are followed do not matter for a TLSA RRset", kSecure, [](Scene& s) {
         s.tree.zone({.name = "example.", .denial = Denial::nsec3, .iterations = 500});
         s.tree.tlsa(kOwner);
       }});
  out.push_back({"parent's and child's NSEC at one name", kDenial, [](Scene& s) {
                   plant(s);
                   // The alias leads to a name that the parent's NSEC at the child's apex covers.
                   s.tree.cname(kOwner, "zonf.example.").cname("a.zone.example.", "b.example.");
                   s.take_chain();
                   append(s.records, s.tree.at("zone.example.").matching(name("zone.example.")));
                 }});
}

}  // namespace

TreeCases key_cases() {
  TreeCases out;
  algorithm_cases(out);
  ds_cases(out);
  rollover_cases(out);
  anchor_cases(out);
  strangeness_cases(out);
  return out;
}

}  // namespace mooring::test
