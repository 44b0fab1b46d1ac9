// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/zone_path.hpp"

#include <algorithm>

#include "dnschain/build/denial_choice.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"
#include "dnschain/proof/trust_anchor.hpp"

namespace mooring::dnschain {
namespace {

/// DNSKEY RRsets of that many names above a zone are asked for before it is known which of them
/// are zones: most are, and it saves a round trip.
constexpr std::size_t kGuessedZones = 4;

using Rrsets = std::vector<const AnswerRrset*>;

/// One zone on the way up, with what its parent says of it.
struct Step {
  Name zone;
  const AnswerRrset* ds = nullptr;  ///< none at an anchor
};

/// From a zone to its parent: by DS RRset, or by what shows that the zone counts as unsigned.
struct StepUp {
  Name parent;
  const AnswerRrset* ds = nullptr;
  Rrsets unsigned_by = {};
};

Finding failed(ErrorCode code, std::string why) {
  Finding out;
  out.fail({code, std::move(why)});
  return out;
}

/// A zone of which the parent names only algorithms or digests that nobody here knows counts as
/// unsigned (RFC 4035, 5.2).
bool has_supported(const AnswerRrset& ds) {
  return std::ranges::any_of(ds.records, [](const Record& record) {
    const auto data = parse_ds(record.rdata);
    return data && is_supported_algorithm(data->algorithm) &&
           is_supported_digest(data->digest_type);
  });
}

Finding no_dnssec() {
  return failed(ErrorCode::resolver,
                "the resolver does not do DNSSEC: none of its answers holds an RRSIG");
}

Finding no_keys(const Way& way, const Name& zone, bool there) {
  if (!way.answers.has_signatures()) return no_dnssec();
  return failed(ErrorCode::unproven,
                to_text(Question{zone, RrType::dnskey}) +
                    (there ? ": the resolver gave it without RRSIG"
                           : ": the resolver says there is none, but the zone signs"));
}

Finding no_signature(const Way& way, const Name& name) {
  Finding out;
  // The anchor's keys are the last place where an RRSIG could still turn up.
  if (!way.answers.has_signatures())
    return answer_to(way.answers, way.anchor_of(name), RrType::dnskey, out) == nullptr
               ? out
               : no_dnssec();
  return failed(ErrorCode::unproven,
                to_text(Question{name, RrType::ds}) +
                    ": the resolver answered without RRSIG, and all above it is signed");
}

/// The parent neither has a DS RRset for `zone` nor shows that it is an insecure delegation: the
/// cut, if there is one, must be above.
Finding no_delegation(const Way& way, const Name& zone, const std::optional<Question>& missing) {
  Finding out;
  if (missing) {
    out.want(*missing);
    return out;
  }
  out = find_cut(way, zone.parent());
  if (out.trust == Trust::secure)
    out.fail({ErrorCode::unproven, "the resolver neither gave the DS RRset of " + zone.text() +
                                       " nor proved that there is none"});
  return out;
}

/// What the answer to the question for its DS RRset says of `zone`; else what the way ends with.
tl::expected<StepUp, Finding> step_up(const Way& way, const Name& zone, const Answer& answer) {
  if (const AnswerRrset* ds = answer.find(zone, RrType::ds)) {
    const auto parent = signer_of(*ds);
    if (!parent) return tl::unexpected(excuse_unsigned(way, *ds));
    return has_supported(*ds) ? StepUp{*parent, ds} : StepUp{*parent, nullptr, {ds}};
  }
  const DenialChoice choice = choose_denial(zone, RrType::ds, answer, way.answers);
  if (is_insecure(choice.kind)) return StepUp{*choice.signer, nullptr, choice.rrsets};
  return tl::unexpected(no_delegation(way, zone, choice.missing));
}

void hint_ancestors(const Way& way, const Name& zone, Finding& out) {
  for (Name name = zone.parent(); !way.is_anchor(name); name = name.parent()) {
    out.hint(way.answers, name, RrType::ds);
    if (zone.labels() - name.labels() <= kGuessedZones) out.hint(way.answers, name, RrType::dnskey);
  }
}

/// The keys of the zones of a path, the lowest of which comes first.
Finding take_path(const Way& way, const std::vector<Step>& path, const Rrsets& unsigned_by) {
  Finding out;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    const Answer* answer = answer_to(way.answers, step->zone, RrType::dnskey, out);
    if (out.error) return out;
    if (answer == nullptr) continue;
    const AnswerRrset* keys = answer->find(step->zone, RrType::dnskey);
    if (keys == nullptr || !signer_of(*keys)) return no_keys(way, step->zone, keys != nullptr);
    if (step->ds != nullptr) out.take(step->ds);
    out.take(keys);
  }
  out.take(unsigned_by);
  if (out.trust == Trust::secure && !unsigned_by.empty()) out.trust = Trust::insecure;
  return out;
}

/// Whether `name` is an insecure delegation, by the answer to the question for its DS RRset:
/// `secure` when it is none.
Finding cut_at(const Way& way, const Name& name, const Answer& answer) {
  if (!answer.has_signatures()) return no_signature(way, name);
  Finding out;
  const AnswerRrset* ds = answer.find(name, RrType::ds);
  if (ds != nullptr && !has_supported(*ds) && out.add(vouch_for(way, name)) != Trust::secure)
    return out;
  if (!answer.answer.empty()) return out;  // a secure cut, or an alias and so no cut
  const DenialChoice choice = choose_denial(name, RrType::ds, answer, way.answers);
  if (choice.missing) out.want(*choice.missing);
  if (!is_insecure(choice.kind)) return out;
  if (out.add(vouch_for(way, *choice.signer)) != Trust::secure) return out;
  out.take(choice.rrsets);
  out.trust = Trust::insecure;
  return out;
}

}  // namespace

Name Way::anchor_of(const Name& name) const {
  return closest_anchor(anchors, name).value_or(Name());
}

Finding vouch_for(const Way& way, const Name& zone) {
  Finding out;
  std::vector<Step> path;
  Rrsets unsigned_by;
  if (!way.is_anchor(zone)) hint_ancestors(way, zone, out);
  Name at = zone;
  while (!way.is_anchor(at)) {
    out.hint(way.answers, at, RrType::dnskey);
    const Answer* answer = answer_to(way.answers, at, RrType::ds, out);
    if (answer == nullptr) return out;
    auto up = step_up(way, at, *answer);
    if (!up) {
      out.add(std::move(up.error()));
      return out;
    }
    if (up->ds != nullptr) {
      path.push_back({at, up->ds});
    } else {
      // Whatever is below counts as unsigned as well.
      unsigned_by = std::move(up->unsigned_by);
      path.clear();
    }
    at = std::move(up->parent);
  }
  path.push_back({at, nullptr});
  out.add(take_path(way, path, unsigned_by));
  return out;
}

Finding find_cut(const Way& way, const Name& name) {
  Finding out;
  const std::size_t first = way.anchor_of(name).labels() + 1;
  for (std::size_t labels = first; labels <= name.labels(); ++labels)
    out.hint(way.answers, name.without_first(name.labels() - labels), RrType::ds);
  for (std::size_t labels = first; labels <= name.labels(); ++labels) {
    const Name at = name.without_first(name.labels() - labels);
    const Answer* answer = answer_to(way.answers, at, RrType::ds, out);
    if (answer == nullptr || out.add(cut_at(way, at, *answer)) != Trust::secure) return out;
  }
  return out;
}

Finding excuse_unsigned(const Way& way, const AnswerRrset& rrset) {
  Finding out = find_cut(way, rrset.owner);
  if (out.trust == Trust::secure)
    out.fail({ErrorCode::unproven,
              to_text(Question{rrset.owner, rrset.type}) +
                  ": the resolver gave it without RRSIG, and no insecure delegation is above it"});
  return out;
}

}  // namespace mooring::dnschain
