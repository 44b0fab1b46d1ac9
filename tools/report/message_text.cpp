// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/message_text.hpp"

#include <array>

#include "dnschain/base/hex.hpp"
#include "dnschain/dns/wire.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

constexpr std::uint16_t kNsidOption = 3;
constexpr std::uint16_t kKeepaliveOption = 11;
constexpr std::uint16_t kPaddingOption = 12;
constexpr std::uint16_t kExtendedErrorOption = 15;

constexpr std::array kSectionNames{"ANSWER", "AUTHORITY", "ADDITIONAL"};
constexpr std::array kSectionKeys{"answer", "authority", "additional"};

std::string opcode_name(unsigned opcode) {
  static constexpr std::array kNames{"QUERY",  "IQUERY", "STATUS", "OPCODE3",
                                     "NOTIFY", "UPDATE", "DSO"};
  return opcode < kNames.size() ? kNames.at(opcode) : "OPCODE" + std::to_string(opcode);
}

std::string rcode_name(unsigned rcode) {
  static constexpr std::array kNames{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                     "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI"};
  static constexpr unsigned kBadVersion = 16;
  static constexpr unsigned kBadCookie = 23;
  if (rcode == kBadVersion) return "BADVERS";
  if (rcode == kBadCookie) return "BADCOOKIE";
  return rcode < kNames.size() ? kNames.at(rcode) : "RCODE" + std::to_string(rcode);
}

std::vector<std::string> flag_names(std::uint16_t flags) {
  struct Flag {
    unsigned bit;
    const char* name;
  };
  static constexpr std::array kFlags{Flag{0x8000, "qr"}, Flag{0x0400, "aa"}, Flag{0x0200, "tc"},
                                     Flag{0x0100, "rd"}, Flag{0x0080, "ra"}, Flag{0x0020, "ad"},
                                     Flag{0x0010, "cd"}};
  std::vector<std::string> names;
  for (const Flag& flag : kFlags) {
    if ((flags & flag.bit) != 0) names.emplace_back(flag.name);
  }
  return names;
}

/// The info-codes of RFC 8914, 5.2.
std::string extended_error_name(unsigned code) {
  static constexpr std::array kNames{"Other Error",
                                     "Unsupported DNSKEY Algorithm",
                                     "Unsupported DS Digest Type",
                                     "Stale Answer",
                                     "Forged Answer",
                                     "DNSSEC Indeterminate",
                                     "DNSSEC Bogus",
                                     "Signature Expired",
                                     "Signature Not Yet Valid",
                                     "DNSKEY Missing",
                                     "RRSIGs Missing",
                                     "No Zone Key Bit Set",
                                     "NSEC Missing",
                                     "Cached Error",
                                     "Not Ready",
                                     "Blocked",
                                     "Censored",
                                     "Filtered",
                                     "Prohibited",
                                     "Stale NXDOMAIN Answer",
                                     "Not Authoritative",
                                     "Not Supported",
                                     "No Reachable Authority",
                                     "Network Error",
                                     "Invalid Data"};
  return code < kNames.size() ? kNames.at(code) : "unassigned";
}

struct ExtendedError {
  unsigned code = 0;
  std::string text;
};

/// RFC 8914, 2: two octets of code, then UTF-8 text for a person.
std::optional<ExtendedError> extended_error(const EdnsOption& option) {
  dnschain::WireReader reader(option.data);
  const auto code = reader.u16();
  if (option.code != kExtendedErrorOption || !code) return std::nullopt;
  const auto rest = reader.take(reader.remaining()).value_or(dnschain::ByteView{});
  std::string text;
  for (const std::byte octet : rest) text += static_cast<char>(octet);
  return ExtendedError{*code, printable(text)};
}

/// The session's idle timeout in units of 100 ms (RFC 7828, 3.1).
std::optional<unsigned> keepalive(const EdnsOption& option) {
  if (option.code != kKeepaliveOption || option.data.size() != 2) return std::nullopt;
  return dnschain::WireReader(option.data).u16();
}

std::string option_line(const EdnsOption& option) {
  if (const auto error = extended_error(option)) {
    std::string line =
        "EDE: " + std::to_string(error->code) + " (" + extended_error_name(error->code) + ")";
    return error->text.empty() ? line : line + ": " + error->text;
  }
  if (const auto units = keepalive(option)) {
    return "TCP KEEPALIVE: " + std::to_string(*units / 10) + "." + std::to_string(*units % 10) +
           " s";
  }
  if (option.code == kNsidOption) {
    std::string text;
    for (const std::byte octet : option.data) text += static_cast<char>(octet);
    return "NSID: " + dnschain::to_hex(option.data) + " (\"" + printable(text) + "\")";
  }
  if (option.code == kPaddingOption) {
    return "PADDING: " + count_of(option.data.size(), "octet");
  }
  return "OPT " + std::to_string(option.code) + ": " + dnschain::to_hex(option.data);
}

std::string edns_text(const Edns& edns) {
  std::string out = "\n;; OPT PSEUDOSECTION:\n; EDNS: version: " + std::to_string(edns.version) +
                    ", flags:" + (edns.dnssec_ok ? " do" : "") +
                    "; udp: " + std::to_string(edns.udp_size) + "\n";
  for (const EdnsOption& option : edns.options) out += "; " + option_line(option) + "\n";
  return out;
}

/// The name and as many tabs as lead to column 24, as `dig` does; one where it is longer.
std::string name_column(const std::string& name) {
  static constexpr std::size_t kTabs = 3;
  static constexpr std::size_t kTabWidth = 8;
  const std::size_t used = name.size() / kTabWidth;
  return name + std::string(used < kTabs ? kTabs - used : 1, '\t');
}

std::string record_line(const TextRecord& record) {
  return name_column(record.name) + std::to_string(record.ttl) + "\t" + record.rr_class + "\t" +
         record.type + "\t" + record.data + "\n";
}

std::string header_text(const DnsMessage& message) {
  std::string out = ";; ->>HEADER<<- opcode: " + opcode_name(message.opcode) +
                    ", status: " + rcode_name(message.rcode) +
                    ", id: " + std::to_string(message.id) + "\n;; flags:";
  for (const std::string& name : flag_names(message.flags)) out += " " + name;
  out += "; QUERY: " + std::to_string(message.question.size());
  for (std::size_t i = 0; i < kSectionNames.size(); ++i) {
    const std::size_t opt = i == 2 && message.edns ? 1 : 0;
    out += std::string(", ") + kSectionNames.at(i) + ": " +
           std::to_string(message.sections.at(i).size() + opt);
  }
  return out + "\n";
}

std::string question_text(const DnsMessage& message, bool title) {
  std::string out;
  if (title && !message.question.empty()) {
    out = std::string(message.edns ? "" : "\n") + ";; QUESTION SECTION:\n";
  }
  for (const TextRecord& record : message.question) {
    out += name_column(";" + record.name) + "\t" + record.rr_class + "\t" + record.type + "\n";
  }
  return out;
}

Json edns_json(const Edns& edns) {
  Json options = Json::array();
  for (const EdnsOption& option : edns.options) {
    Json entry{{"code", option.code}, {"data", dnschain::to_hex(option.data)}};
    if (const auto error = extended_error(option)) {
      entry["info_code"] = error->code;
      entry["purpose"] = extended_error_name(error->code);
      entry["text"] = error->text;
    }
    if (const auto units = keepalive(option)) entry["timeout_ms"] = *units * 100;
    options.push_back(std::move(entry));
  }
  return {{"version", edns.version},
          {"do", edns.dnssec_ok},
          {"udp", edns.udp_size},
          {"options", std::move(options)}};
}

Json record_json(const TextRecord& record) {
  return {{"name", record.name},
          {"ttl", record.ttl},
          {"class", record.rr_class},
          {"type", record.type},
          {"data", record.data}};
}

}  // namespace

std::string message_text(const DnsMessage& message, const Shown& shown) {
  std::string out;
  if (shown.comments) {
    out = header_text(message);
    if (message.edns) out += edns_text(*message.edns);
  }
  if (shown.question) out += question_text(message, shown.comments);
  for (std::size_t i = 0; i < kSectionNames.size(); ++i) {
    if (message.sections.at(i).empty() || !shown.sections.at(i)) continue;
    if (shown.comments) out += std::string("\n;; ") + kSectionNames.at(i) + " SECTION:\n";
    for (const TextRecord& record : message.sections.at(i)) out += record_line(record);
  }
  return out;
}

std::string short_text(const DnsMessage& message) {
  std::string out;
  for (const TextRecord& record : message.sections[0]) out += record.data + "\n";
  return out;
}

Json message_json(const DnsMessage& message) {
  Json object{{"id", message.id},
              {"opcode", opcode_name(message.opcode)},
              {"status", rcode_name(message.rcode)},
              {"flags", flag_names(message.flags)},
              {"octets", message.octets},
              {"edns", message.edns ? edns_json(*message.edns) : Json()}};
  object["question"] = Json::array();
  for (const TextRecord& record : message.question) {
    object["question"].push_back(
        {{"name", record.name}, {"class", record.rr_class}, {"type", record.type}});
  }
  for (std::size_t i = 0; i < kSectionKeys.size(); ++i) {
    Json records = Json::array();
    for (const TextRecord& record : message.sections.at(i)) records.push_back(record_json(record));
    object[kSectionKeys.at(i)] = std::move(records);
  }
  return object;
}

}  // namespace mooring::tools
