// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/build/builder.hpp"

namespace mooring::test {

using dnschain::Bytes;
using dnschain::ByteView;
using dnschain::Name;
using dnschain::Question;
using dnschain::Rcode;
using dnschain::Record;
using dnschain::RrType;

using Records = std::vector<Record>;

[[nodiscard]] Name name(std::string_view text);
[[nodiscard]] Question question(std::string_view owner, RrType type);

// Records with made-up content, well-formed all the same.
[[nodiscard]] Record tlsa(std::string_view owner, std::uint32_t ttl = 300);
[[nodiscard]] Record dnskey(std::string_view zone);
[[nodiscard]] Record ds(std::string_view zone, std::uint8_t algorithm = 13);
[[nodiscard]] Record cname(std::string_view owner, std::string_view target);
[[nodiscard]] Record dname(std::string_view owner, std::string_view target);
[[nodiscard]] Record soa(std::string_view zone);
[[nodiscard]] Record nsec(std::string_view owner, std::string_view next,
                          std::initializer_list<RrType> types);

/// An NSEC3 record of `zone` that matches `owner`, or, with `covers`, whose span holds it and
/// hardly anything else.
enum class Nsec3Kind : std::uint8_t { matches, covers, covers_with_opt_out };
[[nodiscard]] Record nsec3(std::string_view zone, std::string_view owner, Nsec3Kind kind,
                           std::initializer_list<RrType> types);

/// The records, which are one RRset, with an RRSIG by `signer` whose octets mean nothing. `labels`
/// is the RRSIG's label count, the owner's own when negative.
[[nodiscard]] Records with_rrsig(Records rrset, std::string_view signer, int labels = -1);
[[nodiscard]] Records operator+(Records a, const Records& b);

/// A DNS message as a resolver would send it.
[[nodiscard]] Bytes response(const Question& question, const Records& answer,
                             const Records& authority = {}, Rcode rcode = Rcode::no_error);

/// A resolver that answers from a script. What the script does not mention it makes up: DS and
/// DNSKEY RRsets of the zones it was told of, and for DS elsewhere in a signed zone an NSEC record
/// that shows no delegation.
class ScriptedResolver {
 public:
  /// Signed zones, the root included by itself.
  explicit ScriptedResolver(std::initializer_list<std::string_view> zones);

  void set(const Question& question, Bytes message);
  void set(std::string_view owner, RrType type, const Records& answer,
           const Records& authority = {}, Rcode rcode = Rcode::no_error);
  [[nodiscard]] Bytes answer(const Question& question) const;

  /// Feeds `builder` until it is done, all questions of a round at once; `reversed` answers them
  /// last first. Returns the number of rounds.
  std::size_t run(dnschain::Builder& builder, bool reversed = false);
  /// All questions that were asked, in order.
  [[nodiscard]] const std::vector<Question>& asked() const { return asked_; }

 private:
  [[nodiscard]] Name zone_of(const Name& name, bool strictly_above) const;

  std::vector<Name> zones_;
  std::map<std::pair<Name, RrType>, Bytes> script_;
  std::vector<Question> asked_;
};

/// Every RRset of a chain as "<owner> <type>", sorted, one each; RRSIGs are not listed.
[[nodiscard]] std::vector<std::string> rrsets_of(const dnschain::Chain& chain);

}  // namespace mooring::test
