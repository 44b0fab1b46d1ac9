// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/dns_message.hpp"

#include <catch2/catch.hpp>

#include "dnschain/dns/wire.hpp"
#include "tools/base/text.hpp"
#include "tools/client/question.hpp"
#include "tools/report/message_text.hpp"

using namespace mooring::tools;
using mooring::dnschain::Bytes;
using mooring::dnschain::ByteView;
using mooring::dnschain::Name;
using mooring::dnschain::WireWriter;

namespace {

Bytes octets(std::string_view text) {
  const ByteView view = as_octets(text);
  return {view.begin(), view.end()};
}

QuestionToAsk question(const char* name, std::uint16_t type) {
  QuestionToAsk asked;
  asked.name = Name::parse(name).value();
  asked.type = type;
  return asked;
}

/// A response with one question, and records given as whole octets by section.
Bytes response(std::uint16_t flags, const std::vector<Bytes>& answer,
               const std::vector<Bytes>& additional) {
  Bytes message;
  WireWriter writer(message);
  for (const std::size_t field : {std::size_t{0x1234}, std::size_t{flags}, std::size_t{1},
                                  answer.size(), std::size_t{0}, additional.size()}) {
    writer.u16(static_cast<std::uint16_t>(field));
  }
  writer.append(Name::parse("www.example").value().wire());
  writer.u16(1);
  writer.u16(1);
  for (const Bytes& record : answer) writer.append(record);
  for (const Bytes& record : additional) writer.append(record);
  return message;
}

Bytes record(std::uint16_t type, std::uint16_t rr_class, std::uint32_t ttl, const Bytes& rdata,
             const char* owner = "www.example") {
  Bytes out;
  WireWriter writer(out);
  writer.append(Name::parse(owner).value().wire());
  writer.u16(type);
  writer.u16(rr_class);
  writer.u32(ttl);
  writer.u16(static_cast<std::uint16_t>(rdata.size()));
  writer.append(rdata);
  return out;
}

Bytes option(std::uint16_t code, std::string_view data) {
  Bytes out;
  WireWriter writer(out);
  writer.u16(code);
  writer.u16(static_cast<std::uint16_t>(data.size()));
  writer.append(as_octets(data));
  return out;
}

}  // namespace

TEST_CASE("a query is padded to a multiple of 128 octets and says what it was told", "[tools]") {
  QuestionToAsk asked = question("www.example", 28);
  asked.dnssec_ok = true;
  asked.checking_disabled = true;
  const Bytes query = make_query(asked, 0xabcd);
  CHECK(query.size() == 128);
  const auto read = parse_message(query);
  REQUIRE(read.has_value());
  CHECK(read->id == 0xabcd);
  CHECK(read->flags == 0x0130);
  CHECK(read->question.at(0).name == "www.example.");
  CHECK(read->question.at(0).type == "AAAA");
  CHECK(read->edns->dnssec_ok);
  CHECK(read->edns->options.at(0).code == 12);
}

TEST_CASE("a query of any length keeps to its blocks", "[tools]") {
  const int labels = GENERATE(range(1, 31));
  std::string name;
  for (int i = 0; i < labels; ++i) name += "abcdefg.";
  CHECK(make_query(question(name.c_str(), 1), 1).size() % 128 == 0);
}

TEST_CASE("a query without EDNS holds nothing but its question", "[tools]") {
  QuestionToAsk asked = question("example", 1);
  asked.edns = false;
  asked.recurse = false;
  const Bytes query = make_query(asked, 7);
  CHECK(query.size() == 12 + 9 + 4);
  CHECK(parse_message(query)->flags == 0x0020);
}

TEST_CASE("a query has the class, the options and the size that it was told", "[tools]") {
  QuestionToAsk asked = question("version.bind", 16);
  asked.rr_class = 3;
  asked.nsid = true;
  asked.padding_block = 0;
  asked.udp_size = 4096;
  asked.authentic_data = false;
  const auto read = parse_message(make_query(asked, 1));
  REQUIRE(read.has_value());
  CHECK(read->flags == 0x0100);
  CHECK(read->question.at(0).rr_class == "CH");
  CHECK(read->edns->udp_size == 4096);
  REQUIRE(read->edns->options.size() == 1);
  CHECK(read->edns->options.at(0).code == 3);
  asked.padding_block = 468;
  CHECK(make_query(asked, 1).size() == 468);
}

TEST_CASE("of an answer no more is printed than is wanted", "[tools]") {
  const Bytes a = record(1, 1, 300, octets(std::string_view("\xc0\x00\x02\x01", 4)));
  const Bytes opt = record(41, 1232, 0, option(3, "ns1"), ".");
  const auto message = parse_message(response(0x8180, {a}, {opt}));
  REQUIRE(message.has_value());
  CHECK(short_text(*message) == "192.0.2.1\n");
  CHECK(message_text(*message, {false, false, {true, false, false}, false}) ==
        "www.example.\t\t300\tIN\tA\t192.0.2.1\n");
  CHECK(message_text(*message, {false, true, {false, false, false}, false}) ==
        ";www.example.\t\t\tIN\tA\n");
  CHECK_THAT(message_text(*message), Catch::Contains("; NSID: 6e7331 (\"ns1\")\n"));
}

TEST_CASE("an answer is printed as dig prints it", "[tools]") {
  const Bytes a = record(1, 1, 300, octets(std::string_view("\xc0\x00\x02\x01", 4)));
  const Bytes opt = record(41, 1232, 0x8000, option(15, std::string_view("\0\x16no way", 8)), ".");
  const auto message = parse_message(response(0x8183, {a}, {opt}));
  REQUIRE(message.has_value());
  CHECK(message_text(*message) ==
        ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 4660\n"
        ";; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n"
        "\n"
        ";; OPT PSEUDOSECTION:\n"
        "; EDNS: version: 0, flags: do; udp: 1232\n"
        "; EDE: 22 (No Reachable Authority): no way\n"
        ";; QUESTION SECTION:\n"
        ";www.example.\t\t\tIN\tA\n"
        "\n"
        ";; ANSWER SECTION:\n"
        "www.example.\t\t300\tIN\tA\t192.0.2.1\n");
  const auto object = message_json(*message);
  CHECK(object["status"] == "NXDOMAIN");
  CHECK(object["flags"] == Json({"qr", "rd", "ra"}));
  CHECK(object["answer"][0]["data"] == "192.0.2.1");
  CHECK(object["edns"]["options"][0]["info_code"] == 22);
  CHECK(object["edns"]["options"][0]["text"] == "no way");
}

TEST_CASE("the extended response code is part of the status", "[tools]") {
  const Bytes opt = record(41, 1232, 0x01000000, {}, ".");
  const auto message = parse_message(response(0x8180, {}, {opt}));
  REQUIRE(message.has_value());
  CHECK(message_json(*message)["status"] == "BADVERS");
}

TEST_CASE("nothing in an answer can drive a terminal", "[tools]") {
  const std::string evil = "\033]0;owned\a\x9b" + std::string(1, '\n');
  Bytes text;
  WireWriter(text).u8(static_cast<std::uint8_t>(evil.size()));
  WireWriter(text).append(as_octets(evil));
  Bytes owner_record;
  WireWriter writer(owner_record);
  writer.u8(static_cast<std::uint8_t>(evil.size()));
  writer.append(as_octets(evil));
  writer.append(
      octets(std::string_view("\0\0\x01\0\x01\0\0\0\0\0\x04"
                              "abcd",
                              15)));
  const auto code = std::string_view("\0\0", 2);
  const Bytes opt = record(41, 1232, 0, option(15, std::string(code) + evil), ".");
  const auto message = parse_message(
      response(0x8180, {record(16, 1, 0, text), owner_record, record(65280, 1, 0, text)}, {opt}));
  REQUIRE(message.has_value());
  for (const char c : message_text(*message) + message_json(*message).dump()) {
    const auto octet = static_cast<unsigned char>(c);
    CHECK((octet == '\n' || octet == '\t' || (octet >= 0x20 && octet < 0x7f)));
  }
}

TEST_CASE("an answer cut anywhere is malformed and harmless", "[tools]") {
  const Bytes whole =
      response(0x8180, {record(1, 1, 300, octets("abcd"))},
               {record(41, 1232, 0, option(12, std::string_view("\0\0\0", 3)), ".")});
  REQUIRE(parse_message(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(parse_message(std::span(whole).first(size)).has_value());
  }
  Bytes longer = whole;
  longer.push_back(std::byte{0});
  CHECK_FALSE(parse_message(longer).has_value());
}

TEST_CASE("an answer belongs to the query with its ID and question", "[tools]") {
  QuestionToAsk asked = question("WWW.example", 1);
  const Bytes query = make_query(asked, 0x1234);
  CHECK(is_answer_to(response(0x8180, {}, {}), query));
  CHECK_FALSE(is_answer_to(response(0x0180, {}, {}), query));
  CHECK_FALSE(is_answer_to(response(0x8180, {}, {}), make_query(asked, 0x1235)));
  CHECK_FALSE(is_answer_to(response(0x8180, {}, {}), make_query(question("w.example", 1), 0x1234)));
  CHECK_FALSE(
      is_answer_to(response(0x8180, {}, {}), make_query(question("www.example", 28), 0x1234)));
  const auto bare = octets(std::string_view("\x12\x34\x81\x81\0\0\0\0\0\0\0\0", 12));
  CHECK(is_answer_to(bare, query));
  const auto bare_success = octets(std::string_view("\x12\x34\x81\x80\0\0\0\0\0\0\0\0", 12));
  CHECK_FALSE(is_answer_to(bare_success, query));
  CHECK_FALSE(is_answer_to({}, query));
}

TEST_CASE("types are known by name or number", "[tools]") {
  CHECK(type_number("A") == 1);
  CHECK(type_number("aaaa") == 28);
  CHECK(type_number("TYPE65280") == 65280);
  CHECK(type_number("tlsa") == 52);
  CHECK_FALSE(type_number("TYPE").has_value());
  CHECK_FALSE(type_number("TYPE65536").has_value());
  CHECK_FALSE(type_number("www.example").has_value());
}
