// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/builder_walk.hpp"

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
/// Helping questions that one denial may lead to.
constexpr std::size_t kMostHelp = 4;

enum class Trust {
  secure,    ///< signed all the way up
  insecure,  ///< an insecure delegation lies on the way, and its proof has been taken
  pending,   ///< more answers are wanted
  failed,    ///< the error is set
};

class Walk {
 public:
  Walk(const AnswerSet& answers, const WalkRules& rules) : answers_(answers), rules_(rules) {}

  WalkResult run(const Name& owner) {
    hint(anchor_of(owner), RrType::dnskey);
    follow(owner);
    if (!result_.wanted.empty() || result_.error) result_.proof.clear();
    return std::move(result_);
  }

 private:
  /// One zone on the way up, with what its parent says of it.
  struct Step {
    Name zone;
    const AnswerRrset* ds = nullptr;  ///< none at an anchor
  };
  struct Insecure {
    Name parent;
    std::vector<const AnswerRrset*> denial;
  };

  // --- Questions and answers.

  void note(std::vector<Question>& list, const Name& owner, RrType type) {
    const Question question{owner, type};
    if (std::ranges::find(list, question) == list.end()) list.push_back(question);
  }
  void hint(const Name& owner, RrType type) {
    if (answers_.find(owner, type) == nullptr) note(result_.hinted, owner, type);
  }
  /// The answer, or null when there is none yet (then it is wanted) or none of use (then the error
  /// is set).
  const Answer* want(const Name& owner, RrType type) {
    const Answer* answer = answers_.find(owner, type);
    if (answer == nullptr) {
      note(result_.wanted, owner, type);
      return nullptr;
    }
    if (answer->failure.empty()) return answer;
    fail(ErrorCode::resolver, to_text(Question{owner, type}) + ": " + answer->failure);
    return nullptr;
  }
  Trust no_answer() const { return result_.error ? Trust::failed : Trust::pending; }
  Trust fail(ErrorCode code, std::string why) {
    if (!result_.error) result_.error = Error{code, std::move(why)};
    return Trust::failed;
  }
  void take(const AnswerRrset* rrset) {
    const auto same = [&](const AnswerRrset* other) {
      return other->type == rrset->type && other->owner == rrset->owner &&
             // Parent and child can each have an NSEC record at the name of a zone cut.
             (rrset->type != RrType::nsec || signer_of(*other) == signer_of(*rrset));
    };
    if (std::ranges::none_of(result_.proof, same)) result_.proof.push_back(rrset);
  }
  void take(const std::vector<const AnswerRrset*>& rrsets) {
    for (const AnswerRrset* rrset : rrsets) take(rrset);
  }

  // --- From the owner along the aliases.

  void follow(const Name& owner) {
    Name name = owner;
    Name asked = owner;
    std::vector<Name> seen;
    const Answer* answer = want(name, RrType::tlsa);
    while (answer != nullptr) {
      if (const AnswerRrset* tlsa = answer->find(name, RrType::tlsa)) {
        prove(*tlsa, *answer);
        return;
      }
      if (const AnswerRrset* alias = alias_at(name, *answer)) {
        const Trust trust = prove(*alias, *answer);
        if (trust == Trust::insecure || trust == Trust::failed) return;
        seen.push_back(name);
        if (!move_on(*alias, name, seen)) return;
        continue;
      }
      if (name == asked || is_denied(name, *answer)) {
        deny(name, *answer);
        return;
      }
      asked = name;
      answer = want(name, RrType::tlsa);
    }
  }

  bool move_on(const AnswerRrset& alias, Name& name, const std::vector<Name>& seen) {
    const auto target = target_of(alias);
    std::optional<Name> next = target;
    if (target && alias.type == RrType::dname) next = name.moved(alias.owner, *target);
    if (!next) {
      fail(ErrorCode::resolver, "the alias at " + alias.owner.text() + " leads to no usable name");
      return false;
    }
    if (std::ranges::find(seen, *next) != seen.end()) {
      fail(ErrorCode::limit, "the aliases of " + seen.front().text() + " go round in a loop");
      return false;
    }
    if (seen.size() > rules_.aliases) {
      fail(ErrorCode::limit, seen.front().text() + " has more than " +
                                 std::to_string(rules_.aliases) + " aliases in a row");
      return false;
    }
    name = std::move(*next);
    return true;
  }

  /// Takes `rrset`, which `answer` holds, with all that it needs.
  Trust prove(const AnswerRrset& rrset, const Answer& answer) {
    const auto signer = signer_of(rrset);
    if (!signer) return prove_unsigned(rrset);
    const Trust trust = vouch(*signer);
    if (trust == Trust::insecure || trust == Trust::failed) return trust;
    const auto next_closer = next_closer_of(rrset);
    if (!next_closer) {
      take(&rrset);
    } else {
      const DenialChoice choice = choose(answer, [&](const auto& candidates) {
        return choose_next_closer(*next_closer, *signer, candidates);
      });
      if (choice.kind == DenialKind::none && result_.wanted.empty() && !result_.error)
        return fail(ErrorCode::unproven, "the resolver gave no proof that " + next_closer->text() +
                                             " does not exist, which the " +
                                             "wildcard answer needs");
      // Costly NSEC3 records prove by themselves that the zone counts as unsigned.
      if (choice.kind != DenialKind::too_many_iterations) take(&rrset);
      take(choice.rrsets);
      if (is_insecure(choice.kind)) return Trust::insecure;
    }
    return trust;
  }

  Trust prove_unsigned(const AnswerRrset& rrset) {
    const Trust trust = find_cut(rrset.owner);
    if (trust != Trust::secure) return trust;
    return fail(ErrorCode::unproven,
                to_text(Question{rrset.owner, rrset.type}) +
                    ": the resolver gave it without RRSIG, and no insecure delegation is above it");
  }

  // --- Denial of existence.

  static std::vector<const AnswerRrset*> authority_of(const Answer& answer) {
    std::vector<const AnswerRrset*> out;
    for (const AnswerRrset& rrset : answer.authority) out.push_back(&rrset);
    // Asked for by type, an NSEC RRset comes in the answer section.
    for (const AnswerRrset& rrset : answer.answer) out.push_back(&rrset);
    return out;
  }

  static bool is_denied(const Name& name, const Answer& answer) {
    const DenialChoice choice = choose_denial(name, RrType::tlsa, authority_of(answer));
    return choice.kind != DenialKind::none && !choice.missing;
  }

  /// Chooses from what `answer` holds, and asks for what it leaves out.
  template <class Choose>
  DenialChoice choose(const Answer& answer, Choose from) {
    std::vector<const AnswerRrset*> candidates = authority_of(answer);
    std::vector<Question> helped;
    DenialChoice choice = from(candidates);
    while (choice.missing && helped.size() < kMostHelp) {
      const Question question = *choice.missing;
      if (std::ranges::find(helped, question) != helped.end()) break;
      helped.push_back(question);
      const Answer* help = answers_.find(question.owner, question.type);
      if (help == nullptr) {
        note(result_.wanted, question.owner, question.type);
        break;
      }
      const auto more = authority_of(*help);
      candidates.insert(candidates.end(), more.begin(), more.end());
      choice = from(candidates);
    }
    return choice;
  }

  DenialChoice choose_for(const Name& name, RrType type, const Answer& answer) {
    return choose(answer,
                  [&](const auto& candidates) { return choose_denial(name, type, candidates); });
  }

  Trust deny(const Name& name, const Answer& answer) {
    DenialChoice choice = choose_for(name, RrType::tlsa, answer);
    if (choice.kind == DenialKind::none) {
      if (!result_.wanted.empty()) {
        if (choice.signer) vouch(*choice.signer);  // what else it needs is asked meanwhile
        return Trust::pending;
      }
      const Trust trust = find_cut(name);
      if (trust != Trust::secure) return trust;
      // A resolver that strips its answers may still give the proof with another question.
      if (const Answer* ds = want(name, RrType::ds)) choice = choose_for(name, RrType::tlsa, *ds);
    }
    if (choice.kind == DenialKind::none) {
      if (!result_.wanted.empty()) return Trust::pending;
      return fail(ErrorCode::unproven, "the resolver says there is no " +
                                           to_text(Question{name, RrType::tlsa}) +
                                           " but does not prove it");
    }
    const Trust trust = vouch(*choice.signer);
    if (trust == Trust::secure || trust == Trust::pending) take(choice.rrsets);
    return trust;
  }

  // --- From a zone up to the anchor.

  /// The zone at which the proof for `name` begins, the root when no anchor is above it.
  Name anchor_of(const Name& name) const {
    return closest_anchor(rules_.anchors, name).value_or(Name());
  }
  bool is_anchor(const Name& zone) const { return anchor_of(zone) == zone; }

  void hint_ancestors(const Name& zone) {
    for (Name name = zone.parent(); !is_anchor(name); name = name.parent()) {
      hint(name, RrType::ds);
      if (zone.labels() - name.labels() <= kGuessedZones) hint(name, RrType::dnskey);
    }
  }

  /// A zone of which the parent names only algorithms or digests that nobody here knows counts as
  /// unsigned (RFC 4035, 5.2).
  static bool has_supported(const AnswerRrset& ds) {
    return std::ranges::any_of(ds.records, [](const Record& record) {
      const auto data = parse_ds(record.rdata);
      return data && is_supported_algorithm(data->algorithm) &&
             is_supported_digest(data->digest_type);
    });
  }

  /// Takes the keys of `zone` and of all zones above it, or the proof that one of them is not
  /// signed by its parent's word.
  Trust vouch(const Name& zone) {
    std::vector<Step> path;
    std::optional<Insecure> insecure;
    if (!is_anchor(zone)) hint_ancestors(zone);
    Name at = zone;
    while (!is_anchor(at)) {
      hint(at, RrType::dnskey);
      const Answer* answer = want(at, RrType::ds);
      if (answer == nullptr) return no_answer();
      const AnswerRrset* ds = answer->find(at, RrType::ds);
      if (ds != nullptr) {
        const auto parent = signer_of(*ds);
        if (!parent) return prove_unsigned(*ds);
        if (has_supported(*ds)) {
          path.push_back({at, ds});
        } else {
          insecure = Insecure{*parent, {ds}};
          path.clear();
        }
        at = *parent;
        continue;
      }
      const DenialChoice choice = choose_for(at, RrType::ds, *answer);
      if (!is_insecure(choice.kind)) return no_delegation(at);
      insecure = Insecure{*choice.signer, choice.rrsets};
      path.clear();
      at = *choice.signer;
    }
    path.push_back({at, nullptr});
    return take_path(path, insecure);
  }

  /// The parent neither has a DS RRset for `zone` nor shows that it is an insecure delegation: the
  /// cut, if there is one, must be above.
  Trust no_delegation(const Name& zone) {
    if (!result_.wanted.empty()) return Trust::pending;
    const Trust trust = find_cut(zone.parent());
    if (trust != Trust::secure) return trust;
    return fail(ErrorCode::unproven, "the resolver neither gave the DS RRset of " + zone.text() +
                                         " nor proved that there is none");
  }

  Trust take_path(const std::vector<Step>& path, const std::optional<Insecure>& insecure) {
    bool complete = true;
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      const Answer* answer = want(step->zone, RrType::dnskey);
      if (answer == nullptr) {
        if (result_.error) return Trust::failed;
        complete = false;
        continue;
      }
      const AnswerRrset* keys = answer->find(step->zone, RrType::dnskey);
      if (keys == nullptr || !signer_of(*keys)) return no_keys(step->zone, keys != nullptr);
      if (step->ds != nullptr) take(step->ds);
      take(keys);
    }
    if (insecure) take(insecure->denial);
    if (!complete) return Trust::pending;
    return insecure ? Trust::insecure : Trust::secure;
  }

  Trust no_keys(const Name& zone, bool there) {
    if (!answers_.has_signatures()) return no_dnssec();
    return fail(ErrorCode::unproven,
                to_text(Question{zone, RrType::dnskey}) +
                    (there ? ": the resolver gave it without RRSIG"
                           : ": the resolver says there is none, but the zone signs"));
  }

  Trust no_dnssec() {
    return fail(ErrorCode::resolver,
                "the resolver does not do DNSSEC: none of its answers holds an RRSIG");
  }

  /// Looks from the anchor down for the insecure delegation at or above `name` and takes its proof.
  /// Secure means that there is none.
  Trust find_cut(const Name& name) {
    const std::size_t first = anchor_of(name).labels() + 1;
    for (std::size_t labels = first; labels <= name.labels(); ++labels)
      hint(name.without_first(name.labels() - labels), RrType::ds);
    for (std::size_t labels = first; labels <= name.labels(); ++labels) {
      const Name at = name.without_first(name.labels() - labels);
      const Answer* answer = want(at, RrType::ds);
      if (answer == nullptr) return no_answer();
      if (!answer->has_signatures()) return no_signature(at);
      if (const AnswerRrset* ds = answer->find(at, RrType::ds); ds && !has_supported(*ds)) {
        const Trust trust = vouch(at);
        if (trust != Trust::secure) return trust;
      }
      if (!answer->answer.empty()) continue;  // a secure cut, or an alias and so no cut
      const DenialChoice choice = choose_for(at, RrType::ds, *answer);
      if (choice.kind == DenialKind::none && !result_.wanted.empty()) return Trust::pending;
      if (!is_insecure(choice.kind)) continue;
      const Trust trust = vouch(*choice.signer);
      if (trust == Trust::secure) take(choice.rrsets);
      return trust == Trust::secure ? Trust::insecure : trust;
    }
    return Trust::secure;
  }

  Trust no_signature(const Name& name) {
    if (!answers_.has_signatures()) {
      // The anchor's keys are the last place where an RRSIG could still turn up.
      if (want(anchor_of(name), RrType::dnskey) == nullptr) return no_answer();
      return no_dnssec();
    }
    return fail(ErrorCode::unproven,
                to_text(Question{name, RrType::ds}) +
                    ": the resolver answered without RRSIG, and all above it is signed");
  }

  const AnswerSet& answers_;
  const WalkRules& rules_;
  WalkResult result_;
};

}  // namespace

void AnswerSet::add(const Question& question, Answer answer) {
  has_signatures_ = has_signatures_ || answer.has_signatures();
  answers_.try_emplace({question.owner, question.type}, std::move(answer));
}

const Answer* AnswerSet::find(const Name& owner, RrType type) const {
  const auto found = answers_.find({owner, type});
  return found == answers_.end() ? nullptr : &found->second;
}

WalkResult walk(const Name& owner, const AnswerSet& answers, const WalkRules& rules) {
  return Walk(answers, rules).run(owner);
}

}  // namespace mooring::dnschain
