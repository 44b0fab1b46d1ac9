// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>

#include "tools/client/dns_message.hpp"
#include "tools/report/json.hpp"

namespace mooring::tools {

/// Which parts of an answer are printed.
struct Shown {
  bool comments = true;  ///< header, OPT, titles, and what is known of the session
  bool question = true;
  std::array<bool, 3> sections{true, true, true};  ///< answer, authority, additional
  bool stats = true;                               ///< time, server and size
};

/// The message as `dig` prints one, from the header line to the additional section.
[[nodiscard]] std::string message_text(const DnsMessage& message, const Shown& shown = {});

/// The data of the records in the answer section, a line each.
[[nodiscard]] std::string short_text(const DnsMessage& message);

/// The same as an object: id, opcode, status, flags, question, answer, authority, additional, edns.
[[nodiscard]] Json message_json(const DnsMessage& message);

}  // namespace mooring::tools
