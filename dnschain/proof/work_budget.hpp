// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// The work that one verification may still do. Once a bound was hit it stays hit, and nothing that
/// needs more of that work is to be believed.
class WorkBudget {
 public:
  explicit WorkBudget(const VerifyLimits& limits);

  /// Looking at signatures is cheap, but thousands of them on thousands of NSEC records are not.
  [[nodiscard]] bool spend_looks(std::size_t count);
  /// One check of a signature, at a cost in those of ECDSA P-256. False when there is not that much
  /// left, of checks or of failures.
  [[nodiscard]] bool spend_check(std::size_t cost);
  /// That check did not hold.
  void check_failed(std::size_t cost) { failures_left_ -= cost; }
  /// Rounds of NSEC3 hashing, or DS digests.
  [[nodiscard]] bool spend_hashes(std::size_t count);

  /// The bound that was hit last, in one line for a person.
  [[nodiscard]] const std::optional<std::string>& exhausted() const { return exhausted_; }

 private:
  VerifyLimits limits_;
  std::size_t checks_left_;
  std::size_t failures_left_;
  std::size_t hashes_left_;
  std::size_t looks_left_;
  std::optional<std::string> exhausted_;
};

}  // namespace mooring::dnschain
