// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/metrics_log.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace mooring::server;

namespace {

/// Of a service whose two workers have counted nothing.
std::vector<MetricValues> all_groups() {
  const WorkerCounters one;
  const WorkerCounters two;
  return service_metrics({&one, &two}, {});
}

std::string line_of(const std::vector<MetricValues>& groups, std::string_view name) {
  for (const MetricValues& group : groups) {
    if (group.group == name) return format_event("counters", metric_fields(group));
  }
  return {};
}

}  // namespace

TEST_CASE("a group's line has what all workers have counted, in the order that scripts know",
          "[server]") {
  WorkerCounters one;
  WorkerCounters two;
  one.traffic.clients.queries.add(3);
  two.traffic.clients.queries.add(4);
  two.traffic.clients.writes.add();
  one.chains.too_big.add(2);
  KeeperMetrics keeper;
  keeper.services = 5;
  keeper.certificates_held = 1;
  const auto groups = service_metrics({&one, &two}, keeper);
  CHECK(line_of(groups, "queries") ==
        "event=counters queries=7 forwarded=0 answers=0 answers_dropped=0 formerr=0 badvers=0 "
        "not_implemented=0 refused=0 servfail=0 responses=0 no_header=0 reading_paused=0 writes=1");
  CHECK(line_of(groups, "chains") == "event=counters sent=0 not_available=0 too_big=2");
  CHECK(line_of(groups, "keeper") ==
        "event=counters services=5 served=0 kept_for_pins=0 mismatched=0 without_tlsa=0 failing=0 "
        "refreshes=0 refreshes_failed=0 published=0 withdrawn=0 mismatches=0 bounds_near=0 "
        "certificates_held=1");
  CHECK(line_of(groups, "connections") ==
        "event=counters accepted=0 refused_total=0 refused_per_client=0 closed_by_client=0 "
        "closed_idle=0 closed_drained=0 closed_handshake_failed=0 closed_handshake_timeout=0 "
        "closed_write_timeout=0 closed_overfull=0 closed_tls_error=0 closed_malformed=0 "
        "closed_no_memory=0 given=0 taken=0 taken_refused=0 handshakes_full=0 "
        "handshakes_resumed=0 slept=0 woken=0 octets_received=0 octets_sent=0");
  CHECK(line_of(groups, "upstream") ==
        "event=counters sent=0 sent_again=0 answers=0 answers_late=0 answers_unknown_id=0 "
        "answers_wrong_question=0 answers_malformed=0 nonsense=0 timeouts=0 overflows=0 "
        "failed_fast=0 lost_twice=0 connections_opened=0 connections_failed=0 connections_lost=0 "
        "connections_retired=0 writes=0");
}

TEST_CASE("every metric is told apart by its group and name, and says what it is", "[server]") {
  std::set<std::string> seen;
  for (const MetricValues& group : all_groups()) {
    for (const auto& [info, value] : group.metrics) {
      const std::string name = std::string(group.group) + "." + std::string(info.name);
      INFO(name);
      CHECK(seen.insert(name).second);
      CHECK_FALSE(info.unit.empty());
      CHECK_FALSE(info.help.empty());
      CHECK(value == 0);
    }
  }
  CHECK(seen.size() > 60);
}

TEST_CASE("what the documentation says of the counters is in their table", "[server]") {
  std::ifstream file(std::string(MOORING_DOCS) + "/configuration.md");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto begin = text.find("| `SIGUSR1` |");
  REQUIRE(begin != std::string::npos);
  const std::string row = text.substr(begin + 13, text.find('\n', begin) - begin - 13);
  std::set<std::string> known;
  std::set<std::string> told;
  const std::regex word("`([^`]+)`");
  for (std::sregex_iterator each(row.begin(), row.end(), word), end; each != end; ++each) {
    told.insert((*each)[1]);
  }
  for (const MetricValues& group : all_groups()) {
    known.insert(std::string(group.group));
    CHECK(told.contains(std::string(group.group)));
    for (const auto& [info, value] : group.metrics) known.insert(std::string(info.name));
  }
  for (const std::string& name : told) {
    INFO(name);
    CHECK(known.contains(name));
  }
}
