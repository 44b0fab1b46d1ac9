// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/answer.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "dnschain/dns/rdata.hpp"

namespace mooring::dnschain {
namespace {

/// Whether this is an NSEC record at its zone's own name, or an RRSIG over such a one.
bool is_of_apex(RrType type, const Record& record, const std::optional<RrsigData>& rrsig) {
  if (type != RrType::nsec) return false;
  if (rrsig) return rrsig->signer == record.owner;
  const auto nsec = parse_nsec(record.rdata);
  return nsec && nsec->types.has(RrType::soa);
}

std::vector<AnswerRrset> group(std::vector<Record>&& records) {
  std::vector<AnswerRrset> out;
  // Parent and child can each have an NSEC record at the name of a zone cut.
  std::map<std::tuple<Name, RrType, bool>, std::size_t> index;
  for (Record& record : records) {
    const auto rrsig = record.type == RrType::rrsig ? parse_rrsig(record.rdata) : std::nullopt;
    if (!is_well_formed(record.type, record.rdata)) continue;
    const RrType type = rrsig ? rrsig->covered : record.type;
    const auto [at, fresh] =
        index.try_emplace({record.owner, type, is_of_apex(type, record, rrsig)}, out.size());
    if (fresh) out.push_back({record.owner, type, {}, {}});
    AnswerRrset& rrset = out[at->second];
    (rrsig ? rrset.signatures : rrset.records).push_back(std::move(record));
  }
  std::erase_if(out, [](const AnswerRrset& rrset) { return rrset.records.empty(); });
  return out;
}

/// RRSIGs of another zone than the one chosen prove nothing here.
void keep_one_signer(AnswerRrset& rrset) {
  const auto signer = signer_of(rrset);
  std::erase_if(rrset.signatures, [&](const Record& rrsig) {
    return !signer || parse_rrsig(rrsig.rdata)->signer != *signer;
  });
}

std::string rcode_text(Rcode rcode) {
  switch (rcode) {
    case Rcode::form_error:
      return "FORMERR";
    case Rcode::server_failure:
      return "SERVFAIL";
    case Rcode::not_implemented:
      return "NOTIMP";
    case Rcode::refused:
      return "REFUSED";
    default:
      return "RCODE " + std::to_string(static_cast<unsigned>(rcode));
  }
}

/// Why the message is no usable answer to `question`; nothing when it is one.
std::optional<std::string> find_fault(const Question& question, const Message& message) {
  if (message.rcode != Rcode::no_error && message.rcode != Rcode::name_error) {
    std::string text = "the resolver answered " + rcode_text(message.rcode);
    if (!message.extended_error.empty()) text += " (extended error " + message.extended_error + ")";
    return text;
  }
  // A message may hold no question at all.
  const auto& asked = message.question;
  if (!asked || asked->owner != question.owner || asked->type != question.type)
    return "the resolver answered another question";
  if (message.truncated) return "the resolver gave a truncated answer";
  return std::nullopt;
}

}  // namespace

std::optional<Name> signer_of(const AnswerRrset& rrset) {
  std::optional<Name> best;
  for (const Record& rrsig : rrset.signatures) {
    Name signer = parse_rrsig(rrsig.rdata)->signer;
    if (!rrset.owner.is_at_or_below(signer)) continue;
    // A DS RRset belongs to the parent, a DNSKEY RRset to the zone itself (RFC 4035, 2.2 and 2.4).
    if (rrset.type == RrType::ds && signer == rrset.owner) continue;
    if (rrset.type == RrType::dnskey && signer != rrset.owner) continue;
    if (!best || signer.is_below(*best)) best = std::move(signer);
  }
  return best;
}

std::optional<Name> next_closer_of(const AnswerRrset& rrset) {
  if (rrset.signatures.empty()) return std::nullopt;
  const std::size_t labels = parse_rrsig(rrset.signatures.front().rdata)->labels;
  const std::size_t own = rrset.owner.labels();
  // A wildcard asked for by its own name was not expanded: its first label does not count.
  if (labels >= own - (rrset.owner.is_wildcard() ? 1U : 0U)) return std::nullopt;
  return rrset.owner.without_first(own - labels - 1);
}

std::optional<Name> target_of(const AnswerRrset& rrset) {
  return rrset.records.empty() ? std::nullopt : parse_single_name(rrset.records.front().rdata);
}

const AnswerRrset* Answer::find(const Name& owner, RrType type) const {
  const auto found = std::ranges::find_if(
      answer, [&](const AnswerRrset& rrset) { return rrset.type == type && rrset.owner == owner; });
  return found == answer.end() ? nullptr : &*found;
}

bool Answer::has_signatures() const {
  const auto is_signed = [](const AnswerRrset& rrset) { return !rrset.signatures.empty(); };
  return std::ranges::any_of(answer, is_signed) || std::ranges::any_of(authority, is_signed);
}

const AnswerRrset* alias_at(const Name& name, const Answer& answer) {
  const AnswerRrset* cname = answer.find(name, RrType::cname);
  if (cname != nullptr && !cname->signatures.empty()) return cname;
  const AnswerRrset* best = cname;
  for (const AnswerRrset& rrset : answer.answer) {
    if (rrset.type == RrType::dname && name.is_below(rrset.owner)) best = &rrset;
  }
  return best;
}

Result<Answer> read_answer(const Question& question, ByteView octets) {
  auto message = parse_response(octets);
  if (!message) return tl::unexpected(std::move(message.error()));
  if (auto fault = find_fault(question, *message))
    return tl::unexpected(Error{ErrorCode::resolver, std::move(*fault)});
  Answer out;
  out.rcode = message->rcode;
  out.answer = group(std::move(message->answer));
  out.authority = group(std::move(message->authority));
  for (auto* section : {&out.answer, &out.authority})
    std::ranges::for_each(*section, keep_one_signer);
  return out;
}

}  // namespace mooring::dnschain
