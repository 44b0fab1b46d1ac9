// SPDX-License-Identifier: GPL-3.0-or-later
// A keeper behind a resolver that keeps unvalidated answers apart.
#include <catch2/catch.hpp>

#include "support/keeper_run.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;
using Catch::Contains;
using Kind = KeeperEvent::Kind;

constexpr WallTime kStart = SignedTree::kNow;

/// `rrset` with RRSIGs that have ended before `kStart`.
TreeAnswer outdated(SignedTree& tree, TreeAnswer answer) {
  RecordList data;
  for (const Record& record : answer.answer)
    if (record.type != RrType::rrsig) data.push_back(record);
  RecordList rrset = data;
  for (SignatureSpec spec : tree.at("example.").signatures_for(data)) {
    spec.expiration = tree.inception() + 1h;
    rrset.push_back(make_rrsig(data, spec));
  }
  answer.answer = rrset;
  return answer;
}

TEST_CASE("keeper asks without CD for what does not verify before it fails", "[dnschain]") {
  // One of the zone's two servers has old signatures, and was the first to be asked.
  SignedTree tree;
  tree.zone({"example."}).tlsa("_853._tcp.dot.example.");
  const Service service = Service::create("dot.example", Port{853}).value();
  bool other_server = true;
  CachingResolver bind([&](const Question& question, WallTime) {
    TreeAnswer answer = tree.answer(question);
    const bool old = question.type == RrType::tlsa && (question.checking_disabled || !other_server);
    return old ? outdated(tree, answer) : answer;
  });
  KeeperSettings settings;
  settings.anchor = tree.anchor();
  settings.services.push_back({service, 0h, {}});
  KeeperRun run(settings, bind, kStart);
  run.run_for(0s);
  REQUIRE(run.serve(service) != nullptr);
  CHECK(run.serve(service)->kind == VerdictKind::secure);
  CHECK(run.count(Kind::refresh_failed) == 0);
  // The resolver validates no better than we do.
  other_server = false;
  bind.flush();
  run.keeper().refresh(run.now());
  run.run_for(0s);
  CHECK(run.count(Kind::refresh_failed) == 1);
  CHECK_THAT(run.events().back().text, Contains("has expired"));
}

}  // namespace
