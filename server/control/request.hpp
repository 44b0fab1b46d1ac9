// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/result.hpp"

namespace mooring::server {

/// Of the lines below; one with another number is refused.
inline constexpr unsigned kControlVersion = 1;
/// Octets that a line has at most, its end included.
inline constexpr std::size_t kMostRequest = 4096;

/// What a process that connects to the control socket wants: one line of JSON, as
/// {"v":1,"command":"upgrade"}.
struct Request {
  std::string command;
  /// take_over: the protocol that it is to go by, and the asking program's version.
  unsigned protocol = 0;
  std::string program;
  /// move: the peer, by name or address, and the prefix that clients are in (empty: all).
  std::string to;
  std::string client;
};

/// With the line's end.
[[nodiscard]] std::string to_line(const Request& request);
/// An error is one line, for the log and for the answer.
[[nodiscard]] Result<Request> parse_request(std::string_view line);

/// What an upgrade came to.
struct HandedOver {
  std::size_t sessions = 0;
  double seconds = 0;
  int pid = 0;  ///< of the successor
};

/// What a move came to.
struct SessionsMoved {
  std::size_t moved = 0;
  double seconds = 0;
  std::size_t stayed = 0;
  std::string why;  ///< of one that stayed, or why it ended early; empty: all have gone
};

/// Answers, each with the line's end.
[[nodiscard]] std::string answer_line();
[[nodiscard]] std::string answer_line(const HandedOver& done);
[[nodiscard]] std::string answer_line(const SessionsMoved& done);
[[nodiscard]] std::string error_line(const std::string& why);
/// Of an answer that says that it was refused: why. None: it was not.
[[nodiscard]] std::optional<std::string> refusal_in(std::string_view line);

}  // namespace mooring::server
