// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "tools/dns_message.hpp"
#include "tools/json.hpp"

namespace mooring::tools {

/// The message as `dig` prints one, from the header line to the additional section.
[[nodiscard]] std::string message_text(const DnsMessage& message);

/// The same as an object: id, opcode, status, flags, question, answer, authority, additional, edns.
[[nodiscard]] Json message_json(const DnsMessage& message);

}  // namespace mooring::tools
