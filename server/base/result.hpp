// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace mooring::server {

/// Why something could not be done.
struct Error {
  std::string context;  ///< one line for a person; names the file, address or name at fault
  int system = 0;       ///< errno, when it was a call of the system that failed; else 0
};

/// What a function of this room that can fail returns: a value, or why there is none. Result<void>
/// where there is nothing to return. What fails in another room keeps that room's error until it is
/// passed on as one of ours.
template <class T>
using Result = tl::expected<T, Error>;

/// To be returned where a Result is.
[[nodiscard]] inline tl::unexpected<Error> failure(std::string context, int system = 0) {
  return tl::unexpected<Error>(Error{std::move(context), system});
}

}  // namespace mooring::server
