// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/asking.hpp"

#include <map>
#include <random>

namespace mooring::tools {

namespace {

using Clock = std::chrono::steady_clock;

/// Questions in flight on one session, matched with their answers (RFC 7766, 7).
class Asking {
 public:
  Asking(DotClient& client, std::chrono::milliseconds timeout)
      : client_(client), timeout_(timeout) {}

  Outcome<std::vector<Answer>> ask(const std::vector<QuestionToAsk>& questions) {
    dnschain::Bytes out;
    for (const QuestionToAsk& question : questions) {
      const std::uint16_t id = unused_id();
      const dnschain::Bytes query = make_query(question, id);
      const dnschain::Bytes frame = framed(query);
      out.insert(out.end(), frame.begin(), frame.end());
      waiting_.emplace(id, Waiting{in_flight_++, query});
    }
    const auto start = Clock::now();
    if (auto sent = client_.send(out, deadline_in(timeout_)); !sent) {
      return tl::make_unexpected(sent.error());
    }
    return collect(start);
  }

 private:
  struct Waiting {
    std::size_t place = 0;
    dnschain::Bytes query;
  };

  Outcome<std::vector<Answer>> collect(Clock::time_point start) {
    std::vector<Answer> answers(in_flight_);
    Deadline deadline = deadline_in(timeout_);
    while (!waiting_.empty()) {
      const auto octets = client_.receive(deadline);
      if (!octets) return trouble("no answer: " + octets.error().text);
      const auto found = waiting_.find(message_id(*octets));
      // Anything else is not an answer to a question of ours and is passed over.
      if (found == waiting_.end() || !is_answer_to(*octets, found->second.query)) continue;
      auto message = parse_message(*octets);
      if (!message) return tl::make_unexpected(message.error());
      answers[found->second.place] = {
          *std::move(message),
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start)};
      waiting_.erase(found);
      deadline = deadline_in(timeout_);
    }
    return answers;
  }

  std::uint16_t unused_id() {
    for (;;) {
      const auto id = static_cast<std::uint16_t>(random_());
      if (!waiting_.contains(id)) return id;
    }
  }

  DotClient& client_;
  std::chrono::milliseconds timeout_;
  std::map<std::uint16_t, Waiting> waiting_;
  std::size_t in_flight_ = 0;
  std::random_device random_;
};

}  // namespace

Outcome<std::vector<Answer>> ask(DotClient& client, const std::vector<QuestionToAsk>& questions,
                                 std::chrono::milliseconds timeout) {
  return Asking(client, timeout).ask(questions);
}

}  // namespace mooring::tools
