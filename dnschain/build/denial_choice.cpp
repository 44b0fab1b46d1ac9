// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/denial_choice.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

/// The candidates that one zone signed, read; places are those in the list of candidates.
struct SignedDenials {
  Name zone;
  std::vector<NsecView> nsec;
  std::vector<Nsec3View> nsec3;
};

/// Helping questions that one denial may lead to.
constexpr std::size_t kMostHelp = 4;

using Candidates = std::vector<const AnswerRrset*>;

/// The list of the zone that signed `rrset`.
SignedDenials& of_zone(const Name& signer, std::vector<SignedDenials>& zones) {
  const auto known = std::ranges::find(zones, signer, &SignedDenials::zone);
  return known != zones.end() ? *known : *zones.insert(zones.end(), {signer, {}, {}});
}

void sort_in(std::size_t place, const AnswerRrset& rrset, std::vector<SignedDenials>& zones) {
  const bool nsec = rrset.type == RrType::nsec;
  if ((!nsec && rrset.type != RrType::nsec3) || next_closer_of(rrset)) return;
  const auto signer = signer_of(rrset);
  if (!signer) return;
  SignedDenials& zone = of_zone(*signer, zones);
  const Record& record = rrset.records.front();
  if (nsec) {
    if (auto view = NsecView::read(place, record)) zone.nsec.push_back(std::move(*view));
  } else if (const auto view = Nsec3View::read(place, record, *signer)) {
    zone.nsec3.push_back(*view);
  }
}

/// Zones that may hold `name`, the deepest first; for DS the parent's side only.
std::vector<SignedDenials> zones_for(const Name& name, RrType type, const Candidates& candidates) {
  std::vector<SignedDenials> zones;
  for (std::size_t place = 0; place < candidates.size(); ++place)
    sort_in(place, *candidates[place], zones);
  std::erase_if(zones, [&](const SignedDenials& each) {
    return type == RrType::ds ? !name.is_below(each.zone) : !name.is_at_or_below(each.zone);
  });
  std::ranges::stable_sort(zones, std::ranges::greater(),
                           [](const SignedDenials& each) { return each.zone.labels(); });
  return zones;
}

/// The signatures are the verifier's.
const AcceptRecord kTaken = [](std::size_t) { return true; };

/// The first denial of the zone's sets of NSEC3 records; else what the first set lacks.
template <class Ask>
Denial by_nsec3(const SignedDenials& zone, Ask ask) {
  const Nsec3Sets sets = by_parameters(zone.nsec3);
  std::optional<Denial> best;
  for (const auto& set : sets) {
    const Nsec3Parameters& parameters = set.first;  // a binding cannot be captured by clang 14
    if (parameters.iterations > kMaxNsec3Iterations) continue;
    const Nsec3Hash hash = [&](const Name& name) {
      return nsec3_hash(name.lower().wire(), parameters.salt, parameters.iterations);
    };
    Denial denial = ask(Nsec3Denials(set.second, zone.zone, hash, kTaken));
    if (denial.kind != DenialKind::none) return denial;
    if (!best) best = std::move(denial);
  }
  return best ? *best : count_as_unsigned(sets, kMaxNsec3Iterations, kTaken);
}

DenialChoice choice_of(const Denial& denial, const Name& zone, const Candidates& candidates) {
  DenialChoice choice{denial.kind, zone, {}, {}};
  for (const std::size_t place : denial.records) choice.rrsets.push_back(candidates[place]);
  if (denial.missing) choice.missing = Question{*denial.missing, RrType::ds};
  return choice;
}

/// The first choice that denies; else the first that knows what is missing.
template <class Ask>
DenialChoice first_of(const std::vector<SignedDenials>& zones, const Candidates& candidates,
                      Ask ask) {
  DenialChoice best;
  for (const SignedDenials& each : zones) {
    if (each.nsec.empty() && each.nsec3.empty()) continue;
    const Denial denial =
        each.nsec.empty() ? by_nsec3(each, ask) : ask(NsecDenials(each.nsec, each.zone, kTaken));
    DenialChoice choice = choice_of(denial, each.zone, candidates);
    if (choice.kind != DenialKind::none) return choice;
    if (!best.missing) best = std::move(choice);
  }
  return best;
}

DenialChoice from_candidates(const Name& name, RrType type, const Candidates& candidates) {
  return first_of(zones_for(name, type, candidates), candidates,
                  [&](const auto& denials) { return denials.deny(name, type); });
}

DenialChoice next_closer_from(const Name& next_closer, const Name& signer,
                              const Candidates& candidates) {
  auto zones = zones_for(next_closer, RrType::tlsa, candidates);
  std::erase_if(zones, [&](const SignedDenials& each) { return each.zone != signer; });
  DenialChoice choice = first_of(
      zones, candidates, [&](const auto& denials) { return denials.deny_name(next_closer); });
  if (choice.kind == DenialKind::none && !choice.missing)
    choice.missing = Question{next_closer, RrType::ds};
  return choice;
}

void add_candidates(const Answer& answer, Candidates& out) {
  for (const AnswerRrset& rrset : answer.authority) out.push_back(&rrset);
  // Asked for by type, an NSEC RRset comes in the answer section.
  for (const AnswerRrset& rrset : answer.answer) out.push_back(&rrset);
}

/// Chooses from what `answer` holds and, as long as something is missing, from what `others` hold.
template <class Choose>
DenialChoice choose(const Answer& answer, const AnswerSet& others, Choose from) {
  Candidates candidates;
  add_candidates(answer, candidates);
  std::vector<Question> helped;
  DenialChoice choice = from(candidates);
  while (choice.missing) {
    if (helped.size() == kMostHelp || std::ranges::find(helped, *choice.missing) != helped.end()) {
      choice.missing.reset();  // asking does not help
      break;
    }
    const Result<Answer>* help = others.find(choice.missing->owner, choice.missing->type);
    if (help == nullptr) break;
    helped.push_back(*choice.missing);
    if (*help) add_candidates(**help, candidates);
    choice = from(candidates);
  }
  return choice;
}

}  // namespace

DenialChoice choose_denial(const Name& name, RrType type, const Answer& answer,
                           const AnswerSet& others) {
  return choose(answer, others, [&](const Candidates& candidates) {
    return from_candidates(name, type, candidates);
  });
}

DenialChoice choose_next_closer(const Name& next_closer, const Name& signer, const Answer& answer,
                                const AnswerSet& others) {
  return choose(answer, others, [&](const Candidates& candidates) {
    return next_closer_from(next_closer, signer, candidates);
  });
}

}  // namespace mooring::dnschain
