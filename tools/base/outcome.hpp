// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace mooring::tools {

/// What every command of `mooring` exits with.
enum class ExitStatus : int {
  ok = 0,
  refused = 1,  ///< judged and found wanting: not authenticated, bogus, no match
  trouble = 2,  ///< could not be judged: usage, files, network, TLS, no answer
};

/// Why a command ends early. The text is one line for a person, without "mooring: " in front; it
/// may quote a peer, so it is printed through printable().
struct Failure {
  ExitStatus status = ExitStatus::trouble;
  std::string text;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> trouble(std::string text) {
  return tl::make_unexpected(Failure{ExitStatus::trouble, std::move(text)});
}

[[nodiscard]] inline tl::unexpected<Failure> refused(std::string text) {
  return tl::make_unexpected(Failure{ExitStatus::refused, std::move(text)});
}

}  // namespace mooring::tools
