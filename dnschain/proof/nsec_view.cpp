// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/nsec_view.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

constexpr std::uint8_t kSha1 = 1;    // RFC 5155, 11
constexpr std::uint8_t kOptOut = 1;  // RFC 5155, 3.1.2.1

std::size_t common_labels(const Name& a, const Name& b) {
  std::size_t count = std::min(a.labels(), b.labels());
  while (a.without_first(a.labels() - count) != b.without_first(b.labels() - count)) --count;
  return count;
}

}  // namespace

bool is_delegation(const TypeBitmap& types) {
  return types.has(RrType::ns) && !types.has(RrType::soa);
}

bool hides_names_below(const TypeBitmap& types) {
  return is_delegation(types) || types.has(RrType::dname);
}

std::optional<NsecView> NsecView::read(std::size_t place, const Record& record) {
  auto data = parse_nsec(record.rdata);
  if (!data) return std::nullopt;
  return NsecView{place, record.owner, std::move(data->next), data->types};
}

bool NsecView::is_of(const Name& zone) const {
  return owner.is_at_or_below(zone) && next.is_at_or_below(zone) &&
         (!types.has(RrType::soa) || owner == zone);
}

bool NsecView::covers(const Name& name, const Name& zone) const {
  if (!(owner < name) || !name.is_at_or_below(zone)) return false;
  if (next != zone && !(name < next)) return false;
  return !name.is_below(owner) || !hides_names_below(types);
}

Name NsecView::closest_encloser(const Name& name) const {
  const std::size_t kept = std::max(common_labels(name, owner), common_labels(name, next));
  return name.without_first(name.labels() - kept);
}

std::optional<Nsec3View> Nsec3View::read(std::size_t place, const Record& record,
                                         const Name& zone) {
  if (record.owner.labels() != zone.labels() + 1 || !record.owner.is_below(zone))
    return std::nullopt;
  const auto hash = nsec3_hash_in(record.owner);
  const auto data = parse_nsec3(record.rdata);
  if (!hash || !data || data->algorithm != kSha1 || data->flags > kOptOut ||
      data->next.size() != hash->size())
    return std::nullopt;
  Nsec3View view{place,      *hash,      {}, (data->flags & kOptOut) != 0, data->iterations,
                 data->salt, data->types};
  std::ranges::copy(data->next, view.next.begin());
  return view;
}

bool Nsec3View::covers(const Sha1Digest& name) const {
  if (hash < next) return hash < name && name < next;
  return name > hash || name < next;
}

Nsec3Sets by_parameters(const std::vector<Nsec3View>& views) {
  Nsec3Sets sets;
  for (const Nsec3View& view : views)
    sets[{view.iterations, Bytes(view.salt.begin(), view.salt.end())}].push_back(view);
  return sets;
}

}  // namespace mooring::dnschain
