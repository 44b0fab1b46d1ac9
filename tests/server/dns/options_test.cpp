// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/options.hpp"

#include <catch2/catch.hpp>

#include "server/dns/message.hpp"
#include "support/dns_messages.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

const Octets kHop = join({option(11, 0), option(12, 5)});

/// A query with an OPT and one more record behind it.
Octets with_options(const Octets& options) {
  const Octets record = MessageWriter().u16(0xc00c).u16(1).u16(1).u32(5).u16(4).fill(4);
  return MessageWriter().header(9, kRd, 1, 0, 0, 2).question("a.b").opt(options).raw(record);
}

}  // namespace

TEST_CASE("what a query says to the next hop is read from its OPT", "[server]") {
  struct Case {
    const char* what;
    Octets message;
    HopOptions expected;
    bool for_one_hop;
  };
  const Octets without_do = MessageWriter().header(9, kRd, 1, 0, 0, 1).question("a").opt({}, 0, 0);
  const Case cases[] = {
      {"no OPT", query(9, "a"), {}, false},
      {"no DO", without_do, {true, false, false, false}, false},
      {"DO", edns_query(9, "a"), {true, true, false, false}, false},
      {"cookie", edns_query(9, "a", option(10, 8)), {true, true, false, false}, false},
      {"padding", edns_query(9, "a", option(12, 3)), {true, true, true, false}, true},
      {"keepalive", edns_query(9, "a", option(11, 0)), {true, true, false, true}, true},
      {"both", edns_query(9, "a", join({kHop, option(10, 8)})), {true, true, true, true}, true},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const auto checked = check_query(one.message);
    REQUIRE(checked.verdict == QueryVerdict::forward);
    CHECK(checked.shape.opt.hop == one.expected);
    CHECK(checked.shape.opt.hop.for_one_hop() == one.for_one_hop);
  }
}

TEST_CASE("options for one hop are taken out and nothing else", "[server]") {
  struct Case {
    const char* what;
    Octets before, after;
  };
  const auto cookie = option(10, 8);
  const auto error = option(15, 2);
  const Case cases[] = {
      {"none", {}, {}},
      {"other", cookie, cookie},
      {"keepalive", option(11, 0), {}},
      {"keepalive of an answer", option(11, 2), {}},
      {"padding", option(12, 100), {}},
      {"first", join({kHop, cookie}), cookie},
      {"last", join({cookie, kHop}), cookie},
      {"between", join({cookie, option(12, 3), error, option(11, 0)}), join({cookie, error})},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const auto message = with_options(one.before);
    auto opt = check_query(message).shape.opt;
    Octets copy(message.size());
    copy.resize(copy_for_next_hop(message, opt, copy.data()));
    CHECK(copy == with_options(one.after));
    const auto again = check_query(copy).shape.opt;
    CHECK(opt.begin == again.begin);
    CHECK(opt.end == again.end);
    CHECK_FALSE(opt.hop.for_one_hop());
    CHECK_FALSE(again.hop.for_one_hop());
  }
}

TEST_CASE("options of ours take the place of those for the other hop", "[server]") {
  const auto cookie = option(10, 8);
  const auto padding = option(12, 40);
  struct Case {
    const char* what;
    Octets before, added, after;
  };
  const Case cases[] = {
      {"to none", {}, padding, padding},
      {"in place of another", option(12, 3), padding, padding},
      {"behind what stays", join({kHop, cookie}), padding, join({cookie, padding})},
      {"several", cookie, join({option(11, 2), padding}), join({cookie, option(11, 2), padding})},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const auto message = with_options(one.before);
    auto opt = check_query(message).shape.opt;
    Octets copy(message.size() + one.added.size());
    copy.resize(copy_for_next_hop(message, opt, copy.data(), one.added));
    CHECK(copy == with_options(one.after));
    CHECK(opt.end == check_query(copy).shape.opt.end);
  }
}

TEST_CASE("an OPT record of ours is written option by option", "[server]") {
  const auto write = [](bool dnssec_ok, std::initializer_list<std::size_t> sizes) {
    Octets place(100, std::byte{0xff});
    OptWriter writer(place.data(), 16, dnssec_ok);
    std::size_t size = OptWriter::kEmptySize;
    for (const std::size_t data : sizes) {
      std::fill_n(writer.add(OptionCode::padding, data), data, std::byte{0});
      size += OptWriter::option_size(data);
    }
    place.resize(size);
    return place;
  };
  const auto expected = [](unsigned flags, const Octets& options) -> Octets {
    return MessageWriter()
        .u8(0)
        .u16(41)
        .u16(1232)
        .u8(1)
        .u8(0)
        .u16(flags)
        .u16(static_cast<unsigned>(options.size()))
        .raw(options);
  };
  CHECK(write(false, {}) == expected(0, {}));
  CHECK(write(true, {3}) == expected(0x8000, option(12, 3)));
  CHECK(write(true, {0, 7}) == expected(0x8000, join({option(12, 0), option(12, 7)})));
}
