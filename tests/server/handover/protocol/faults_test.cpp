// SPDX-License-Identifier: GPL-3.0-or-later
// Links that end at any moment, ends that are slow, unwilling, or change their minds.
#include <catch2/catch.hpp>
#include <random>

#include "support/handover_link.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

/// Does something that either end may do at any moment, by chance.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  void step(HandoverLink& link) {
    switch (below(10)) {
      case 0:
      case 1:
        return offer(link);
      case 2:
      case 3:
        good_ = link.carry_one(link.from_giver, link.taker) && good_;
        return;
      case 4:
      case 5:
        good_ = link.carry_one(link.from_taker, link.giver) && good_;
        return;
      case 6:
        return answer(link);
      case 7:
        return settle(link);
      case 8:
        return end_one(link);
      default:
        link.now += Milliseconds{below(200)};
        good_ = link.giver.on_time(link.now) && link.taker.on_time(link.now) && good_;
    }
  }
  /// Nobody had anything to say against the other.
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t offered() const { return offered_; }

 private:
  unsigned below(unsigned most) {
    return std::uniform_int_distribution<unsigned>(0, most - 1)(random_);
  }

  void offer(HandoverLink& link) {
    Parcel parcel = parcel_of("session " + std::to_string(offered_ + 1));
    if (link.giver.offer(octets_of("tcp"), parcel, link.now)) ++offered_;
  }
  void answer(HandoverLink& link) {
    if (link.takes.offered.empty()) return;
    const OfferId id = std::next(link.takes.offered.begin(),
                                 below(static_cast<unsigned>(link.takes.offered.size())))
                           ->first;
    if (below(4) == 0 && !link.takes.withdrawn.contains(id) && !taken_.contains(id)) {
      link.taker.refuse(id, Refusal::full, "");
      link.takes.offered.erase(id);
    } else if (link.taker.taken(id)) {
      taken_.insert(id);
    }
  }
  void settle(HandoverLink& link) {
    if (link.gives.taken.empty()) return;
    const OfferId id = link.gives.taken[below(static_cast<unsigned>(link.gives.taken.size()))];
    if (below(5) == 0) {
      link.giver.withdraw(id, "by chance", link.now);
    } else if (link.giver.release(id, link.now)) {
      const bool here_too = link.gives.back.contains(id);
      CHECK_FALSE(here_too);
    }
  }
  void end_one(HandoverLink& link) {
    if (link.takes.going_on.empty()) return;
    const OfferId id = link.takes.going_on.begin()->first;
    if (ended_.insert(id).second) link.taker.session_ended(id);
  }

  std::mt19937 random_;
  std::set<OfferId> taken_;
  std::set<OfferId> ended_;
  std::size_t offered_ = 0;
  bool good_ = true;
};

}  // namespace

TEST_CASE("no session is held by both hosts, whenever the link ends", "[server]") {
  std::size_t gone_on = 0;
  std::size_t came_back = 0;
  std::size_t lost = 0;
  std::size_t offered = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Chance chance(seed);
    HandoverLink link({{}, {}, 4, 1000});
    for (unsigned i = 0; i < 50 + seed % 150; ++i) chance.step(link);
    CHECK(chance.good());
    link.giver.end("the link has ended");
    link.taker.end();
    for (const auto& [id, session] : link.takes.going_on) {
      if (link.gives.back.contains(id)) FAIL("held by both, seed " << seed);
      if (session != "tcp|session " + std::to_string(id)) FAIL("another session, seed " << seed);
    }
    for (const auto& [id, back] : link.gives.back) {
      if (back.first != "session " + std::to_string(id)) FAIL("not as it was, seed " << seed);
    }
    CHECK(link.takes.offered.empty());
    const std::size_t held = link.takes.going_on.size() + link.gives.back.size();
    REQUIRE(held <= chance.offered());
    // By nobody: those alone whose release was on its way when the link ended.
    CHECK(chance.offered() - held <= link.from_giver.messages.size());
    offered += chance.offered();
    gone_on += link.takes.going_on.size();
    came_back += link.gives.back.size();
    lost += chance.offered() - held;
  }
  CHECK(offered == gone_on + came_back + lost);
  CHECK(gone_on > 1000);
  CHECK(came_back > 1000);
}

TEST_CASE("a link that is left in peace loses no session", "[server]") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    Chance chance(seed);
    HandoverLink link({{}, {}, 4, 1000});
    for (int i = 0; i < 200; ++i) chance.step(link);
    REQUIRE(link.carry());
    link.giver.end("done");
    link.taker.end();
    CHECK(link.takes.going_on.size() + link.gives.back.size() == chance.offered());
  }
}
