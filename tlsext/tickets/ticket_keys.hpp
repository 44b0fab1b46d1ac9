// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

/// A session ticket encryption key (STEK): its public name and 256 bits of AES-GCM key.
struct TicketKey {
  std::array<std::byte, 16> name{};
  std::array<std::byte, 32> key{};
};

/// The keys that open tickets, the newest first; that one also seals. Immutable: a rotation makes
/// another set, which is handed to every context.
class TicketKeySet {
 public:
  /// A set with one new random key.
  [[nodiscard]] static std::shared_ptr<const TicketKeySet> create();
  /// A set with a new random key in front and at most `keep` keys in all.
  [[nodiscard]] std::shared_ptr<const TicketKeySet> rotated(std::size_t keep) const;

  explicit TicketKeySet(std::vector<TicketKey> keys) : keys_(std::move(keys)) {}
  ~TicketKeySet();  // wipes the keys
  TicketKeySet(const TicketKeySet&) = delete;
  TicketKeySet& operator=(const TicketKeySet&) = delete;

  [[nodiscard]] const std::vector<TicketKey>& keys() const { return keys_; }

 private:
  std::vector<TicketKey> keys_;
};

}  // namespace mooring::tlsext
