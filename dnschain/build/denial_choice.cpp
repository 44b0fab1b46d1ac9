// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/denial_choice.hpp"

#include <algorithm>

#include "dnschain/build/nsec_view.hpp"

namespace mooring::dnschain {
namespace {

/// RFC 9276, 3.2: beyond some count a zone's NSEC3 records are as good as none, and hashing for
/// them is work that a stranger would set us.
constexpr std::uint16_t kMaxIterations = 150;

/// A delegation's or alias's own record says nothing of names below it, nor, seen from the parent,
/// of the types at a zone's apex other than DS (RFC 4035, 5.4; RFC 5155, 8.3 and 8.9).
bool is_delegation(const TypeBitmap& types) {
  return types.has(RrType::ns) && !types.has(RrType::soa);
}

void add(DenialChoice& choice, const AnswerRrset* rrset) {
  if (std::ranges::find(choice.rrsets, rrset) == choice.rrsets.end())
    choice.rrsets.push_back(rrset);
}

DenialKind judge_types(const TypeBitmap& types, RrType type) {
  if (types.has(type) || types.has(RrType::cname)) return DenialKind::none;
  if (type == RrType::ds) {
    if (types.has(RrType::soa)) return DenialKind::none;  // the child's, which knows of no DS
    return types.has(RrType::ns) ? DenialKind::delegation : DenialKind::no_data;
  }
  return is_delegation(types) ? DenialKind::none : DenialKind::no_data;
}

Name common_ancestor(const Name& a, const Name& b) {
  Name out = a;
  while (!b.is_at_or_below(out)) out = out.parent();
  return out;
}

/// "*.<name>", or the root where that would be too long for a name.
Name wildcard_of(const Name& name) {
  return name.with_label("*").value_or(Name());
}

/// The NSEC records of one zone.
class NsecZone {
 public:
  explicit NsecZone(std::vector<NsecView> views) : views_(std::move(views)) {}

  DenialChoice deny(const Name& name, RrType type) const {
    DenialChoice out;
    if (const NsecView* match = matching(name)) {
      out.kind = judge_types(match->types, type);
      if (out.kind != DenialKind::none) add(out, match->rrset);
      return out;
    }
    const NsecView* cover = covering(name);
    if (cover == nullptr) {
      out.missing.push_back({name, RrType::ds});
      return out;
    }
    add(out, cover->rrset);
    if (cover->next.is_below(name)) {  // an empty non-terminal
      out.kind = DenialKind::no_data;
      return out;
    }
    deny_wildcard(name, type, *cover, out);
    return out;
  }

  DenialChoice deny_next_closer(const Name& name) const {
    DenialChoice out;
    const NsecView* cover = covering(name);
    if (cover != nullptr && !cover->next.is_at_or_below(name)) {
      out.kind = DenialKind::name_error;
      add(out, cover->rrset);
    } else {
      out.missing.push_back({name, RrType::ds});
    }
    return out;
  }

 private:
  const NsecView* matching(const Name& name) const {
    const auto found =
        std::ranges::find_if(views_, [&](const NsecView& view) { return view.matches(name); });
    return found == views_.end() ? nullptr : &*found;
  }
  const NsecView* covering(const Name& name) const {
    const auto found = std::ranges::find_if(views_, [&](const NsecView& view) {
      const bool above = name.is_below(view.rrset->owner);
      const bool barred = above && (is_delegation(view.types) || view.types.has(RrType::dname));
      return !barred && view.covers(name);
    });
    return found == views_.end() ? nullptr : &*found;
  }
  void deny_wildcard(const Name& name, RrType type, const NsecView& cover,
                     DenialChoice& out) const {
    const Name by_owner = common_ancestor(name, cover.rrset->owner);
    const Name by_next = common_ancestor(name, cover.next);
    const Name wildcard = wildcard_of(by_owner.labels() > by_next.labels() ? by_owner : by_next);
    if (const NsecView* match = matching(wildcard)) {
      out.kind = judge_types(match->types, type);
      add(out, match->rrset);
    } else if (const NsecView* none = covering(wildcard)) {
      out.kind = DenialKind::name_error;
      add(out, none->rrset);
    } else {
      out.missing.push_back({wildcard, RrType::ds});
    }
  }

  std::vector<NsecView> views_;
};

/// The NSEC3 records of one zone that share the parameters of the first.
class Nsec3Zone {
 public:
  Nsec3Zone(std::vector<Nsec3View> views, Name apex)
      : views_(std::move(views)), apex_(std::move(apex)) {
    const auto costly = [](const Nsec3View& view) { return view.iterations > kMaxIterations; };
    const auto first_costly = std::ranges::find_if(views_, costly);
    if (first_costly != views_.end()) costly_ = first_costly->rrset;
    std::erase_if(views_, costly);
    if (views_.empty()) return;
    const Nsec3View first = views_.front();
    std::erase_if(views_, [&](const Nsec3View& view) {
      return view.iterations != first.iterations || !std::ranges::equal(view.salt, first.salt);
    });
  }

  DenialChoice deny(const Name& name, RrType type) const {
    DenialChoice out;
    if (views_.empty()) return give_up();
    if (const Nsec3View* match = matching(name)) {
      out.kind = judge_types(match->types, type);
      if (out.kind != DenialKind::none) add(out, match->rrset);
      return out;
    }
    deny_by_encloser(name, type, out);
    return out;
  }

  DenialChoice deny_next_closer(const Name& name) const {
    DenialChoice out;
    if (views_.empty()) return give_up();
    const Nsec3View* cover = covering(name);
    if (cover != nullptr) {
      out.kind = cover->opt_out ? DenialKind::insecure : DenialKind::name_error;  // RFC 5155, 9.2
      add(out, cover->rrset);
    } else {
      out.missing.push_back({name, RrType::ds});
    }
    return out;
  }

 private:
  /// Only records that would cost too much to follow: the zone counts as unsigned (RFC 9276, 3.2).
  DenialChoice give_up() const {
    DenialChoice out;
    if (costly_ == nullptr) return out;
    out.kind = DenialKind::insecure;
    out.costly = true;
    add(out, costly_);
    return out;
  }

  Sha1Digest hash(const Name& name) const {
    return nsec3_hash(name.lower().wire(), views_.front().salt, views_.front().iterations);
  }
  const Nsec3View* matching(const Name& name) const {
    const Sha1Digest wanted = hash(name);
    const auto found =
        std::ranges::find_if(views_, [&](const Nsec3View& view) { return view.matches(wanted); });
    return found == views_.end() ? nullptr : &*found;
  }
  const Nsec3View* covering(const Name& name) const {
    const Sha1Digest wanted = hash(name);
    const auto found =
        std::ranges::find_if(views_, [&](const Nsec3View& view) { return view.covers(wanted); });
    return found == views_.end() ? nullptr : &*found;
  }

  /// RFC 5155, 8.4 to 8.7: the closest encloser is there, the next closer name is not, and the
  /// wildcard is not or lacks the type.
  void deny_by_encloser(const Name& name, RrType type, DenialChoice& out) const {
    Name next_closer = name;
    const Nsec3View* encloser = nullptr;
    while (encloser == nullptr && next_closer.is_below(apex_)) {
      encloser = matching(next_closer.parent());
      if (encloser == nullptr) next_closer = next_closer.parent();
    }
    const Nsec3View* cover = encloser == nullptr ? nullptr : covering(next_closer);
    if (cover == nullptr) {
      out.missing.push_back({encloser == nullptr ? name : next_closer, RrType::ds});
      return;
    }
    if (is_delegation(encloser->types) || encloser->types.has(RrType::dname)) return;
    add(out, encloser->rrset);
    add(out, cover->rrset);
    if (cover->opt_out) {  // RFC 5155, 6: an unsigned delegation may be there
      out.kind = DenialKind::insecure;
      return;
    }
    deny_wildcard(wildcard_of(next_closer.parent()), type, out);
  }

  void deny_wildcard(const Name& wildcard, RrType type, DenialChoice& out) const {
    if (const Nsec3View* match = matching(wildcard)) {
      out.kind = judge_types(match->types, type);
      add(out, match->rrset);
    } else if (const Nsec3View* none = covering(wildcard)) {
      out.kind = DenialKind::name_error;
      add(out, none->rrset);
    } else {
      out.missing.push_back({wildcard, RrType::ds});
    }
  }

  std::vector<Nsec3View> views_;
  Name apex_;
  const AnswerRrset* costly_ = nullptr;
};

/// The candidates that one zone signed, read.
struct ZoneCandidates {
  Name zone;
  std::vector<NsecView> nsec;
  std::vector<Nsec3View> nsec3;
};

void sort_in(const AnswerRrset& rrset, std::vector<ZoneCandidates>& zones) {
  const bool nsec = rrset.type == RrType::nsec;
  if ((!nsec && rrset.type != RrType::nsec3) || next_closer_of(rrset)) return;
  const auto signer = signer_of(rrset);
  if (!signer) return;
  auto zone = std::ranges::find(zones, *signer, &ZoneCandidates::zone);
  if (zone == zones.end()) zone = zones.insert(zones.end(), {*signer, {}, {}});
  if (nsec) {
    if (auto view = NsecView::read(rrset)) zone->nsec.push_back(std::move(*view));
  } else if (auto view = Nsec3View::read(rrset)) {
    // An NSEC3 record of the zone is exactly one label below its apex (RFC 5155, 3).
    if (rrset.owner.labels() == signer->labels() + 1) zone->nsec3.push_back(*view);
  }
}

/// Zones that may hold `name`, the deepest first; for DS the parent's side only.
std::vector<ZoneCandidates> zones_for(const Name& name, RrType type,
                                      const std::vector<const AnswerRrset*>& candidates) {
  std::vector<ZoneCandidates> zones;
  for (const AnswerRrset* rrset : candidates) sort_in(*rrset, zones);
  std::erase_if(zones, [&](const ZoneCandidates& zone) {
    return type == RrType::ds ? !name.is_below(zone.zone) : !name.is_at_or_below(zone.zone);
  });
  std::ranges::stable_sort(zones, std::ranges::greater(),
                           [](const ZoneCandidates& zone) { return zone.zone.labels(); });
  return zones;
}

/// The first choice that denies; else the first that knows what is missing.
template <class Choose>
DenialChoice first_of(std::vector<ZoneCandidates>&& zones, Choose choose) {
  DenialChoice best;
  for (ZoneCandidates& zone : zones) {
    const bool hashed = zone.nsec.empty();
    if (hashed && zone.nsec3.empty()) continue;
    DenialChoice choice = hashed ? choose(Nsec3Zone(std::move(zone.nsec3), zone.zone))
                                 : choose(NsecZone(std::move(zone.nsec)));
    choice.signer = zone.zone;
    if (choice.kind != DenialKind::none) return choice;
    if (best.missing.empty()) best = std::move(choice);
  }
  return best;
}

}  // namespace

DenialChoice choose_denial(const Name& name, RrType type,
                           const std::vector<const AnswerRrset*>& candidates) {
  return first_of(zones_for(name, type, candidates),
                  [&](const auto& zone) { return zone.deny(name, type); });
}

DenialChoice choose_next_closer(const Name& next_closer, const Name& signer,
                                const std::vector<const AnswerRrset*>& candidates) {
  auto zones = zones_for(next_closer, RrType::tlsa, candidates);
  std::erase_if(zones, [&](const ZoneCandidates& zone) { return zone.zone != signer; });
  DenialChoice choice = first_of(
      std::move(zones), [&](const auto& zone) { return zone.deny_next_closer(next_closer); });
  if (choice.kind == DenialKind::none && choice.missing.empty())
    choice.missing.push_back({next_closer, RrType::ds});
  return choice;
}

}  // namespace mooring::dnschain
