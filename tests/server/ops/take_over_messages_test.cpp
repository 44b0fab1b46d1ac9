// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/take_over_messages.hpp"

#include <fcntl.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "server/ops/counter_totals.hpp"

using namespace mooring;
using namespace mooring::server;

namespace {

SecretBytes secret(ByteView octets) {
  auto out = SecretArena().take(octets.size());
  std::ranges::copy(octets, out->data());
  return std::move(*out);
}

SessionBatch two_sessions() {
  SessionBatch out{9, {}};
  for (const std::size_t size : {30U, 0U}) {
    out.parcels.push_back({*SecretArena().take(size), OwnedFd(::open("/dev/null", O_RDONLY))});
  }
  return out;
}

/// As it arrives, with its first octets only.
Frame arrived(const OutFrame& sent, std::size_t octets) {
  Frame out{sent.type, secret(sent.body.view().first(octets)), {}};
  for (const int descriptor : sent.descriptors) {
    out.descriptors.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  }
  return out;
}

}  // namespace

TEST_CASE("sessions arrive as they were sent, or not at all", "[server]") {
  const SessionBatch batch = two_sessions();
  const auto sent = to_frame(batch);
  REQUIRE(sent);
  const auto got = sessions_in(arrived(*sent, sent->body.size()));
  REQUIRE(got);
  CHECK(got->number == 9);
  REQUIRE(got->parcels.size() == 2);
  CHECK(got->parcels.front().octets.size() == 30);
  for (std::size_t cut = 0; cut < sent->body.size(); ++cut) {
    CHECK_FALSE(sessions_in(arrived(*sent, cut)));
  }
  Frame without = arrived(*sent, sent->body.size());
  without.descriptors.pop_back();
  CHECK_FALSE(sessions_in(std::move(without)));
}

TEST_CASE("no part of an inheritance is taken when it is cut, changed or unknown", "[server]") {
  Inheritance all;
  all.control = OwnedFd(::open("/dev/null", O_RDONLY));
  all.revocation = OwnedFd(::open("/dev/null", O_RDONLY));
  all.ticket_keys = tlsext::TicketKeySet::create();
  all.certificates = {{"dot.example", "certificate", "key"}};
  all.listening.push_back({{}, {}, {}});
  all.listening.front().sockets.emplace_back(::open("/dev/null", O_RDONLY));
  all.counters = {{"queries.queries", 1}};
  const auto frames = to_frames(all);
  REQUIRE(frames);
  for (const OutFrame& frame : *frames) {
    for (std::size_t cut = 1; cut < frame.body.size(); ++cut) {
      InheritanceReader reader;
      CHECK_FALSE(reader.add(arrived(frame, cut)));
    }
    InheritanceReader reader;
    Frame unknown = arrived(frame, frame.body.size());
    unknown.type = 99;
    CHECK_FALSE(reader.add(std::move(unknown)));
  }
  InheritanceReader early;
  CHECK_FALSE(early.add(arrived(frames->back(), 0)));
}

TEST_CASE("counters go on from a predecessor's, by their names", "[server]") {
  KeeperMetrics keeper;
  keeper.refreshes.add(3);
  keeper.services.add(2);
  std::vector<MetricValues> groups{metric_values(std::vector<const KeeperMetrics*>{&keeper})};
  CounterTotals before = totals_of(groups);
  CHECK(before.at("keeper.refreshes") == 3);
  CHECK_FALSE(before.contains("keeper.services"));
  before["keeper.gone_by_now"] = 1;
  before["keeper.refreshes"] = 5'000'000'000;
  const auto octets = encode_totals(before);
  CHECK(decode_totals(octets) == before);
  CHECK_FALSE(decode_totals(ByteView(octets).first(octets.size() - 1)));
  add_totals(before, groups);
  CHECK(totals_of(groups).at("keeper.refreshes") == 5'000'000'003);
}
