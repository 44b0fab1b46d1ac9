// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/taker.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "support/handover_link.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

std::vector<std::byte> offer_octets(OfferId id, std::size_t size = 7) {
  SecretArena arena;
  const auto message = encode_offer(id, octets_of("tcp"), octets_of(std::string(size, 's')), arena);
  const ByteView view = message->view();
  return {view.begin(), view.end()};
}

/// Says each of these to a fresh taker with room for two offers and a thousand octets, which takes
/// the first offer; what it has to say against the last one.
std::string said_to_taker(const std::vector<std::vector<std::byte>>& messages) {
  KeptOutput output;
  TakerNotes notes;
  Taker taker({}, {kBackend, "mooring", 2, 1000}, output, notes);
  taker.start({0, 10}, kBegin);
  std::string why;
  for (const auto& message : messages) {
    const auto result = taker.receive(message, kBegin);
    taker.taken(1);
    why = result ? "" : result.error().context;
    CHECK(taker.ended() == !result);
  }
  if (!why.empty()) CHECK(notes.offered.empty());
  return why;
}

/// The same for a giver, which has offered two sessions, of which the first is taken.
std::string said_to_giver(const std::vector<std::vector<std::byte>>& messages) {
  HandoverLink link;
  REQUIRE(link.carry());
  for (const char* text : {"first", "second"}) {
    Parcel parcel = parcel_of(text);
    REQUIRE(link.giver.offer(octets_of("tcp"), parcel, link.now));
  }
  REQUIRE(link.giver.receive(encode(OfferTaken{1}), link.now));
  std::string why;
  for (const auto& message : messages) {
    const auto result = link.giver.receive(message, link.now);
    why = result ? "" : result.error().context;
  }
  if (!why.empty()) CHECK(link.gives.back.size() == 2);
  return why;
}

const std::vector<std::byte> kGreeting = encode(Hello{kFront, "mooring"});

}  // namespace

TEST_CASE("a host that breaks the protocol of giving is left", "[server]") {
  struct Case {
    std::vector<std::vector<std::byte>> messages;
    const char* why;
  };
  const std::vector<Case> cases{
      {{kGreeting, offer_octets(1), encode(OfferReleased{1})}, ""},
      {{kGreeting, offer_octets(1), offer_octets(2), encode(OfferWithdrawn{2})}, ""},
      {{kGreeting, kGreeting}, "the host at the other end of the link greets twice"},
      {{encode(Hello{kBackend, "mooring"})}, "the host at the other end of the link is this one"},
      {{offer_octets(1)}, "the host at the other end of the link does not greet"},
      {{kGreeting, offer_octets(1), offer_octets(1)}, "a session is offered twice"},
      {{kGreeting, offer_octets(0)}, "a session is offered twice"},
      {{kGreeting, offer_octets(1), offer_octets(2), offer_octets(3)},
       "more sessions are offered than may be under way"},
      {{kGreeting, offer_octets(1), offer_octets(2, 991)},
       "more sessions are offered than may be under way"},
      {{kGreeting, encode(OfferReleased{1})}, "a session is released that was not taken"},
      {{kGreeting, offer_octets(1), offer_octets(2), encode(OfferReleased{2})},
       "a session is released that was not taken"},
      {{kGreeting, offer_octets(1), encode(OfferReleased{1}), encode(OfferReleased{1})},
       "a session is released that was not taken"},
      {{kGreeting, encode(OfferWithdrawn{1})}, "a session is withdrawn that was not offered"},
      {{kGreeting, encode(OfferTaken{1})},
       "the host at the other end of the link says what only a taking one may say"},
      {{kGreeting, encode(LoadReport{})},
       "the host at the other end of the link says what only a taking one may say"},
  };
  for (const Case& one : cases) CHECK(said_to_taker(one.messages) == one.why);
}

TEST_CASE("a host that breaks the protocol of taking is left", "[server]") {
  struct Case {
    std::vector<std::vector<std::byte>> messages;
    const char* why;
  };
  const std::vector<Case> cases{
      {{encode(OfferTaken{2})}, ""},
      {{encode(Welcome{kBackend, "mooring", 1, 1, {}, {}})},
       "the host at the other end of the link greets twice"},
      {{encode(OfferTaken{1})}, "a session that was not offered is answered"},
      {{encode(OfferTaken{3})}, "a session that was not offered is answered"},
      {{encode(OfferRefused{1, Refusal::full, ""})}, "a session that was not offered is refused"},
      {{encode(OfferRefused{9, Refusal::full, ""})}, "a session that was not offered is refused"},
      {{encode(SessionEnded{1})}, "a session that was not given is said to have ended"},
      {{encode(Alive{})},
       "the host at the other end of the link says what only a giving one may say"},
      {{offer_octets(1)},
       "the host at the other end of the link says what only a giving one may say"},
  };
  for (const Case& one : cases) CHECK(said_to_giver(one.messages) == one.why);
}

TEST_CASE("a host does not give to itself", "[server]") {
  KeptOutput output;
  GiverNotes notes;
  Giver giver({}, kBackend, output, notes);
  giver.start("mooring", kBegin);
  const auto result = giver.receive(encode(Welcome{kBackend, "mooring", 9, 999, {}, {}}), kBegin);
  REQUIRE_FALSE(result);
  CHECK(result.error().context == "the host at the other end of the link is this one");
}

TEST_CASE("a load before the greeting is not taken", "[server]") {
  KeptOutput output;
  GiverNotes notes;
  Giver giver({}, kFront, output, notes);
  giver.start("mooring", kBegin);
  const auto result = giver.receive(encode(LoadReport{{1, 2}}), kBegin);
  REQUIRE_FALSE(result);
  CHECK(result.error().context == "the host at the other end of the link does not greet");
}

TEST_CASE("what was taken is dropped when the giving host falls silent", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  for (const char* text : {"taken", "offered"}) {
    Parcel parcel = parcel_of(text);
    REQUIRE(link.giver.offer(octets_of("tcp"), parcel, link.now));
  }
  REQUIRE(link.carry());
  REQUIRE(link.taker.taken(1));
  link.now = kBegin + Milliseconds{5000};
  const auto result = link.taker.on_time(link.now);
  REQUIRE_FALSE(result);
  CHECK(result.error().context == "the host at the other end of the link says nothing any more");
  CHECK(link.takes.withdrawn == std::set<OfferId>{1, 2});
  CHECK_FALSE(link.taker.taken(2));
  CHECK(link.taker.deadline() == TimePoint::max());
}

TEST_CASE("nobody who does not greet keeps a link", "[server]") {
  KeptOutput output;
  TakerNotes notes;
  Taker taker({}, {kBackend, "mooring"}, output, notes);
  taker.start({}, kBegin);
  CHECK(taker.deadline() == kBegin + Milliseconds{5000});
  REQUIRE(taker.on_time(kBegin + Milliseconds{4999}));
  CHECK(output.messages.empty());
  CHECK_FALSE(taker.on_time(taker.deadline()));
}
