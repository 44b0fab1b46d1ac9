// SPDX-License-Identifier: GPL-3.0-or-later
// A TCP connection as a value, from whoever claims to have had it: refused, or exactly what is
// written again.
#include <algorithm>
#include <cstdlib>

#include "server/handover/tcp/tcp_state.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto octets = std::as_bytes(std::span(data, size));
  const auto state = mooring::server::TcpState::decode(octets);
  if (!state) return 0;
  if (state->unsent > state->send_queue.size()) std::abort();
  if (!std::ranges::equal(state->encode(), octets)) std::abort();
  return 0;
}
