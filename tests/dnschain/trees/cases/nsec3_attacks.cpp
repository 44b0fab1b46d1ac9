// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "cases/scene.hpp"
#include "dnschain/dns/rdata.hpp"

namespace mooring::test {
namespace {

using dnschain::Bytes;
using dnschain::Name;
using dnschain::Record;
using dnschain::RrType;
using dnschain::VerdictKind;

TreeCase attack(std::string title, std::function<void(Scene&)> make) {
  return {std::move(title), VerdictKind::bogus, std::move(make)};
}

/// The first label of the NSEC3 record that matches or covers a name.
Name owner_matching(Scene& s, std::string_view zone, std::string_view at) {
  return s.tree.at(zone).matching(name(at)).front().owner;
}
Name owner_covering(Scene& s, std::string_view zone, std::string_view at) {
  return s.tree.at(zone).covering(name(at)).front().owner;
}

/// An honest name error below "dot.zone.example.", which exists, then altered.
TreeCase name_error(std::string title, std::function<void(Scene&)> how) {
  return attack(std::move(title), [how = std::move(how)](Scene& s) {
    plant(s, Denial::nsec3);
    s.tree.address("dot.zone.example.").address("a.zone.example.").address("b.zone.example.");
    s.take_chain();
    how(s);
  });
}

/// An honest proof that there is no TLSA at the name, then altered.
TreeCase no_data(std::string title, std::function<void(Scene&)> how) {
  return attack(std::move(title), [how = std::move(how)](Scene& s) {
    plant(s, Denial::nsec3);
    s.tree.address(kOwner);
    s.take_chain();
    how(s);
  });
}

/// Replaces the type list; the octets before it stay.
void set_types(Record& record, const std::vector<RrType>& types) {
  const std::size_t salt = std::to_integer<std::size_t>(record.rdata[4]);
  const std::size_t next = std::to_integer<std::size_t>(record.rdata[5 + salt]);
  record.rdata.resize(6 + salt + next);
  const Bytes bitmap = type_bitmap(types);
  record.rdata.insert(record.rdata.end(), bitmap.begin(), bitmap.end());
}

/// Makes the next hash the record's own, counted up by one.
void end_right_after_itself(Record& record) {
  static const std::string digits = "0123456789abcdefghijklmnopqrstuv";
  std::array<std::byte, 20> hash{};
  std::size_t bit = 0;
  for (const std::byte c : record.owner.wire().subspan(1, 32)) {
    const auto value = digits.find(static_cast<char>(std::to_integer<int>(c) | 0x20));
    const auto digit = value == std::string::npos ? std::to_integer<std::size_t>(c) - '0' : value;
    for (int i = 4; i >= 0; --i, ++bit)
      if ((digit >> i & 1) != 0) hash[bit / 8] |= static_cast<std::byte>(0x80U >> (bit % 8));
  }
  for (std::size_t i = hash.size(); i-- > 0;) {
    hash[i] = static_cast<std::byte>(std::to_integer<unsigned>(hash[i]) + 1);
    if (hash[i] != std::byte{0}) break;
  }
  std::ranges::copy(hash, record.rdata.begin() + 6);
}

/// Has the zone sign the record at `owner` again with other types.
void with_types(Scene& s, const Name& owner, const std::vector<RrType>& types) {
  change_denials(s, "zone.example.", [&](Record& record) {
    if (record.owner == owner) set_types(record, types);
  });
}

void no_data_attacks(TreeCases& out) {
  const auto types = [](std::string title, std::vector<RrType> list) {
    return no_data("NSEC3 at the name " + std::move(title), [=](Scene& s) {
      with_types(s, owner_matching(s, "zone.example.", kOwner), list);
    });
  };
  out.push_back(types("lists TLSA", {RrType::tlsa}));
  out.push_back(types("lists CNAME", {RrType::cname}));
  out.push_back(types("is from above a signed zone cut", {RrType::ns, RrType::ds}));
  out.push_back(no_data("NSEC3 at the name has no signature", [](Scene& s) {
    drop_signatures(s, owner_matching(s, "zone.example.", kOwner).text(), RrType::nsec3);
  }));
  out.push_back(no_data("NSEC3 has an unknown hash algorithm", [](Scene& s) {
    change_denials(s, "zone.example.", [](Record& record) { record.rdata[0] = std::byte{2}; });
  }));
  out.push_back(no_data("NSEC3 has an unknown flag", [](Scene& s) {
    change_denials(s, "zone.example.", [](Record& record) { record.rdata[1] = std::byte{2}; });
  }));
  out.push_back(no_data("NSEC3 has another salt than it was hashed with", [](Scene& s) {
    change_denials(s, "zone.example.", [](Record& record) {
      record.rdata[4] = std::byte{1};
      record.rdata.insert(record.rdata.begin() + 5, std::byte{0x55});
    });
  }));
  out.push_back(no_data("NSEC3 has other iterations than it was hashed with", [](Scene& s) {
    change_denials(s, "zone.example.", [](Record& record) { record.rdata[3] = std::byte{7}; });
  }));
  out.push_back(no_data("NSEC3 of the parent zone", [](Scene& s) {
    const Name at = owner_matching(s, "zone.example.", kOwner);
    sign_anew(s, at.text(), RrType::nsec3, "example.");
  }));
  out.push_back(no_data("NSEC3 under a name below the apex", [](Scene& s) {
    const Name at = owner_matching(s, "zone.example.", kOwner);
    const Name moved = *at.moved(name("zone.example."), name("x.zone.example."));
    for (Record& record : s.records)
      if (record.owner == at) record.owner = moved;
    sign_anew(s, moved.text(), RrType::nsec3, "zone.example.");
  }));
  out.push_back(no_data("NSEC3 for another name", [](Scene& s) {
    drop(s, owner_matching(s, "zone.example.", kOwner).text(), RrType::nsec3);
    append(s.records, s.tree.at("zone.example.").matching(name("dot.zone.example.")));
  }));
  out.push_back(no_data("NSEC3 with two records at one hash", [](Scene& s) {
    const Name at = owner_matching(s, "zone.example.", kOwner);
    Record other;
    for (const Record& record : s.records)
      if (record.owner == at && record.type == RrType::nsec3) other = record;
    set_types(other, {RrType::ns});
    s.records.push_back(other);
    sign_anew(s, at.text(), RrType::nsec3, "zone.example.");
  }));
}

void name_error_attacks(TreeCases& out) {
  const struct {
    const char* title;
    const char* at;
    bool matching;
  } parts[] = {{"the closest encloser", "dot.zone.example.", true},
               {"the next closer name", "_tcp.dot.zone.example.", false},
               {"the wildcard", "*.dot.zone.example.", false}};
  for (const auto& part : parts) {
    const auto owner = [part](Scene& s) {
      return part.matching ? owner_matching(s, "zone.example.", part.at)
                           : owner_covering(s, "zone.example.", part.at);
    };
    out.push_back(name_error(std::string("NSEC3 for ") + part.title + " is missing",
                             [owner](Scene& s) { drop(s, owner(s).text(), RrType::nsec3); }));
    out.push_back(
        name_error(std::string("NSEC3 for ") + part.title + " is unsigned",
                   [owner](Scene& s) { drop_signatures(s, owner(s).text(), RrType::nsec3); }));
    out.push_back(name_error(std::string("NSEC3 for ") + part.title + " has other parameters",
                             [owner](Scene& s) {
                               const Name at = owner(s);
                               change_denials(s, "zone.example.", [&](Record& record) {
                                 if (record.owner == at) record.rdata[3] = std::byte{1};
                               });
                             }));
    if (part.matching) continue;
    // A span of nothing: just before the hash that it must hold.
    out.push_back(
        name_error(std::string("NSEC3 for ") + part.title + " ends too early", [owner](Scene& s) {
          const Name at = owner(s);
          change_denials(s, "zone.example.", [&](Record& record) {
            if (record.owner == at) end_right_after_itself(record);
          });
        }));
  }
  const auto encloser = [](std::string title, std::vector<RrType> list) {
    return name_error("the closest encloser " + std::move(title), [=](Scene& s) {
      with_types(s, owner_matching(s, "zone.example.", "dot.zone.example."), list);
    });
  };
  out.push_back(encloser("is a signed zone cut", {RrType::ns, RrType::ds}));
  out.push_back(encloser("has a DNAME", {RrType::dname}));
  out.push_back(name_error("the wildcard has TLSA", [](Scene& s) {
    s.tree.tlsa("*.dot.zone.example.");
    std::erase_if(s.records, [](const Record& record) {
      return record.owner.labels() == 3 && record.owner.is_below(name("zone.example."));
    });
    const SignedZone& zone = s.tree.at("zone.example.");
    append(s.records, zone.matching(name("dot.zone.example.")));
    append(s.records, zone.covering(name("_tcp.dot.zone.example.")));
    append(s.records, zone.matching(name("*.dot.zone.example.")));
  }));
  out.push_back(name_error("a farther encloser is presented as the closest", [](Scene& s) {
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
    const SignedZone& zone = s.tree.at("zone.example.");
    append(s.records, zone.matching(name("zone.example.")));
    append(s.records, zone.covering(name("_tcp.dot.zone.example.")));
    append(s.records, zone.covering(name("*.zone.example.")));
  }));
}

void wildcard_attacks(TreeCases& out) {
  out.push_back(attack("a wildcard TLSA without NSEC3", [](Scene& s) {
    plant(s, Denial::nsec3);
    s.tree.tlsa("*._tcp.dot.zone.example.");
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
  }));
  out.push_back(attack("a wildcard TLSA replayed where the name exists, NSEC3", [](Scene& s) {
    plant(s, Denial::nsec3);
    s.tree.tlsa("*._tcp.dot.zone.example.");
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
    s.tree.tlsa(kOwner, 1);
    append(s.records, s.tree.at("zone.example.").matching(name(kOwner)));
    append(s.records, s.tree.at("zone.example.").matching(name("_tcp.dot.zone.example.")));
  }));
  out.push_back(attack("a wildcard TLSA from above a closer name, NSEC3", [](Scene& s) {
    plant(s, Denial::nsec3);
    s.tree.tlsa("*.zone.example.");
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
    s.tree.tlsa("*.dot.zone.example.", 1);
    append(s.records, s.tree.at("zone.example.").covering(name(kOwner)));
  }));
}

void unsigned_zone_attacks(TreeCases& out) {
  out.push_back(attack("opt-out is claimed where there is none", [](Scene& s) {
    s.tree.zone({"example.", 13, Denial::nsec3});
    s.tree.address("a.example.");
    s.take_chain();
    std::erase_if(s.records, [&](const Record& record) {
      return record.owner == owner_covering(s, "example.", "*.example.") &&
             record.owner != owner_covering(s, "example.", "zone.example.");
    });
    // Without the wildcard it would be no name error; with one span for both it must be.
    if (owner_covering(s, "example.", "*.example.") ==
        owner_covering(s, "example.", "zone.example."))
      drop(s, owner_matching(s, "example.", "example.").text(), RrType::nsec3);
  }));
  out.push_back(attack("the opt-out flag is set by the attacker", [](Scene& s) {
    plant_tlsa(s, Denial::nsec3);
    s.take_chain();
    drop(s, "zone.example.", RrType::ds);
    append(s.records, s.tree.at("example.").matching(name("example.")));
    append(s.records, s.tree.at("example.").covering(name("other.example.")));
    for (Record& record : s.records)
      if (record.type == RrType::nsec3) record.rdata[1] = std::byte{1};
  }));
  out.push_back(attack("an opt-out span that does not hold the zone", [](Scene& s) {
    s.tree.zone({"example.", 13, Denial::nsec3_opt_out}).zone({"zone.example."}).tlsa(kOwner);
    s.take_chain();
    drop(s, "zone.example.", RrType::ds);
    append(s.records, s.tree.at("example.").matching(name("example.")));
    append(s.records, s.tree.at("example.").matching(name("zone.example.")));
  }));
  out.push_back(attack("an opt-out span without the closest encloser", [](Scene& s) {
    s.tree.zone({"example.", 13, Denial::nsec3_opt_out}).address("a.example.");
    s.tree.zone({.name = "zone.example.", .is_signed = false}).tlsa(kOwner);
    s.take_chain();
    const Name apex = owner_matching(s, "example.", "example.");
    if (apex == owner_covering(s, "example.", "zone.example."))
      std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
    else
      drop(s, apex.text(), RrType::nsec3);
  }));
  const auto no_ds = [](std::string title, std::vector<RrType> list) {
    return attack(std::move(title), [=](Scene& s) {
      plant_tlsa(s, Denial::nsec3);
      s.take_chain();
      drop(s, "zone.example.", RrType::ds);
      auto proof = s.tree.at("example.").matching(name("zone.example."));
      set_types(proof.front(), list);
      append(s.records, s.tree.at("example.").sign({proof.front()}));
    });
  };
  out.push_back(no_ds("NSEC3 at the zone cut lists DS", {RrType::ns, RrType::ds}));
  out.push_back(no_ds("NSEC3 at the zone cut has the child's SOA", {RrType::ns, RrType::soa}));
  out.push_back(no_ds("NSEC3 at the zone cut does not list NS", {RrType::a}));
  out.push_back(attack("the proof by NSEC3 that there is no DS is missing", [](Scene& s) {
    s.tree.zone({"example.", 13, Denial::nsec3});
    s.tree.zone({.name = "zone.example.", .is_signed = false}).tlsa(kOwner);
    s.take_chain();
    std::erase_if(s.records, [](const Record& record) { return record.type == RrType::nsec3; });
  }));
  out.push_back(attack("too many iterations, unsigned", [](Scene& s) {
    s.tree.zone({.name = "example.", .denial = Denial::nsec3, .iterations = 2000});
    s.take_chain();
    for (Record& record : s.records)
      if (const auto rrsig = dnschain::parse_rrsig(record.rdata);
          record.type == RrType::rrsig && rrsig && rrsig->covered == RrType::nsec3)
        record.rdata.back() ^= std::byte{1};
  }));
}

}  // namespace

TreeCases nsec3_attacks() {
  TreeCases out;
  no_data_attacks(out);
  name_error_attacks(out);
  wildcard_attacks(out);
  unsigned_zone_attacks(out);
  return out;
}

}  // namespace mooring::test
