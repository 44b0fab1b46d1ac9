// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/tickets/ticket_keys.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/memory.h>
#include <wolfssl/wolfcrypt/misc.h>

#include <algorithm>

#include "tlsext/base/wolfssl_ptr.hpp"

namespace mooring::tlsext {
namespace {

TicketKey random_key() {
  TicketKey key;
  fill_random(key.name.data(), key.name.size());
  fill_random(key.key.data(), key.key.size());
  return key;
}

}  // namespace

std::shared_ptr<const TicketKeySet> TicketKeySet::create() {
  return std::make_shared<const TicketKeySet>(std::vector{random_key()});
}

std::shared_ptr<const TicketKeySet> TicketKeySet::rotated(std::size_t keep) const {
  std::vector<TicketKey> keys;
  // Room for all at once: a vector that grows would leave copies of keys behind in freed memory.
  keys.reserve(keys_.size() + 1);
  keys.push_back(random_key());
  const std::size_t old = std::min(keys_.size(), keep > 0 ? keep - 1 : 0);
  keys.insert(keys.end(), keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(old));
  return std::make_shared<const TicketKeySet>(std::move(keys));
}

TicketKeySet::~TicketKeySet() {
  for (TicketKey& key : keys_) wc_ForceZero(key.key.data(), key.key.size());
}

}  // namespace mooring::tlsext
