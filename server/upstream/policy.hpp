// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "server/upstream/resolver.hpp"

namespace mooring::server {

/// Chooses among resolvers, which are counted from 0 in configured order. Has no state of its own:
/// what it goes by is in the resolvers. Not called for each query.
class ResolverPolicy {
 public:
  /// The resolver for a new connection; none: none is to be tried now.
  [[nodiscard]] virtual std::optional<std::size_t> choose(std::span<const Resolver> resolvers,
                                                          TimePoint now) const = 0;
  /// When choose() may say another thing, as far as that is known.
  [[nodiscard]] virtual TimePoint retry_at(std::span<const Resolver> resolvers) const = 0;
  /// Whether queries go to `one` and not to `other` where both have a connection; a strict order.
  [[nodiscard]] virtual bool prefers(std::size_t one, std::size_t other) const = 0;

 protected:
  ~ResolverPolicy() = default;
};

/// The first in order is used while it can be, the next only while those before are down.
[[nodiscard]] const ResolverPolicy& ordered_policy();

}  // namespace mooring::server
