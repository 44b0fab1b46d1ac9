// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/answer_writer.hpp"

#include <catch2/catch.hpp>

#include "support/dns_messages.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

Octets own_answer(const Octets& asked, const OwnAnswer& answer) {
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  REQUIRE(append_own_answer(out, asked, check_query(asked).shape, answer));
  const auto messages = unframed(out.view());
  REQUIRE(messages.size() == 1);
  REQUIRE(out.size() == messages[0].size() + 2);
  return messages[0];
}

}  // namespace

TEST_CASE("an answer of our own echoes the query and explains itself to EDNS clients", "[server]") {
  const OwnAnswer servfail{Rcode::server_failure, ExtendedError::network_error, "late"};
  const Octets error = MessageWriter().u16(15).u16(6).u16(23).raw("late");

  SECTION("with EDNS") {
    CHECK(own_answer(edns_query(0x1234, "www.example.net", option(10, 8)), servfail) ==
          MessageWriter()
              .header(0x1234, 0x8182, 1, 0, 0, 1)
              .question("www.example.net")
              .opt(error)
              .octets());
  }
  SECTION("without EDNS there is no OPT") {
    CHECK(own_answer(query(0x1234, "www.example.net"), servfail) ==
          MessageWriter().header(0x1234, 0x8182, 1).question("www.example.net").octets());
  }
  SECTION("DO is copied, and RD, CD and opcode, and no other flag") {
    const Octets asked =
        MessageWriter().header(5, 0x0fff & 0x07ff, 1, 0, 0, 1).question("a").opt({}, 0, 0);
    CHECK(own_answer(asked, {Rcode::refused}) ==
          MessageWriter().header(5, 0x8195, 1, 0, 0, 1).question("a").opt({}, 0, 0).octets());
  }
  SECTION("BADVERS has its upper bits in the OPT") {
    const Octets asked = MessageWriter().header(5, kRd, 1, 0, 0, 1).question("a").opt({}, 1, 0);
    CHECK(own_answer(asked, {Rcode::bad_version}) == MessageWriter()
                                                         .header(5, 0x8180, 1, 0, 0, 1)
                                                         .question("a")
                                                         .u8(0)
                                                         .u16(41)
                                                         .u16(1232)
                                                         .u8(1)
                                                         .u8(0)
                                                         .u16(0)
                                                         .u16(0)
                                                         .octets());
  }
  SECTION("a question that is not sound is not echoed") {
    const Octets asked = MessageWriter().header(5, kRd, 1).u16(0xc00c).u16(1).u16(1);
    CHECK(own_answer(asked, {Rcode::form_error}) == MessageWriter().header(5, 0x8181, 0).octets());
  }
  SECTION("another operation is answered with what is sound of it") {
    const Octets update = MessageWriter().header(5, 0x2800, 1, 0, 0, 1).question("a", 6).opt();
    CHECK(own_answer(update, {Rcode::not_implemented}) ==
          MessageWriter().header(5, 0xa884, 1, 0, 0, 1).question("a", 6).opt().octets());
    const Octets other = MessageWriter().header(5, 0x3000, 0, 7).u16(1);
    CHECK(own_answer(other, {Rcode::not_implemented}) ==
          MessageWriter().header(5, 0xb084, 0).octets());
  }
  SECTION("an OPT is answered with an OPT, even when the question is at fault") {
    const Octets none = MessageWriter().header(5, kRd, 0, 0, 0, 1).opt();
    const Octets two = MessageWriter().header(5, kRd, 2, 0, 0, 1).question("a").question("b").opt();
    for (const auto& asked : {none, two}) {
      CHECK(own_answer(asked, {Rcode::form_error}) ==
            MessageWriter().header(5, 0x8181, 0, 0, 0, 1).opt().octets());
    }
  }
}

TEST_CASE("a resolver's answer is given the client's ID and spelling", "[server]") {
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  const auto asked = query(0x1234, "wWw.example.net");
  const auto question = OctetView(asked).subspan(12);
  const auto reply = answer_to(query(0x9999, "www.example.net"));
  REQUIRE(append_answer(out, {reply, {}, 0x1234, question}));
  CHECK(unframed(out.view()) == std::vector<Octets>{answer_to(asked)});
}

TEST_CASE("options for one hop do not come through from the resolver", "[server]") {
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  const auto asked = query(0x1234, "www.example.net");
  const auto with = [&](const Octets& options) {
    return answer_to(asked, 1, MessageWriter().opt(options), 1);
  };
  const auto reply = with(join({option(12, 50), option(10, 8), option(11, 2)}));
  const auto opt = check_answer(reply, asked, question_end(asked)).opt;
  REQUIRE(append_answer(out, {reply, opt, 0x1234, OctetView(asked).subspan(12)}));
  CHECK(unframed(out.view()) == std::vector<Octets>{with(option(10, 8))});
}

TEST_CASE("an error without a question passes as it is", "[server]") {
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  const auto asked = query(0x1234, "www.example.net");
  const Octets reply = MessageWriter().header(0x9999, 0x8181, 0);
  REQUIRE(append_answer(out, {reply, {}, 0x1234, OctetView(asked).subspan(12)}));
  CHECK(unframed(out.view()) ==
        std::vector<Octets>{MessageWriter().header(0x1234, 0x8181, 0).octets()});
}

TEST_CASE("answers that find no memory leave what is there alone", "[server]") {
  BufferPool pool(2048);
  Buffer out(pool);
  const auto asked = query(1, "a");
  REQUIRE(out.append(Octets(100)));
  CHECK_FALSE(append_answer(out, {Octets(2000), {}, 1, OctetView(asked).subspan(12)}));
  CHECK(out.size() == 100);
}
