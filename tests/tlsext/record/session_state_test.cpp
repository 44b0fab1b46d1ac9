// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/record/session_state.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <utility>

using mooring::tlsext::SessionState;

TEST_CASE("a session goes forward only, and is over once it has failed or closed", "[tlsext]") {
  using enum SessionState;
  const std::set<std::pair<SessionState, SessionState>> legal{
      {handshaking, open}, {handshaking, closed}, {handshaking, failed}, {open, peer_closed},
      {open, closed},      {open, failed},        {peer_closed, closed}, {peer_closed, failed}};
  for (const auto from : {handshaking, open, peer_closed, closed, failed}) {
    for (const auto to : {handshaking, open, peer_closed, closed, failed}) {
      CHECK(mooring::tlsext::may_follow(from, to) == legal.contains({from, to}));
    }
  }
}
