// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {
namespace {

void add(Denial& denial, std::size_t place) {
  if (std::ranges::find(denial.records, place) == denial.records.end())
    denial.records.push_back(place);
}

Denial nothing_known_of(const Name& name) {
  Denial none;
  none.missing = name;
  return none;
}

}  // namespace

const Nsec3View* Nsec3Denials::matching(const Name& name) const {
  const auto wanted = hash_(name);
  if (!wanted) return nullptr;
  const auto found = std::ranges::find_if(records_, [&](const Nsec3View& record) {
    return record.hash == *wanted && accept_(record.place);
  });
  return found == records_.end() ? nullptr : &*found;
}

const Nsec3View* Nsec3Denials::covering(const Name& name) const {
  const auto wanted = hash_(name);
  if (!wanted) return nullptr;
  const auto found = std::ranges::find_if(records_, [&](const Nsec3View& record) {
    return record.covers(*wanted) && accept_(record.place);
  });
  return found == records_.end() ? nullptr : &*found;
}

/// RFC 5155, 8.3, without the cover of the next closer name.
std::optional<Nsec3Denials::ClosestEncloser> Nsec3Denials::closest_encloser(
    const Name& name) const {
  for (std::size_t up = 1; up <= name.labels() - zone_.labels(); ++up)
    if (const Nsec3View* found = matching(name.without_first(up)))
      return ClosestEncloser{found, name.without_first(up - 1)};
  return std::nullopt;
}

Denial Nsec3Denials::deny(const Name& name, RrType type) const {
  if (const Nsec3View* at = matching(name)) {  // RFC 5155, 8.5
    const DenialKind kind = denied_by(at->types, type);
    if (kind == DenialKind::none) return {};
    return {kind, name, {at->place}};
  }
  const auto encloser = closest_encloser(name);
  if (!encloser) return nothing_known_of(name);
  if (hides_names_below(encloser->record->types)) return {};
  const Nsec3View* cover = covering(encloser->next_closer);
  if (cover == nullptr) return nothing_known_of(encloser->next_closer);
  Denial denial{DenialKind::opt_out, encloser->next_closer, {encloser->record->place}};
  add(denial, cover->place);
  if (cover->opt_out) return denial;
  const auto wildcard = encloser->next_closer.parent().with_label("*");
  return wildcard ? deny_wildcard(name, type, *wildcard, std::move(denial)) : Denial();
}

/// RFC 5155, 8.4 and 8.7, after the records of `encloser` have shown that `name` does not exist.
Denial Nsec3Denials::deny_wildcard(const Name& name, RrType type, const Name& wildcard,
                                   Denial encloser) const {
  Denial denial = std::move(encloser);
  if (const Nsec3View* at = matching(wildcard)) {
    denial.kind = denied_by(at->types, type);
    if (denial.kind == DenialKind::none) return {};
    if (denial.kind == DenialKind::no_data) denial.kind = DenialKind::no_data_at_wildcard;
    denial.at = wildcard;
    add(denial, at->place);
    return denial;
  }
  const Nsec3View* none = covering(wildcard);
  if (none == nullptr) return nothing_known_of(wildcard);
  denial.kind = DenialKind::name_error;
  denial.at = name;
  add(denial, none->place);
  return denial;
}

Denial Nsec3Denials::deny_name(const Name& name) const {
  const Nsec3View* cover = covering(name);
  if (cover == nullptr) return nothing_known_of(name);
  return {cover->opt_out ? DenialKind::opt_out : DenialKind::name_error, name, {cover->place}};
}

Denial Nsec3Denials::cut(const Name& name) const {
  for (std::size_t up = name.labels() - zone_.labels(); up-- > 0;) {
    const Name at = name.without_first(up);
    const Nsec3View* found = matching(at);
    if (found != nullptr && is_delegation(found->types))
      return {found->types.has(RrType::ds) ? DenialKind::secure_delegation
                                           : DenialKind::insecure_delegation,
              at,
              {found->place}};
  }
  // In an opt-out span there can be an unsigned zone at the next closer name.
  if (std::ranges::none_of(records_, &Nsec3View::opt_out)) return {};
  const auto encloser = closest_encloser(name);
  if (!encloser || hides_names_below(encloser->record->types)) return {};
  const Nsec3View* span = covering(encloser->next_closer);
  if (span == nullptr || !span->opt_out) return {};
  Denial denial{DenialKind::opt_out, encloser->next_closer, {encloser->record->place}};
  add(denial, span->place);
  return denial;
}

Denial count_as_unsigned(const Nsec3Sets& sets, std::size_t most, const AcceptRecord& accept) {
  for (const auto& [parameters, records] : sets) {
    if (parameters.iterations <= most) continue;
    for (const Nsec3View& record : records)
      if (accept(record.place)) return {DenialKind::too_many_iterations, {}, {record.place}};
  }
  return {};
}

}  // namespace mooring::dnschain
