// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/gate.hpp"
#include "support/tcp_upstream.hpp"

namespace mooring::test {

/// Answers names that begin with "slow" once `gate` is open.
inline TcpUpstream::Script slow_for_some(Gate& gate) {
  return [&gate](TcpUpstream::Connection& connection, const Octets& asked) {
    if (asked[13] == std::byte{'s'}) gate.wait();
    TcpUpstream::answer(connection, asked);
  };
}

}  // namespace mooring::test
