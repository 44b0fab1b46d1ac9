// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mooring::tlsext {

/// A session in either role.
enum class SessionState : std::uint8_t {
  handshaking,
  open,
  peer_closed,  ///< close_notify received; what is still to be sent may be sent
  closed,       ///< our close_notify is out
  failed,
};

/// Whether `to` is a legal successor of `from`.
[[nodiscard]] constexpr bool may_follow(SessionState from, SessionState to) {
  constexpr std::array<std::array<bool, 5>, 5> kLegal{{
      //   handshaking  open  peer_closed closed failed
      {{false, true, false, true, true}},   // handshaking
      {{false, false, true, true, true}},   // open
      {{false, false, false, true, true}},  // peer_closed
      {{}},                                 // closed
      {{}},                                 // failed
  }};
  return kLegal[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

}  // namespace mooring::tlsext
