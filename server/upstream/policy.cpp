// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/policy.hpp"

#include <algorithm>

namespace mooring::server {
namespace {

class OrderedPolicy final : public ResolverPolicy {
 public:
  std::optional<std::size_t> choose(std::span<const Resolver> resolvers,
                                    TimePoint now) const override {
    for (std::size_t i = 0; i < resolvers.size(); ++i) {
      if (resolvers[i].may_be_tried(now)) return i;
      // It serves, but takes no more connections: its limit is reached. That is no reason to ask
      // another one.
      if (resolvers[i].connections() > 0) return std::nullopt;
    }
    return std::nullopt;
  }

  TimePoint retry_at(std::span<const Resolver> resolvers) const override {
    TimePoint earliest = TimePoint::max();
    for (const Resolver& resolver : resolvers) {
      earliest = std::min(earliest, resolver.retry_at());
      if (resolver.connections() > 0) break;
    }
    return earliest;
  }

  bool prefers(std::size_t one, std::size_t other) const override { return one < other; }
};

}  // namespace

const ResolverPolicy& ordered_policy() {
  static const OrderedPolicy policy;
  return policy;
}

}  // namespace mooring::server
