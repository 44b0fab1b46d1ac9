// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/message.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "support/dns_messages.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

std::string long_name(std::size_t wire_size) {
  std::string name;  // labels of 63, then one that fills up; the root label is the last octet
  std::size_t left = wire_size - 1;
  while (left > 0) {
    const std::size_t label = std::min<std::size_t>(left - 1, 63);
    if (!name.empty()) name += '.';
    name.append(label, 'a');
    left -= label + 1;
  }
  return name;
}

struct QueryCase {
  const char* what;
  Octets message;
  QueryVerdict verdict;
};

const Octets kHop = join({option(11, 0), option(12, 30)});

}  // namespace

TEST_CASE("a query is judged by its header, its question and its records", "[server]") {
  using enum QueryVerdict;
  const auto plain = query(7, "www.example.net");
  const QueryCase cases[] = {
      {"plain", plain, forward},
      {"root", query(7, ""), forward},
      {"longest name", query(7, long_name(255)), forward},
      {"EDNS", edns_query(7, "www.example.net"), forward},
      {"EDNS with options", edns_query(7, "example.net", join({option(10, 8), kHop})), forward},
      {"record before the OPT",
       MessageWriter()
           .header(7, kRd, 1, 0, 0, 2)
           .question("a.b")
           .raw("\xc0\x0c")
           .u16(1)
           .u16(1)
           .u32(0)
           .u16(4)
           .fill(4)
           .opt(),
       forward},
      {"largest message",
       MessageWriter().header(7, kRd, 1, 0, 0, 1).question("a").opt(option(65001, 65501)), forward},

      {"empty", {}, no_header},
      {"11 octets", Octets(plain.begin(), plain.begin() + 11), no_header},
      {"QR set", MessageWriter().header(7, 0x8180, 1).question("a"), response},
      {"header of a response", MessageWriter().header(7, 0x8000, 0), response},
      {"IQUERY", MessageWriter().header(7, 0x0800, 1).question("a"), not_implemented},
      {"STATUS", MessageWriter().header(7, 0x1000, 0), not_implemented},
      {"NOTIFY", MessageWriter().header(7, 0x2000, 1).question("a", 6), not_implemented},
      {"UPDATE", MessageWriter().header(7, 0x2800, 1, 0, 0, 0).question("a", 6), not_implemented},
      {"DSO", MessageWriter().header(7, 0x3000, 0), not_implemented},
      {"opcode 15", MessageWriter().header(7, 0x7800, 1).question("a"), not_implemented},

      {"QDCOUNT 0", MessageWriter().header(7, kRd, 0), malformed},
      {"QDCOUNT 0 with a question", MessageWriter().header(7, kRd, 0).question("a"), malformed},
      {"QDCOUNT 2", MessageWriter().header(7, kRd, 2).question("a").question("b"), malformed},
      {"QDCOUNT 65535", MessageWriter().header(7, kRd, 65535).question("a"), malformed},
      {"header only", MessageWriter().header(7, kRd, 1), malformed},
      {"name cut", Octets(plain.begin(), plain.begin() + 20), malformed},
      {"type cut", Octets(plain.begin(), plain.end() - 3), malformed},
      {"class cut", Octets(plain.begin(), plain.end() - 1), malformed},
      {"name too long", query(7, long_name(256)), malformed},
      {"label type 01", MessageWriter().header(7, kRd, 1).u8(0x41).fill(70), malformed},
      {"label type 10", MessageWriter().header(7, kRd, 1).u8(0x81).fill(140), malformed},
      {"pointer to itself", MessageWriter().header(7, kRd, 1).u16(0xc00c).u16(1).u16(1), malformed},
      {"pointer ahead", MessageWriter().header(7, kRd, 1).u16(0xc0ff).u16(1).u16(1), malformed},
      {"pointer into the header", MessageWriter().header(7, kRd, 1).u16(0xc000).u16(1).u16(1),
       malformed},
      {"pointer loop behind a label",
       MessageWriter().header(7, kRd, 1).u8(1).raw("a").u16(0xc00c).u16(1).u16(1), malformed},
      {"pointer cut", MessageWriter().header(7, kRd, 1).u8(0xc0), malformed},
      {"garbage after it", MessageWriter().raw(plain).u8(0), malformed},
      {"a record that is not counted", MessageWriter().raw(plain).opt(), malformed},
      {"a record that is not there", MessageWriter().header(7, kRd, 1, 0, 0, 1).question("a"),
       malformed},
      {"65535 records", MessageWriter().header(7, kRd, 1, 65535, 65535, 65535).question("a").opt(),
       malformed},
      {"record data cut",
       MessageWriter().header(7, kRd, 1, 1).question("a").u8(0).u16(1).u16(1).u32(0).u16(4).fill(3),
       malformed},
      {"record owner points ahead",
       MessageWriter().header(7, kRd, 1, 1).question("a").u16(0xc013).u16(1).u16(1).u32(0).u16(0),
       malformed},
      {"two OPTs", MessageWriter().header(7, kRd, 1, 0, 0, 2).question("a").opt().opt(), malformed},
      {"OPT in the answer section", MessageWriter().header(7, kRd, 1, 1).question("a").opt(),
       malformed},
      {"OPT with an owner",
       MessageWriter()
           .header(7, kRd, 1, 0, 0, 1)
           .question("a")
           .name("a")
           .u16(41)
           .u16(0)
           .u32(0)
           .u16(0),
       malformed},
      {"OPT owned by a pointer to the root",
       MessageWriter()
           .header(7, kRd, 1, 0, 0, 1)
           .question("")
           .u16(0xc00c)
           .u16(41)
           .u16(0)
           .u32(0)
           .u16(0),
       malformed},
      {"option cut", edns_query(7, "a", Octets(3)), malformed},
      {"option longer than the OPT", edns_query(7, "a", MessageWriter().u16(10).u16(9).fill(8)),
       malformed},
      {"EDNS version 1", MessageWriter().header(7, kRd, 1, 0, 0, 1).question("a").opt({}, 1),
       bad_version},
      {"AXFR", query(7, "example.net", 252), transfer},
      {"IXFR", query(7, "example.net", 251), transfer},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const auto checked = check_query(one.message);
    CHECK(checked.verdict == one.verdict);
    if (one.verdict != no_header) CHECK(checked.shape.id == 7);
  }
}

TEST_CASE("the shape of a query says where its parts are", "[server]") {
  const auto message = edns_query(0xbeef, "www.example.net", kHop);
  const auto shape = check_query(message).shape;
  CHECK(shape.id == 0xbeef);
  CHECK(shape.question_end == 12 + 17 + 4);
  CHECK(shape.opt.begin == shape.question_end);
  CHECK(shape.opt.end == message.size());
  CHECK(shape.opt.hop.for_one_hop());
  // What comes before the fault is known, so that it can be echoed.
  const auto garbage = check_query(MessageWriter().raw(query(1, "a.b")).u8(0).octets()).shape;
  CHECK(garbage.question_end == 12 + 5 + 4);
  CHECK(garbage.opt.begin == 0);
}

TEST_CASE("every prefix of a query is malformed and read within its bounds", "[server]") {
  const auto message = edns_query(7, "www.example.net", join({option(10, 24), kHop}));
  for (std::size_t size = 0; size < message.size(); ++size) {
    const Octets prefix(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
    const auto verdict = check_query(prefix).verdict;
    CHECK(verdict == (size < 12 ? QueryVerdict::no_header : QueryVerdict::malformed));
  }
}

TEST_CASE("an answer is matched by its question and passed on only when sound", "[server]") {
  using enum AnswerVerdict;
  const auto asked = query(7, "www.Example.net");
  const auto right = answer_to(asked);
  const auto name_end = static_cast<std::ptrdiff_t>(question_end(asked));
  Octets type(right), klass(right), update(right), counted(right);
  type[static_cast<std::size_t>(name_end) - 3] = std::byte{28};
  klass[static_cast<std::size_t>(name_end) - 1] = std::byte{3};
  update[2] |= std::byte{0x28};
  counted[7] = std::byte{2};
  struct Case {
    const char* what;
    Octets message;
    AnswerVerdict verdict;
  };
  const Case cases[] = {
      {"right", right, sound},
      {"other case", answer_to(query(7, "WWW.eXAMPLE.net")), sound},
      {"with an OPT", answer_to(asked, 1, MessageWriter().opt(option(15, 2)), 1), sound},
      {"error without a question", MessageWriter().header(7, 0x8181, 0), sound},
      {"other name", answer_to(query(7, "www.example.org")), wrong_question},
      {"longer name", answer_to(query(7, "www.example.net.a")), wrong_question},
      {"other type", type, wrong_question},
      {"other class", klass, wrong_question},
      {"two questions",
       MessageWriter().header(7, 0x8180, 2).question("www.example.net").question("a"),
       wrong_question},
      {"no question and no error", MessageWriter().header(7, 0x8180, 0), wrong_question},
      {"no question but an answer",
       MessageWriter().header(7, 0x8183, 0, 1).u8(0).u16(1).u16(1).u32(0).u16(0), wrong_question},
      {"question cut", Octets(right.begin(), right.begin() + name_end - 1), wrong_question},
      {"record cut", Octets(right.begin(), right.end() - 1), malformed},
      {"no record", Octets(right.begin(), right.begin() + name_end), malformed},
      {"a record too many", counted, malformed},
      {"garbage after it", MessageWriter().raw(right).u8(0), malformed},
      {"other opcode", update, malformed},
      {"two OPTs", answer_to(asked, 1, MessageWriter().opt().opt(), 2), malformed},
  };
  const auto end = question_end(asked);
  for (const auto& one : cases) {
    INFO(one.what);
    REQUIRE(is_response(one.message));
    CHECK(check_answer(one.message, asked, end).verdict == one.verdict);
  }
}

TEST_CASE("a response is known by its header", "[server]") {
  CHECK_FALSE(is_response(Octets{}));
  CHECK_FALSE(is_response(Octets(11, std::byte{0xff})));
  CHECK(is_response(Octets(12, std::byte{0xff})));
  CHECK_FALSE(is_response(query(1, "a")));
}
