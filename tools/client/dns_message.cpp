// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/dns_message.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "dnschain/dns/wire.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

using dnschain::Bytes;
using dnschain::ByteView;
using dnschain::WireReader;
using dnschain::WireWriter;

constexpr std::size_t kHeaderSize = 12;
constexpr std::uint16_t kOptType = 41;
constexpr std::uint16_t kNsidOption = 3;
constexpr std::uint16_t kPaddingOption = 12;

struct RrFree {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
};
using RrPtr = std::unique_ptr<ldns_rr, RrFree>;

struct CFree {
  void operator()(char* text) const { std::free(text); }
};
using CText = std::unique_ptr<char, CFree>;

std::string owned(char* text) {
  const CText guard(text);
  return text == nullptr ? "?" : printable(text);
}

/// The option itself costs 4 octets (RFC 7830, 3).
void pad(Bytes& message, std::size_t block) {
  const std::size_t over = (message.size() + 4) % block;
  const std::size_t padding = over == 0 ? 0 : block - over;
  WireWriter writer(message);
  writer.u16(kPaddingOption);
  writer.u16(static_cast<std::uint16_t>(padding));
  message.resize(message.size() + padding);
}

void append_opt(const QuestionToAsk& question, Bytes& message) {
  WireWriter writer(message);
  writer.u8(0);
  writer.u16(kOptType);
  writer.u16(question.udp_size);
  writer.u32(question.dnssec_ok ? 0x8000 : 0);
  const std::size_t length_at = message.size();
  writer.u16(0);
  if (question.nsid) {
    writer.u16(kNsidOption);
    writer.u16(0);
  }
  if (question.padding_block != 0) pad(message, question.padding_block);
  const std::size_t length = message.size() - length_at - 2;
  message[length_at] = std::byte(length >> 8U);
  message[length_at + 1] = std::byte(length & 0xffU);
}

std::string class_text(ldns_rr_class rr_class) {
  return owned(ldns_rr_class2str(rr_class));
}

/// RDATA in presentation form: what ldns prints after owner, TTL, class and type.
std::string rdata_text(const ldns_rr& rr) {
  const CText line(ldns_rr2str(&rr));
  if (!line) return "?";
  std::string_view text(line.get());
  for (int field = 0; field < 4; ++field) {
    const auto tab = text.find('\t');
    if (tab == std::string_view::npos) return {};
    text.remove_prefix(tab + 1);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::string one_line(text);
  std::ranges::replace(one_line, '\t', ' ');
  return printable(one_line);
}

TextRecord to_text_record(const ldns_rr& rr, bool question) {
  TextRecord record;
  record.name = owned(ldns_rdf2str(ldns_rr_owner(&rr)));
  record.rr_class = class_text(ldns_rr_get_class(&rr));
  record.type = owned(ldns_rr_type2str(ldns_rr_get_type(&rr)));
  if (question) return record;
  record.ttl = ldns_rr_ttl(&rr);
  record.data = rdata_text(rr);
  return record;
}

Outcome<Edns> parse_edns(const ldns_rr& rr) {
  Edns edns;
  edns.udp_size = static_cast<unsigned>(ldns_rr_get_class(&rr));
  edns.version = ldns_rr_ttl(&rr) >> 16U & 0xffU;
  edns.dnssec_ok = (ldns_rr_ttl(&rr) & 0x8000U) != 0;
  const ldns_rdf* data = ldns_rr_rdf(&rr, 0);
  if (data == nullptr) return edns;
  WireReader reader(std::as_bytes(std::span(ldns_rdf_data(data), ldns_rdf_size(data))));
  while (!reader.empty()) {
    const auto code = reader.u16();
    const auto size = reader.u16();
    const auto body = size ? reader.take(*size) : std::nullopt;
    if (!body) return trouble("the answer's OPT record is cut short");
    edns.options.push_back({*code, Bytes(body->begin(), body->end())});
  }
  return edns;
}

/// Reads the records of a message from behind its header.
class RecordReader {
 public:
  explicit RecordReader(ByteView message) : message_(message) {}

  Outcome<RrPtr> next(ldns_pkt_section section) {
    ldns_rr* rr = nullptr;
    const auto* wire = reinterpret_cast<const std::uint8_t*>(message_.data());
    const ldns_status status = ldns_wire2rr(&rr, wire, message_.size(), &at_, section);
    if (status != LDNS_STATUS_OK) {
      return trouble("the answer is malformed at octet " + std::to_string(at_) + ": " +
                     ldns_get_errorstr_by_id(status));
    }
    return RrPtr(rr);
  }

  [[nodiscard]] bool at_end() const { return at_ >= message_.size(); }

 private:
  ByteView message_;
  std::size_t at_ = kHeaderSize;
};

Outcome<void> read_section(RecordReader& reader, std::uint16_t count, std::size_t section,
                           DnsMessage& message) {
  // ldns numbers the sections question, answer, authority, additional.
  for (std::uint16_t i = 0; i < count; ++i) {
    auto rr = reader.next(static_cast<ldns_pkt_section>(section));
    if (!rr) return tl::make_unexpected(rr.error());
    const bool question = section == LDNS_SECTION_QUESTION;
    if (question) {
      message.question.push_back(to_text_record(**rr, true));
    } else if (ldns_rr_get_type(rr->get()) == LDNS_RR_TYPE_OPT) {
      auto edns = parse_edns(**rr);
      if (!edns) return tl::make_unexpected(edns.error());
      message.rcode |= ldns_rr_ttl(rr->get()) >> 24U << 4U;
      message.edns = *std::move(edns);
    } else {
      message.sections.at(section - 1).push_back(to_text_record(**rr, false));
    }
  }
  return {};
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

/// The 16 bits of "TYPE65280" and the like (RFC 3597, 5).
std::optional<std::uint16_t> number_after(std::string_view text, std::string_view prefix) {
  const auto digits = text.substr(prefix.size());
  const auto number = digits.empty() ? std::nullopt : parse_number(digits, 65535);
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

/// The question section's one entry; nothing when it is not there or compressed.
struct AskedQuestion {
  dnschain::Name name;
  std::uint16_t type = 0;
  std::uint16_t rr_class = 0;

  bool operator==(const AskedQuestion&) const = default;
};

std::optional<AskedQuestion> asked_question(ByteView message) {
  WireReader reader(message);
  if (!reader.take(kHeaderSize)) return std::nullopt;
  auto name = dnschain::Name::read(reader);
  if (!name) return std::nullopt;
  const auto type = reader.u16();
  const auto rr_class = reader.u16();
  if (!type || !rr_class) return std::nullopt;
  return AskedQuestion{*std::move(name), *type, *rr_class};
}

}  // namespace

Bytes make_query(const QuestionToAsk& question, std::uint16_t id) {
  Bytes message;
  WireWriter writer(message);
  writer.u16(id);
  writer.u16(static_cast<std::uint16_t>((question.recurse ? 0x0100 : 0) |
                                        (question.authentic_data ? 0x0020 : 0) |
                                        (question.checking_disabled ? 0x0010 : 0)));
  writer.u16(1);
  writer.u16(0);
  writer.u16(0);
  writer.u16(question.edns ? 1 : 0);
  writer.append(question.name.wire());
  writer.u16(question.type);
  writer.u16(question.rr_class);
  if (question.edns) append_opt(question, message);
  return message;
}

std::optional<std::uint16_t> type_number(std::string_view text) {
  const std::string upper = to_upper(text);
  if (upper.starts_with("TYPE")) return number_after(upper, "TYPE");
  const ldns_rr_type type = ldns_get_rr_type_by_name(upper.c_str());
  if (static_cast<int>(type) == 0) return std::nullopt;
  return static_cast<std::uint16_t>(type);
}

std::optional<std::uint16_t> class_number(std::string_view text) {
  const std::string upper = to_upper(text);
  if (upper == "IN") return std::uint16_t{1};
  if (upper == "CH") return std::uint16_t{3};
  if (upper == "HS") return std::uint16_t{4};
  if (upper == "ANY") return std::uint16_t{255};
  return upper.starts_with("CLASS") ? number_after(upper, "CLASS") : std::nullopt;
}

Outcome<DnsMessage> parse_message(ByteView octets) {
  WireReader header(octets);
  if (octets.size() < kHeaderSize) return trouble("the answer is shorter than a DNS header");
  DnsMessage message;
  message.octets = octets.size();
  message.id = header.u16().value_or(0);
  message.flags = header.u16().value_or(0);
  message.opcode = message.flags >> 11U & 15U;
  message.rcode = message.flags & 15U;
  RecordReader reader(octets);
  for (std::size_t section = 0; section < 4; ++section) {
    const std::uint16_t count = header.u16().value_or(0);
    auto read = read_section(reader, count, section, message);
    if (!read) return tl::make_unexpected(read.error());
  }
  if (!reader.at_end()) return trouble("the answer has octets left over after its last record");
  return message;
}

bool is_answer_to(ByteView message, ByteView query) {
  WireReader reader(message);
  const auto id = reader.u16();
  const auto flags = reader.u16();
  const auto questions = reader.u16();
  if (!questions || id != WireReader(query).u16() || (*flags & 0x8000U) == 0) return false;
  if (*questions == 0) return (*flags & 15U) != 0;
  const auto asked = asked_question(message);
  return asked && asked == asked_question(query);
}

}  // namespace mooring::tools
