// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/nsec_view.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

constexpr std::size_t kHashLabel = 32;  // 20 octets in base32hex
constexpr std::uint8_t kSha1 = 1;       // RFC 5155, 11
constexpr std::uint8_t kOptOut = 1;

std::optional<unsigned> base32hex_digit(std::byte octet) {
  const auto c = std::to_integer<unsigned>(octet);
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'V') return c - 'A' + 10;
  if (c >= 'a' && c <= 'v') return c - 'a' + 10;
  return std::nullopt;
}

std::optional<Sha1Digest> hash_in_owner(const Name& owner) {
  const ByteView wire = owner.wire();
  if (wire[0] != std::byte{kHashLabel}) return std::nullopt;
  Sha1Digest out{};
  unsigned buffer = 0;
  unsigned bits = 0;
  std::size_t at = 0;
  for (const std::byte octet : wire.subspan(1, kHashLabel)) {
    const auto digit = base32hex_digit(octet);
    if (!digit) return std::nullopt;
    buffer = (buffer << 5 | *digit) & 0xfffU;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = std::byte{static_cast<unsigned char>(buffer >> bits & 0xffU)};
  }
  return out;
}

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
  const auto hash = hash_in_owner(rrset.owner);
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
  if (hash < next) return hash < name && name < next;
  return name > hash || name < next;
}

}  // namespace mooring::dnschain
