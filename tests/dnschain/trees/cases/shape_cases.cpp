// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

namespace mooring::test {
namespace {

using dnschain::RrType;
using dnschain::VerdictKind;

constexpr auto kSecure = VerdictKind::secure;
constexpr auto kDenial = VerdictKind::denial;
constexpr auto kInsecure = VerdictKind::insecure;

/// A case for each kind of denial. In an opt-out span it cannot be told whether a name that does
/// not exist is in an unsigned zone: `with_opt_out` is what that makes of the verdict.
struct Shape {
  const char* title;
  VerdictKind expected;
  VerdictKind with_opt_out;
  std::function<void(Scene&, Denial)> make;
};

void secure_shapes(std::vector<Shape>& out) {
  out.push_back({"TLSA in a zone two cuts below the root", kSecure, kSecure,
                 [](Scene& s, Denial d) { plant_tlsa(s, d); }});
  out.push_back({"TLSA in the root zone", kSecure, kSecure, [](Scene& s, Denial d) {
                   s.tree = SignedTree({".", 13, d}, s.tree.now());
                   s.tree.tlsa(kOwner);
                 }});
  out.push_back(
      {"TLSA under empty non-terminals of the top zone", kSecure, kSecure, [](Scene& s, Denial d) {
         s.tree.zone({"example.", 13, d}).tlsa(kOwner);
       }});
  out.push_back({"_tcp is a zone of its own", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({"_tcp.dot.zone.example.", 13, d}).tlsa(kOwner);
                 }});
  out.push_back({"the TLSA owner is a zone of its own", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({kOwner, 13, d}).tlsa(kOwner);
                 }});
  out.push_back({"every label is a zone of its own", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({"dot.zone.example.", 13, d});
                   s.tree.zone({"_tcp.dot.zone.example.", 13, d}).zone({kOwner, 13, d});
                   s.tree.tlsa(kOwner);
                 }});
  out.push_back({"several TLSA records", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant_tlsa(s, d);
                   s.tree.tlsa(kOwner, 1).tlsa(kOwner, 2);
                 }});
  out.push_back({"mixed case in zone and owner", kSecure, kSecure, [](Scene& s, Denial d) {
                   s.tree.zone({"EXample.", 13, d}).zone({"Zone.exAMPLE.", 13, d});
                   s.tree.tlsa("_853._TCP.doT.zone.Example.");
                 }});
}

void alias_shapes(std::vector<Shape>& out) {
  out.push_back({"CNAME within the zone", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.cname(kOwner, "tlsa.zone.example.").tlsa("tlsa.zone.example.");
                 }});
  out.push_back({"CNAME to another top level", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({"other.", 15, d}).zone({"far.other.", 15, d});
                   s.tree.cname(kOwner, "x.far.other.").tlsa("x.far.other.");
                 }});
  out.push_back({"a chain of three CNAMEs over zones", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({"other.", 13, d});
                   s.tree.cname(kOwner, "a.other.").cname("a.other.", "b.example.");
                   s.tree.cname("b.example.", "c.zone.example.").tlsa("c.zone.example.");
                 }});
  out.push_back({"DNAME within the zone", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.dname("dot.zone.example.", "moved.zone.example.");
                   s.tree.tlsa("_853._tcp.moved.zone.example.");
                 }});
  out.push_back(
      {"DNAME at the apex to another top level", kSecure, kSecure, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.zone({"other.", 13, d}).dname("zone.example.", "other.");
         s.tree.tlsa("_853._tcp.dot.other.");
       }});
  out.push_back({"DNAME that leads to a CNAME", kSecure, kSecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.dname("dot.zone.example.", "moved.example.");
                   s.tree.cname("_853._tcp.moved.example.", "x.zone.example.");
                   s.tree.tlsa("x.zone.example.");
                 }});
  out.push_back({"CNAME to where nothing is", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.cname(kOwner, "gone.zone.example.");
                 }});
  out.push_back({"CNAME to where no TLSA is", kDenial, kDenial, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.cname(kOwner, "here.zone.example.").address("here.zone.example.");
                 }});
  out.push_back(
      {"CNAME to a wildcard's name that is not there", kDenial, kInsecure, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.cname(kOwner, "*.zone.example.");
       }});
  out.push_back({"CNAME into an unsigned zone", kInsecure, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({.name = "plain.example.", .is_signed = false});
                   s.tree.cname(kOwner, "x.plain.example.").tlsa("x.plain.example.");
                 }});
  out.push_back({"DNAME to where nothing is", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.dname("dot.zone.example.", "gone.zone.example.");
                 }});
  out.push_back({"DNAME into an unsigned zone", kInsecure, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({.name = "plain.example.", .is_signed = false});
                   s.tree.dname("dot.zone.example.", "plain.example.");
                 }});
}

void wildcard_shapes(std::vector<Shape>& out) {
  out.push_back({"wildcard TLSA under _tcp", kSecure, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.tlsa("*._tcp.dot.zone.example.");
                 }});
  out.push_back({"wildcard TLSA at the apex", kSecure, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.tlsa("*.zone.example.");
                 }});
  out.push_back({"wildcard CNAME", kSecure, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.cname("*.dot.zone.example.", "x.zone.example.");
                   s.tree.tlsa("x.zone.example.");
                 }});
  // The parent's NSEC at the cut covers the name, the child's at its apex denies the TLSA.
  out.push_back({"wildcard CNAME to a signed zone just before the name", kDenial, kInsecure,
                 [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.zone({"c.zone.example.", 13, d});
                   s.tree.cname("*.zone.example.", "c.zone.example.");
                 }});
  out.push_back({"wildcard without TLSA", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.address("*.dot.zone.example.");
                 }});
  out.push_back(
      {"wildcard that is an empty non-terminal", kDenial, kInsecure, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.address("x.*.dot.zone.example.");
       }});
  out.push_back(
      {"wildcard TLSA hidden by an existing name", kDenial, kInsecure, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.tlsa("*.zone.example.").address("dot.zone.example.");
       }});
}

void denial_shapes(std::vector<Shape>& out) {
  out.push_back({"other types at the TLSA owner", kDenial, kDenial, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.address(kOwner);
                 }});
  out.push_back(
      {"the TLSA owner is an empty non-terminal", kDenial, kDenial, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.address("x." + kOwner);
       }});
  out.push_back({"another port has TLSA", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.tlsa("_443._tcp.dot.zone.example.").tlsa("_8853._tcp.dot.zone.example.");
                 }});
  out.push_back({"nothing below the base domain", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.address("dot.zone.example.");
                 }});
  out.push_back({"the base domain does not exist", kDenial, kInsecure, [](Scene& s, Denial d) {
                   plant(s, d);
                   s.tree.address("aaa.zone.example.").address("zzz.zone.example.");
                 }});
  out.push_back(
      {"an otherwise empty zone", kDenial, kInsecure, [](Scene& s, Denial d) { plant(s, d); }});
  out.push_back({"the zone does not exist", kDenial, kInsecure, [](Scene& s, Denial d) {
                   s.tree.zone({"example.", 13, d});
                   s.tree.address("yyy.example.").address("zzzz.example.");
                 }});
  out.push_back(
      {"the zone's apex has no TLSA at its own name", kDenial, kDenial, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.zone({kOwner, 13, d});
       }});
  out.push_back({"an unsigned zone two labels up", kInsecure, kInsecure, [](Scene& s, Denial d) {
                   s.tree.zone({"example.", 13, d});
                   s.tree.zone({.name = "zone.example.", .is_signed = false}).tlsa(kOwner);
                 }});
  out.push_back(
      {"an unsigned zone at the TLSA owner", kInsecure, kInsecure, [](Scene& s, Denial d) {
         plant(s, d);
         s.tree.zone({.name = kOwner, .is_signed = false}).tlsa(kOwner);
       }});
  out.push_back({"an unsigned zone under an empty non-terminal", kInsecure, kInsecure,
                 [](Scene& s, Denial d) {
                   s.tree.zone({"example.", 13, d});
                   s.tree.zone({.name = "dot.zone.example.", .is_signed = false}).tlsa(kOwner);
                 }});
  out.push_back(
      {"a signed zone below an unsigned one", kInsecure, kInsecure, [](Scene& s, Denial d) {
         s.tree.zone({.name = "example.", .is_signed = false});
         s.tree.zone({"zone.example.", 13, d}).tlsa(kOwner);
       }});
}

}  // namespace

TreeCases shape_cases() {
  std::vector<Shape> shapes;
  secure_shapes(shapes);
  alias_shapes(shapes);
  wildcard_shapes(shapes);
  denial_shapes(shapes);
  TreeCases cases;
  for (const Shape& shape : shapes)
    for (const Denial denial : {Denial::nsec, Denial::nsec3, Denial::nsec3_opt_out})
      cases.push_back({std::string(shape.title) + ", " + text_of(denial),
                       denial == Denial::nsec3_opt_out ? shape.with_opt_out : shape.expected,
                       [make = shape.make, denial](Scene& scene) { make(scene, denial); }});
  return cases;
}

}  // namespace mooring::test
