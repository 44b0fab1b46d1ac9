// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/trust_anchor.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <string>

#include "dnschain/dns/ldns_ptr.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::uint16_t kZoneKey = 0x0100;
constexpr std::uint16_t kRevoked = 0x0080;

/// One record's text, put together from the lines that its parentheses span.
struct Entry {
  std::string text;
  std::string comment;
  std::size_t line = 0;  ///< where it begins, counted from 1
  bool is_open = false;  ///< the text ends within its parentheses
};

/// Takes the lines of a file one after the other and gives back whole entries.
class EntryReader {
 public:
  explicit EntryReader(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  std::optional<Entry> next() {
    Entry entry;
    int open = 0;
    while (at_ < text_.size()) {
      const std::string_view line = take_line();
      if (entry.text.find_first_not_of(" \t\r") == std::string::npos) entry = Entry{"", "", line_};
      open += append(line, entry);
      if (open <= 0 && entry.text.find_first_not_of(" \t\r") != std::string::npos) return entry;
    }
    if (entry.text.find_first_not_of(" \t\r") == std::string::npos) return std::nullopt;
    entry.is_open = open > 0;
    return entry;
  }

 private:
  std::string_view take_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    return line;
  }

  /// How many more parentheses the line opens than it closes.
  static int append(std::string_view line, Entry& entry) {
    int open = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == ';') {
        entry.comment += line.substr(i);
        break;
      }
      if (line[i] == '(' || line[i] == ')') {
        open += line[i] == '(' ? 1 : -1;
        entry.text += ' ';
        continue;
      }
      entry.text += line[i];
      if (line[i] == '\\' && i + 1 < line.size()) entry.text += line[++i];
    }
    entry.text += ' ';
    return open;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
};

/// Unbound notes in a comment where a key stands in the life that RFC 5011, 4 gives it. Only valid
/// (2) and missing (3) keys are trust anchors; without a note every record is one.
bool is_trusted_state(const std::string& comment) {
  constexpr std::string_view kState = ";;state=";
  const std::size_t at = comment.find(kState);
  if (at == std::string::npos || at + kState.size() >= comment.size()) return true;
  const char state = comment[at + kState.size()];
  return state == '2' || state == '3';
}

/// Unknown types may have a digest of any size.
bool has_digest_of_right_size(const Record& record) {
  const auto ds = parse_ds(record.rdata);
  if (!ds) return false;
  switch (ds->digest_type) {
    case LDNS_SHA1:
      return ds->digest.size() == LDNS_SHA1_DIGEST_LENGTH;
    case LDNS_SHA256:
      return ds->digest.size() == LDNS_SHA256_DIGEST_LENGTH;
    case LDNS_SHA384:
      return ds->digest.size() == LDNS_SHA384_DIGEST_LENGTH;
    default:
      return true;
  }
}

tl::unexpected<Error> malformed(std::string what) {
  return tl::unexpected(Error{ErrorCode::malformed, std::move(what)});
}

/// What is no record by itself is not read at all.
Result<void> check_form(const Entry& entry) {
  const char first = entry.text.front();
  if (entry.is_open) return malformed("its parenthesis is not closed");
  if (first == ' ' || first == '\t')
    return malformed("it begins with white space: the owner has to be written out");
  if (first == '@') return malformed("the owner has to be written out, not as @");
  if (first == '$') return malformed("directives such as $ORIGIN are not followed");
  return {};
}

/// A record from what follows its owner, with the root as its owner.
Result<Record> parse_without_owner(const std::string& text) {
  const std::string line = ". " + text;
  if (line.find('\0') != std::string::npos) return malformed("there is a zero octet in it");
  ldns_rr* raw = nullptr;
  const auto status = ldns_rr_new_frm_str(&raw, line.c_str(), 0, nullptr, nullptr);
  const LdnsRr rr(raw);
  if (status != LDNS_STATUS_OK || !rr)
    return malformed(std::string("not a resource record: ") + ldns_get_errorstr_by_id(status));
  // Of a word that is no type ldns makes type 0, which none has (RFC 6895, 3.1).
  if (static_cast<int>(ldns_rr_get_type(rr.get())) == 0) return malformed("not a resource record");
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  const auto encoded = ldns_rr2wire(&octets, rr.get(), LDNS_SECTION_ANSWER, &size);
  const LdnsOctets owned(octets);
  if (encoded != LDNS_STATUS_OK) return malformed("not a resource record");
  auto records = read_records(std::as_bytes(std::span(octets, size)), 1);
  if (!records) return tl::unexpected(std::move(records.error()));
  if (records->empty()) return malformed("not a resource record");
  return std::move(records->front());
}

Result<void> check_kind(const Record& record) {
  if (record.type != RrType::ds && record.type != RrType::dnskey)
    return malformed("a trust anchor is a DS or a DNSKEY record, not " + to_text(record.type));
  if (record.rr_class != 1) return malformed("a trust anchor is of class IN");
  if (record.type == RrType::ds && !has_digest_of_right_size(record))
    return malformed("the digest in it has not the size of its type");
  return {};
}

Result<Record> parse_entry(const Entry& entry) {
  if (auto form = check_form(entry); !form) return tl::unexpected(std::move(form.error()));
  // ldns reads owners of up to 255 characters only, escapes counted, so the owner is read here.
  const std::size_t begin = entry.text.find_first_not_of(" \t\r");
  const std::size_t end = std::min(entry.text.find_first_of(" \t\r", begin), entry.text.size());
  auto owner = Name::parse(std::string_view(entry.text).substr(begin, end - begin));
  if (!owner) return tl::unexpected(std::move(owner.error()));
  auto record = parse_without_owner(entry.text.substr(end));
  if (!record) return record;
  record->owner = std::move(*owner);
  if (auto kind = check_kind(*record); !kind) return tl::unexpected(std::move(kind.error()));
  return record;
}

}  // namespace

bool is_usable_anchor(const Record& record) {
  if (const auto ds = parse_ds(record.rdata); record.type == RrType::ds)
    return ds && is_supported_algorithm(ds->algorithm) && is_supported_digest(ds->digest_type);
  const auto key = parse_dnskey(record.rdata);
  return key && (key->flags & kZoneKey) != 0 && (key->flags & kRevoked) == 0 &&
         key->protocol == 3 && is_supported_algorithm(key->algorithm);
}

std::optional<Name> closest_anchor(const std::vector<Name>& zones, const Name& name) {
  std::optional<Name> closest;
  for (const Name& zone : zones)
    if (name.is_at_or_below(zone) && (!closest || zone.is_below(*closest))) closest = zone;
  return closest;
}

std::vector<Name> TrustAnchor::zones() const {
  std::vector<Name> out;
  for (const Record& record : records_)
    if (is_usable_anchor(record) && std::ranges::find(out, record.owner) == out.end())
      out.push_back(record.owner);
  return out;
}

Result<TrustAnchor> TrustAnchor::parse(std::string_view text, std::string_view origin) {
  TrustAnchor anchor;
  EntryReader reader(text);
  while (const auto entry = reader.next()) {
    auto record = parse_entry(*entry);
    if (!record) {
      Error error = std::move(record.error());
      error.context =
          std::string(origin) + ":" + std::to_string(entry->line) + ": " + error.context;
      return tl::unexpected(std::move(error));
    }
    if (is_trusted_state(entry->comment)) anchor.records_.push_back(std::move(*record));
  }
  if (anchor.records_.empty())
    return tl::unexpected(Error{ErrorCode::unusable,
                                std::string(origin) + ": there is no DS or DNSKEY record in it"});
  if (std::ranges::none_of(anchor.records_, is_usable_anchor))
    return tl::unexpected(Error{
        ErrorCode::unusable,
        std::string(origin) + ": no record has an algorithm and a digest that are supported"});
  return anchor;
}

}  // namespace mooring::dnschain
