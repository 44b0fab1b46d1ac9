// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/nsec_view.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

constexpr std::uint8_t kSha1 = 1;  // RFC 5155, 11
constexpr std::uint8_t kOptOut = 1;

}  // namespace

std::optional<NsecView> NsecView::read(const AnswerRrset& rrset) {
  auto data = parse_nsec(rrset.records.front().rdata);
  if (!data) return std::nullopt;
  return NsecView{&rrset, std::move(data->next), data->types};
}

bool NsecView::covers(const Name& name) const {
  if (name <= rrset->owner) return false;
  return next <= rrset->owner || name < next;
}

std::optional<Nsec3View> Nsec3View::read(const AnswerRrset& rrset) {
  Nsec3View view;
  const auto hash = nsec3_hash_in(rrset.owner);
  const auto data = parse_nsec3(rrset.records.front().rdata);
  // RFC 5155, 8.1 and 8.2: of unknown algorithms and flags nothing is known.
  if (!hash || !data || data->algorithm != kSha1 || data->flags > kOptOut ||
      data->next.size() != view.next.size())
    return std::nullopt;
  view.rrset = &rrset;
  view.hash = *hash;
  std::ranges::copy(data->next, view.next.begin());
  view.opt_out = (data->flags & kOptOut) != 0;
  view.iterations = data->iterations;
  view.salt = data->salt;
  view.types = data->types;
  return view;
}

bool Nsec3View::covers(const Sha1Digest& name) const {
  return nsec3_covers(hash, next, name);
}

}  // namespace mooring::dnschain
