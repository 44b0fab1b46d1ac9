// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/dns_message.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "dnschain/dns/name.hpp"
#include "dnschain/dns/wire.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

using dnschain::Bytes;
using dnschain::ByteView;
using dnschain::WireReader;

constexpr std::size_t kHeaderSize = 12;

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
