// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/work_budget.hpp"

#include <catch2/catch.hpp>

using namespace mooring::dnschain;

TEST_CASE("work is spent up to its bound, and what was hit is told", "[dnschain]") {
  VerifyLimits limits;
  limits.signature_checks = 5;
  limits.failed_checks = 3;
  limits.hashes = 10;
  WorkBudget checks(limits);
  CHECK(checks.spend_check(3));
  CHECK_FALSE(checks.exhausted());
  CHECK_FALSE(checks.spend_check(3));
  CHECK(checks.exhausted() == "it takes more than 5 signature checks");
  WorkBudget failures(limits);
  REQUIRE(failures.spend_check(2));
  failures.check_failed(2);
  CHECK(failures.spend_check(1));
  CHECK_FALSE(failures.spend_check(2));
  CHECK(failures.exhausted() == "3 signatures did not hold: no more are tried");
  WorkBudget hashes(limits);
  CHECK(hashes.spend_hashes(10));
  CHECK_FALSE(hashes.spend_hashes(1));
  CHECK(hashes.exhausted() == "it takes more than 10 hash computations");
}
