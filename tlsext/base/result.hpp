// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace mooring::tlsext {

enum class ErrorCode : std::uint8_t {
  configuration,  ///< a certificate or setting of our own is unusable
  private_key,    ///< a private key of our own is unusable
  protocol,       ///< the peer broke TLS; our alert, if any, has been given to the sink
  peer_alert,     ///< the peer sent a fatal alert
  truncated,      ///< the transport ended without close_notify (for callers that report it)
  internal,       ///< out of memory and the like
};

struct Error {
  ErrorCode code{};
  std::optional<std::uint8_t> alert;  ///< sent by us (protocol) or by the peer (peer_alert)
  std::string context;                ///< one line for a person
};

/// What a function of this room that can fail returns: a value, or why there is none.
template <class T>
using Result = tl::expected<T, Error>;

/// To be returned where a Result is; without an alert.
[[nodiscard]] inline tl::unexpected<Error> failure(ErrorCode code, std::string context) {
  return tl::unexpected<Error>(Error{code, std::nullopt, std::move(context)});
}

}  // namespace mooring::tlsext
