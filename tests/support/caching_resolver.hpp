// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <tuple>

#include "dnschain/dns/message.hpp"
#include "support/signed_tree.hpp"

namespace mooring::test {

/// A recursive resolver with a cache, at a time that is given: an answer stays in it for its
/// smallest TTL, and its TTLs run down meanwhile. Answers with CD set are kept apart from the
/// others.
class CachingResolver {
 public:
  using Authority = std::function<TreeAnswer(const dnschain::Question&, dnschain::WallTime)>;

  explicit CachingResolver(Authority authority) : authority_(std::move(authority)) {}

  [[nodiscard]] dnschain::Bytes answer(const dnschain::Question& question, dnschain::WallTime now);
  void flush() { cache_.clear(); }
  /// Questions that went on to the authority.
  [[nodiscard]] std::size_t misses() const { return misses_; }

 private:
  struct Entry {
    TreeAnswer content;
    dnschain::WallTime fetched{};
    dnschain::WallTime expires{};
  };

  Authority authority_;
  std::map<std::tuple<dnschain::Name, dnschain::RrType, bool>, Entry> cache_;
  std::size_t misses_ = 0;
};

}  // namespace mooring::test
