// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {

bool is_insecure(DenialKind kind) {
  return kind == DenialKind::insecure_delegation || kind == DenialKind::opt_out ||
         kind == DenialKind::too_many_iterations;
}

DenialKind denied_by(const TypeBitmap& types, RrType type) {
  if (types.has(type) || types.has(RrType::cname)) return DenialKind::none;
  if (type == RrType::ds) {
    if (types.has(RrType::soa)) return DenialKind::none;  // the child's, which knows of no DS
    return types.has(RrType::ns) ? DenialKind::insecure_delegation : DenialKind::no_data;
  }
  return is_delegation(types) ? DenialKind::none : DenialKind::no_data;
}

/// The first usable record that the predicate holds for; null when there is none.
template <class Predicate>
const NsecView* NsecDenials::find(Predicate predicate) const {
  const auto found = std::ranges::find_if(records_, [&](const NsecView& record) {
    return predicate(record) && record.is_of(zone_) && accept_(record.place);
  });
  return found == records_.end() ? nullptr : &*found;
}

bool NsecDenials::knows(const Name& name) const {
  return std::ranges::any_of(records_, [&](const NsecView& record) {
    return record.owner == name && record.is_of(zone_);
  });
}

const NsecView* NsecDenials::denying(const Name& name, RrType type) const {
  return find([&](const NsecView& record) {
    return record.owner == name && denied_by(record.types, type) != DenialKind::none;
  });
}

Denial NsecDenials::deny(const Name& name, RrType type) const {
  if (const NsecView* at = denying(name, type))
    return {denied_by(at->types, type), name, {at->place}};
  Denial none;
  if (!knows(name)) none.missing = name;
  for (const NsecView& cover : records_) {
    if (!cover.covers(name, zone_) || !cover.is_of(zone_) || !accept_(cover.place)) continue;
    if (cover.next.is_below(name)) return {DenialKind::empty, name, {cover.place}};
    Denial denial = deny_wildcard(name, type, cover);
    if (denial.kind != DenialKind::none) return denial;
    none.missing = std::move(denial.missing);
  }
  return none;
}

/// The second half of a name error (RFC 4035, 3.1.3.2): after `cover` has shown that the name does
/// not exist, no wildcard stands in for it. An alias can lead to "*.<closest encloser>" itself:
/// then `cover` shows both.
Denial NsecDenials::deny_wildcard(const Name& name, RrType type, const NsecView& cover) const {
  const auto wildcard = cover.closest_encloser(name).with_label("*");
  if (!wildcard) return {};
  if (const NsecView* at = denying(*wildcard, type)) {
    const DenialKind kind = denied_by(at->types, type);
    return {kind == DenialKind::no_data ? DenialKind::no_data_at_wildcard : kind,
            *wildcard,
            {cover.place, at->place}};
  }
  const NsecView* none =
      find([&](const NsecView& record) { return record.covers(*wildcard, zone_); });
  if (none != nullptr) {
    Denial denial{DenialKind::name_error, name, {cover.place}};
    if (none->place != cover.place) denial.records.push_back(none->place);
    return denial;
  }
  Denial denial;
  if (!knows(*wildcard)) denial.missing = wildcard;
  return denial;
}

Denial NsecDenials::deny_name(const Name& name) const {
  const NsecView* cover = find([&](const NsecView& record) {
    return record.covers(name, zone_) && !record.next.is_below(name);
  });
  if (cover != nullptr) return {DenialKind::name_error, name, {cover->place}};
  Denial none;
  none.missing = name;
  return none;
}

Denial NsecDenials::cut(const Name& name) const {
  for (std::size_t up = name.labels() - zone_.labels(); up-- > 0;) {
    const Name at = name.without_first(up);
    const NsecView* found = find(
        [&](const NsecView& record) { return record.owner == at && is_delegation(record.types); });
    if (found != nullptr)
      return {found->types.has(RrType::ds) ? DenialKind::secure_delegation
                                           : DenialKind::insecure_delegation,
              at,
              {found->place}};
  }
  return {};
}

}  // namespace mooring::dnschain
