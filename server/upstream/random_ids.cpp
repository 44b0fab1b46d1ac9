// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/random_ids.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace mooring::server {

void RandomIds::refill() {
  std::size_t filled = 0;
  auto* const place = reinterpret_cast<unsigned char*>(ids_.data());
  while (filled < sizeof(ids_)) {
    const ssize_t got = ::getrandom(place + filled, sizeof(ids_) - filled, 0);
    // Other than an interruption, nothing can fail once the generator is seeded; to go on with IDs
    // that can be guessed is no choice.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  left_ = ids_.size();
}

}  // namespace mooring::server
