// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/work_budget.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::size_t kMaxLooks = 20000;

}  // namespace

WorkBudget::WorkBudget(const VerifyLimits& limits)
    : limits_(limits),
      checks_left_(limits.signature_checks),
      failures_left_(limits.failed_checks),
      hashes_left_(limits.hashes),
      looks_left_(kMaxLooks) {}

bool WorkBudget::spend_looks(std::size_t count) {
  if (count > looks_left_) {
    exhausted_ = "there are too many signatures to look at";
    return false;
  }
  looks_left_ -= count;
  return true;
}

bool WorkBudget::spend_check(std::size_t cost) {
  if (checks_left_ < cost || failures_left_ < cost) {
    exhausted_ =
        checks_left_ < cost
            ? "it takes more than " + std::to_string(limits_.signature_checks) + " signature checks"
            : std::to_string(limits_.failed_checks) + " signatures did not hold: no more are tried";
    return false;
  }
  checks_left_ -= cost;
  return true;
}

bool WorkBudget::spend_hashes(std::size_t count) {
  if (count > hashes_left_) {
    exhausted_ = "it takes more than " + std::to_string(limits_.hashes) + " hash computations";
    return false;
  }
  hashes_left_ -= count;
  return true;
}

}  // namespace mooring::dnschain
