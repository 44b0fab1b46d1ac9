// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/message.hpp"

#include <algorithm>
#include <cstring>

namespace mooring::server {
namespace {

constexpr unsigned kIxfr = 251;
constexpr unsigned kAxfr = 252;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kRecordTail = 10;  // type, class, TTL, length of the data
constexpr std::size_t kBad = 0;          // no name or record can end at 0

unsigned octet(ByteView octets, std::size_t at) {
  return std::to_integer<unsigned>(octets[at]);
}

/// Whether the compression pointer at `at`, in a name that began at `begin`, leads to an earlier
/// place behind the header (RFC 1035, 4.1.4).
bool sound_pointer(ByteView message, std::size_t at, std::size_t begin) {
  if (message.size() - at < 2) return false;
  const unsigned target = read_u16(message, at) & 0x3fffU;
  return target >= kDnsHeaderSize && target < begin;
}

/// Where the name at `at` ends, or kBad. A compression pointer, where allowed, ends it.
std::size_t skip_name(ByteView message, std::size_t at, bool pointers) {
  const std::size_t begin = at;
  while (at < message.size()) {
    const unsigned length = octet(message, at);
    if (length == 0) return at + 1 - begin <= kMaxName ? at + 1 : kBad;
    if (length >= 0xc0) return pointers && sound_pointer(message, at, begin) ? at + 2 : kBad;
    if (length > 63) return kBad;
    at += 1 + length;
    if (at - begin > kMaxName) return kBad;
  }
  return kBad;
}

/// The same for the owner of a record, nearly always the root or a pointer.
std::size_t skip_owner(ByteView message, std::size_t at) {
  if (at >= message.size()) return kBad;
  const unsigned first = octet(message, at);
  if (first == 0) return at + 1;
  if (first >= 0xc0) return sound_pointer(message, at, at) ? at + 2 : kBad;
  return skip_name(message, at, true);
}

/// Walks the records of all three sections, which must be what is left of the message.
class RecordWalk {
 public:
  RecordWalk(ByteView message, std::size_t at) : message_(message), at_(at) {}

  /// False: the records are not sound, or something comes after them. `opt` is set only when its
  /// record is sound.
  [[nodiscard]] bool run(OptShape& opt) {
    const std::size_t before = std::size_t{read_u16(message_, 6)} + read_u16(message_, 8);
    const std::size_t additional = read_u16(message_, 10);
    for (std::size_t i = 0; i < before; ++i) {
      if (!record(false, opt)) return false;
    }
    for (std::size_t i = 0; i < additional; ++i) {
      if (!record(true, opt)) return false;
    }
    return at_ == message_.size();
  }

 private:
  bool record(bool additional, OptShape& opt) {
    const std::size_t owner = at_;
    const std::size_t fields = skip_owner(message_, owner);
    if (fields == kBad || message_.size() - fields < kRecordTail) return false;
    const std::size_t data = fields + kRecordTail;
    const std::size_t length = read_u16(message_, fields + 8);
    if (message_.size() - data < length) return false;
    at_ = data + length;
    if (read_u16(message_, fields) != kOptType) return true;
    // RFC 6891, 6.1.1: one OPT at most, in the additional section, owned by the root.
    if (!additional || opt.begin != 0 || fields != owner + 1) return false;
    return read_opt(message_, owner, at_, opt);
  }

  ByteView message_;
  std::size_t at_;
};

bool same_letter(std::byte a, std::byte b) {
  const auto lower = [](std::byte c) {
    const auto value = std::to_integer<unsigned>(c);
    return value >= 'A' && value <= 'Z' ? value + 32 : value;
  };
  return lower(a) == lower(b);
}

/// Length octets are at most 63 and no letters, so that the whole name can be compared as if all of
/// it were letters.
bool same_question(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
  const std::size_t name = a.size() - 4;
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(name), b.begin(),
                    same_letter) &&
         std::memcmp(a.data() + name, b.data() + name, 4) == 0;
}

/// Where the questions, which come right after the header, end; or kBad.
std::size_t skip_questions(ByteView message, unsigned count) {
  std::size_t at = kDnsHeaderSize;
  for (; count > 0; --count) {
    at = skip_name(message, at, false);
    if (at == kBad || message.size() - at < 4) return kBad;
    at += 4;
  }
  return at;
}

/// Finds the parts of a message; false: they are not sound. What is found before the fault stays.
bool read_sections(ByteView message, QueryShape& shape) {
  const unsigned questions = read_u16(message, 4);
  const std::size_t end = skip_questions(message, questions);
  if (end == kBad) return false;
  if (questions == 1) shape.question_end = static_cast<std::uint16_t>(end);
  return RecordWalk(message, end).run(shape.opt);
}

bool is_transfer(ByteView message, std::size_t question_end) {
  const unsigned type = read_u16(message, question_end - 4);
  return type == kAxfr || type == kIxfr;
}

QueryVerdict judge_query(ByteView message, const QueryShape& shape, bool sound) {
  // A query asks one thing: with another count there is nothing that an answer could be matched by.
  if (!sound || shape.question_end == 0) return QueryVerdict::malformed;
  if (edns_version(message, shape.opt) != 0) return QueryVerdict::bad_version;
  return is_transfer(message, shape.question_end) ? QueryVerdict::transfer : QueryVerdict::forward;
}

}  // namespace

CheckedQuery check_query(ByteView message) {
  CheckedQuery checked{QueryVerdict::no_header, {}};
  if (message.size() < kDnsHeaderSize || message.size() > kMaxDnsMessage) return checked;
  QueryShape& shape = checked.shape;
  shape.id = read_u16(message, 0);
  checked.verdict = QueryVerdict::response;
  if ((octet(message, 2) & 0x80U) != 0) return checked;
  const bool sound = read_sections(message, shape);
  if ((octet(message, 2) & 0x78U) != 0) {
    // Other operations need not have sections like these.
    if (!sound) shape = {shape.id, 0, {}};
    checked.verdict = QueryVerdict::not_implemented;
  } else {
    checked.verdict = judge_query(message, shape, sound);
  }
  return checked;
}

bool is_response(ByteView message) {
  return message.size() >= kDnsHeaderSize && (octet(message, 2) & 0x80U) != 0;
}

CheckedAnswer check_answer(ByteView message, ByteView query, std::size_t question_end) {
  CheckedAnswer checked{AnswerVerdict::wrong_question, {}};
  const unsigned questions = read_u16(message, 4);
  std::size_t at = kDnsHeaderSize;
  if (questions == 1) {
    const std::size_t size = question_end - kDnsHeaderSize;
    if (message.size() - at < size) return checked;
    if (!same_question(message.subspan(at, size), query.subspan(at, size))) return checked;
    at = question_end;
  } else if (questions != 0 || read_u16(message, 6) != 0 || (octet(message, 3) & 0x0fU) == 0) {
    return checked;  // no question is for errors only, such as FORMERR from a server in trouble
  }
  const bool is_query_opcode = (octet(message, 2) & 0x78U) == 0;
  const bool sound = is_query_opcode && RecordWalk(message, at).run(checked.opt);
  checked.verdict = sound ? AnswerVerdict::sound : AnswerVerdict::malformed;
  return checked;
}

}  // namespace mooring::server
