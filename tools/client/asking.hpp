// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <vector>

#include "tools/base/outcome.hpp"
#include "tools/client/dns_message.hpp"
#include "tools/client/dot_client.hpp"
#include "tools/client/question.hpp"

namespace mooring::tools {

struct Answer {
  DnsMessage message;
  std::chrono::microseconds took{};
};

/// Sends all questions in one write and waits for all answers, in any order (RFC 7766, 7); they are
/// given in the order of the questions. `timeout` is for sending, and for each answer.
[[nodiscard]] Outcome<std::vector<Answer>> ask(DotClient& client,
                                               const std::vector<QuestionToAsk>& questions,
                                               std::chrono::milliseconds timeout);

}  // namespace mooring::tools
