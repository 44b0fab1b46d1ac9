// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "tlsext/base/wolfssl_ptr.hpp"
#include "tlsext/tickets/ticket_keys.hpp"

namespace mooring::tlsext {

/// Seals and opens session tickets with AES-256-GCM under the keys of a TicketKeySet. Belongs to
/// one server context and, like it, to one thread at a time.
class TicketSealer {
 public:
  /// `keys` may be null: then nothing is sealed and nothing opens.
  explicit TicketSealer(const std::shared_ptr<const TicketKeySet>& keys);
  ~TicketSealer();
  TicketSealer(const TicketSealer&) = delete;
  TicketSealer& operator=(const TicketSealer&) = delete;

  void set_keys(const std::shared_ptr<const TicketKeySet>& keys);

  /// Makes `context` use this sealer, which must outlive it.
  void install(WOLFSSL_CTX* context);

 private:
  struct Key;
  struct Random;
  struct Callback;

  std::vector<std::unique_ptr<Key>> keys_;  // newest first
  std::unique_ptr<Random> random_;
};

}  // namespace mooring::tlsext
