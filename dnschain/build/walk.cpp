// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/walk.hpp"

#include <algorithm>

#include "dnschain/build/denial_choice.hpp"
#include "dnschain/build/zone_path.hpp"

namespace mooring::dnschain {
namespace {

/// What `rrset`, which `answer` holds, needs to be proven, itself included.
Finding prove(const Way& way, const AnswerRrset& rrset, const Answer& answer) {
  const auto signer = signer_of(rrset);
  if (!signer) return excuse_unsigned(way, rrset);
  Finding out = vouch_for(way, *signer);
  if (out.trust == Trust::insecure || out.trust == Trust::failed) return out;
  const auto next_closer = next_closer_of(rrset);
  if (!next_closer) {
    out.take(&rrset);
    return out;
  }
  const DenialChoice choice = choose_next_closer(*next_closer, *signer, answer, way.answers);
  if (choice.missing) out.want(*choice.missing);
  if (choice.kind == DenialKind::none && out.wanted.empty()) {
    out.fail({ErrorCode::unproven, "the resolver gave no proof that " + next_closer->text() +
                                       " does not exist, which the wildcard answer needs"});
    return out;
  }
  // Costly NSEC3 records prove by themselves that the zone counts as unsigned.
  if (choice.kind != DenialKind::too_many_iterations) out.take(&rrset);
  out.take(choice.rrsets);
  if (is_insecure(choice.kind)) out.trust = Trust::insecure;
  return out;
}

/// What shows that there is no TLSA RRset at `name`, as `answer` says.
Finding deny(const Way& way, const Name& name, const Answer& answer) {
  Finding out;
  DenialChoice choice = choose_denial(name, RrType::tlsa, answer, way.answers);
  if (choice.kind == DenialKind::none) {
    if (choice.missing) {
      out.want(*choice.missing);
      if (choice.signer) out.add(vouch_for(way, *choice.signer));  // asked meanwhile
      out.trust = Trust::pending;
      return out;
    }
    if (out.add(find_cut(way, name)) != Trust::secure) return out;
    // A resolver that strips its answers may still give the proof with another question.
    if (const Answer* ds = answer_to(way.answers, name, RrType::ds, out))
      choice = choose_denial(name, RrType::tlsa, *ds, way.answers);
  }
  if (choice.kind == DenialKind::none) {
    if (choice.missing) out.want(*choice.missing);
    if (out.wanted.empty())
      out.fail({ErrorCode::unproven, "the resolver says there is no " +
                                         to_text(Question{name, RrType::tlsa}) +
                                         " but does not prove it"});
    return out;
  }
  const Trust trust = out.add(vouch_for(way, *choice.signer));
  if (trust == Trust::secure || trust == Trust::pending) out.take(choice.rrsets);
  return out;
}

/// The name that an alias leads to from the last one of `seen`.
Result<Name> next_name(const AnswerRrset& alias, const std::vector<Name>& seen,
                       const WalkRules& rules) {
  const auto target = target_of(alias);
  std::optional<Name> next = target;
  if (target && alias.type == RrType::dname) next = seen.back().moved(alias.owner, *target);
  if (!next)
    return tl::unexpected(Error{ErrorCode::resolver,
                                "the alias at " + alias.owner.text() + " leads to no usable name"});
  if (std::ranges::find(seen, *next) != seen.end())
    return tl::unexpected(
        Error{ErrorCode::limit, "the aliases of " + seen.front().text() + " go round in a loop"});
  if (seen.size() > rules.aliases)
    return tl::unexpected(Error{ErrorCode::limit, seen.front().text() + " has more than " +
                                                      std::to_string(rules.aliases) +
                                                      " aliases in a row"});
  return *next;
}

/// Adds the next name's part. While answers are wanted for a name before it, it does not matter yet
/// that something is unproven: that name may turn out to be in an unsigned zone.
Trust join(Finding& out, Finding part) {
  if (!out.wanted.empty() && part.error && part.error->code == ErrorCode::unproven) {
    part.error.reset();
    part.trust = Trust::pending;
  }
  return out.add(std::move(part));
}

bool is_denied(const Name& name, const Answer& answer) {
  return choose_denial(name, RrType::tlsa, answer, AnswerSet()).kind != DenialKind::none;
}

/// From the owner along the aliases.
Finding follow(const Way& way, const Name& owner, const WalkRules& rules) {
  Finding out;
  out.hint(way.answers, way.anchor_of(owner), RrType::dnskey);
  Name name = owner;
  Name asked = owner;
  std::vector<Name> seen;
  const Answer* answer = answer_to(way.answers, name, RrType::tlsa, out);
  while (answer != nullptr) {
    if (const AnswerRrset* tlsa = answer->find(name, RrType::tlsa)) {
      join(out, prove(way, *tlsa, *answer));
      return out;
    }
    if (const AnswerRrset* alias = alias_at(name, *answer)) {
      const Trust trust = join(out, prove(way, *alias, *answer));
      if (trust == Trust::insecure || trust == Trust::failed) return out;
      seen.push_back(name);
      auto next = next_name(*alias, seen, rules);
      if (!next) {
        out.fail(std::move(next.error()));
        return out;
      }
      name = std::move(*next);
      continue;
    }
    if (name == asked || is_denied(name, *answer)) {
      join(out, deny(way, name, *answer));
      return out;
    }
    asked = name;
    answer = answer_to(way.answers, name, RrType::tlsa, out);
  }
  return out;
}

}  // namespace

Finding walk(const Name& owner, const AnswerSet& answers, const WalkRules& rules) {
  const Way way{answers, rules.anchors};
  Finding out = follow(way, owner, rules);
  if (!out.wanted.empty() || out.error) out.proof.clear();
  return out;
}

}  // namespace mooring::dnschain
