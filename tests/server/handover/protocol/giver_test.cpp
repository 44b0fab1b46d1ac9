// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/giver.hpp"

#include <catch2/catch.hpp>

#include "support/handover_link.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

OfferId offer(HandoverLink& link, const std::string& text) {
  Parcel parcel = parcel_of(text);
  const auto id = link.giver.offer(octets_of("tcp"), parcel, link.now);
  REQUIRE(id);
  CHECK(parcel.octets.empty());
  return *id;
}

std::string why_back(const HandoverLink& link, OfferId id) {
  const auto found = link.gives.back.find(id);
  return found == link.gives.back.end() ? "it did not come back" : found->second.second;
}

}  // namespace

TEST_CASE("a session that is taken and released goes on over there", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  CHECK(link.gives.program == "mooring 1.1");
  CHECK(link.takes.program == "mooring 1.0");
  const OfferId id = offer(link, "session");
  CHECK(link.giver.sessions_there() == 1);
  REQUIRE(link.carry());
  CHECK(link.takes.offered.at(id) == "tcp|session");
  REQUIRE(link.taker.taken(id));
  REQUIRE(link.carry());
  REQUIRE(link.gives.taken == std::vector<OfferId>{id});
  CHECK(link.takes.going_on.empty());  // not before it is released
  REQUIRE(link.giver.release(id, link.now));
  CHECK(link.giver.away() == 1);
  REQUIRE(link.carry());
  CHECK(link.takes.going_on.at(id) == "tcp|session");
  link.giver.end("over");
  link.taker.end();
  CHECK(link.gives.back.empty());
  CHECK(link.takes.withdrawn.empty());
}

TEST_CASE("a session that is refused comes back as it was, and why", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  const OfferId id = offer(link, "session");
  REQUIRE(link.carry());
  link.taker.refuse(id, Refusal::unfit, "192.0.2.1 is not an address of this host");
  REQUIRE(link.carry());
  CHECK(link.gives.back.at(id).first == "session");
  CHECK(why_back(link, id) ==
        "the session is of no use to the host: 192.0.2.1 is not an address of this host");
  CHECK(link.giver.sessions_there() == 0);
}

TEST_CASE("a session without an answer is taken back in time", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  const OfferId first = offer(link, "first");
  link.now += Milliseconds{600};
  const OfferId second = offer(link, "second");
  REQUIRE(link.carry());
  link.now = link.giver.deadline();
  CHECK(link.now == kBegin + Milliseconds{1000});
  REQUIRE(link.giver.on_time(link.now));
  CHECK(link.gives.back.at(first).first == "first");
  CHECK(why_back(link, first) == "it was not answered in time");
  CHECK(link.gives.back.count(second) == 0);

  // Its answer is on its way: nothing comes of it.
  REQUIRE(link.taker.taken(first));
  REQUIRE(link.taker.taken(second));
  REQUIRE(link.carry());
  CHECK(link.gives.taken == std::vector<OfferId>{second});
  CHECK(link.takes.withdrawn == std::set<OfferId>{first});
  CHECK_FALSE(link.giver.release(first, link.now));
  REQUIRE(link.giver.release(second, link.now));
  REQUIRE(link.carry());
  CHECK(link.takes.going_on.size() == 1);
  CHECK(link.giver.sessions_there() == 1);
}

TEST_CASE("a session is withdrawn before and after it was taken", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  const OfferId unanswered = offer(link, "unanswered");
  const OfferId taken = offer(link, "taken");
  REQUIRE(link.carry());
  REQUIRE(link.taker.taken(taken));
  REQUIRE(link.carry());
  link.giver.withdraw(unanswered, "its client has gone", link.now);
  link.giver.withdraw(taken, "its packets cannot be forwarded", link.now);
  CHECK(why_back(link, taken) == "its packets cannot be forwarded");
  REQUIRE(link.carry());
  CHECK(link.takes.withdrawn == std::set<OfferId>{unanswered, taken});
  CHECK_FALSE(link.taker.taken(unanswered));
  CHECK(link.taker.under_way() == 0);
  CHECK(link.giver.sessions_there() == 0);
  CHECK(link.gives.back.size() == 2);
}

TEST_CASE("what was not released comes back when the link ends", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  const OfferId released = offer(link, "released");
  const OfferId taken = offer(link, "taken");
  const OfferId unanswered = offer(link, "unanswered");
  REQUIRE(link.carry());
  REQUIRE(link.taker.taken(released));
  REQUIRE(link.taker.taken(taken));
  REQUIRE(link.carry());
  REQUIRE(link.giver.release(released, link.now));
  link.giver.end("the connection was reset");
  CHECK(link.gives.back.size() == 2);
  CHECK(link.gives.back.at(taken).first == "taken");
  CHECK(link.gives.back.at(unanswered).first == "unanswered");
  CHECK(why_back(link, taken) == "the connection was reset");
  Parcel parcel = parcel_of("late");
  CHECK_FALSE(link.giver.offer(octets_of("tcp"), parcel, link.now));
  CHECK(parcel.octets.size() == 4);
  CHECK(link.giver.deadline() == TimePoint::max());
}

TEST_CASE("no more is offered than the other end has room for", "[server]") {
  HandoverLink link({{}, {}, 2, 100}, {0, 3});
  Parcel early = parcel_of("early");
  CHECK_FALSE(link.giver.offer(octets_of("tcp"), early, link.now));  // not greeted yet
  REQUIRE(link.carry());
  CHECK(link.giver.has_room(100));
  CHECK_FALSE(link.giver.has_room(101));
  const OfferId first = offer(link, std::string(50, 'a'));
  CHECK_FALSE(link.giver.has_room(48));
  const OfferId second = offer(link, "second");
  CHECK_FALSE(link.giver.has_room(1));  // two are under way
  REQUIRE(link.carry());
  for (const OfferId id : {first, second}) REQUIRE(link.taker.taken(id));
  REQUIRE(link.carry());
  CHECK_FALSE(link.giver.has_room(1));
  for (const OfferId id : {first, second}) REQUIRE(link.giver.release(id, link.now));
  CHECK(link.giver.has_room(100));
  const OfferId third = offer(link, "third");
  CHECK_FALSE(link.giver.has_room(1));  // three sessions are all that it may have
  REQUIRE(link.carry());
  link.taker.refuse(third, Refusal::full, "");
  REQUIRE(link.carry());
  CHECK(link.giver.has_room(1));
}

TEST_CASE("a withdrawn session keeps its place until it is answered", "[server]") {
  HandoverLink link({{}, {}, 1, 100});
  REQUIRE(link.carry());
  offer(link, "session");
  link.now += Milliseconds{1000};
  REQUIRE(link.giver.on_time(link.now));
  CHECK(link.gives.back.size() == 1);
  CHECK_FALSE(link.giver.has_room(1));
  REQUIRE(link.carry());
  CHECK(link.giver.has_room(1));
}

TEST_CASE("what is known of the sessions over there follows what happens", "[server]") {
  HandoverLink link({}, {10, 100});
  REQUIRE(link.carry());
  const OfferId id = offer(link, "session");
  REQUIRE(link.carry());
  REQUIRE(link.taker.taken(id));
  REQUIRE(link.carry());
  REQUIRE(link.giver.release(id, link.now));
  CHECK(link.giver.sessions_there() == 11);
  REQUIRE(link.carry());
  link.taker.session_ended(id);
  REQUIRE(link.carry());
  CHECK(link.gives.ended == std::vector<OfferId>{id});
  CHECK(link.giver.away() == 0);
  CHECK(link.giver.sessions_there() == 10);
  link.taker.set_load({42, 50});
  link.now += Milliseconds{1000};
  REQUIRE(link.taker.on_time(link.now));
  REQUIRE(link.carry());
  CHECK(link.giver.sessions_there() == 42);
  CHECK(link.giver.load().capacity == 50);
}

TEST_CASE("a giver that has nothing to say says that it is there", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  for (int second = 1; second <= 20; ++second) {
    link.now += Milliseconds{1000};
    REQUIRE(link.giver.on_time(link.now));
    REQUIRE(link.taker.on_time(link.now));
    REQUIRE(link.from_giver.messages.size() == 1);
    REQUIRE(link.from_taker.messages.size() == 1);
    REQUIRE(link.carry());
  }
}

TEST_CASE("a host that says nothing any more is given up", "[server]") {
  HandoverLink link;
  REQUIRE(link.carry());
  offer(link, "session");
  link.now = kBegin + Milliseconds{5000};
  const auto result = link.giver.on_time(link.now);
  REQUIRE_FALSE(result);
  CHECK(result.error().context == "the host at the other end of the link says nothing any more");
  CHECK(link.giver.ended());
  CHECK(link.gives.back.size() == 1);
}
