// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dnschain/dns/message.hpp"
#include "dnschain/dns/service.hpp"

namespace mooring::dnschain {

using AskId = std::uint64_t;

/// A question for the resolver, with the number that its answer comes back under.
struct Ask {
  AskId id = 0;
  Question question;
};

/// The questions that are on their way. Each is asked once for all the services that need it:
/// services that share zones share most of their questions.
class AskList {
 public:
  /// A question and the services that wait for its answer.
  struct Waiting {
    Question question;
    WallTime deadline;
    std::vector<Service> services;
  };

  /// `service` needs an answer. The deadline is that of the first who asked.
  void ask(const Service& service, const Question& question, WallTime deadline);
  /// Questions to send, each given out once.
  [[nodiscard]] std::vector<Ask> take_unsent();
  /// The answer has come, or none will: who waited for it. Nothing when nobody does any more.
  [[nodiscard]] std::optional<Waiting> take(AskId id);
  /// Those whose deadline is at or before `now`, oldest first; to be taken one by one.
  [[nodiscard]] std::vector<AskId> late(WallTime now) const;

  /// `service` waits for nothing any more; what only it waited for is not asked.
  void forget(const Service& service);
  void clear();

  [[nodiscard]] bool waits(const Service& service) const;
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }
  /// The end of time when nothing is on its way.
  [[nodiscard]] WallTime next_deadline() const;

 private:
  void drop_unsent();

  std::map<AskId, Waiting> waiting_;
  std::vector<Ask> unsent_;
  AskId last_id_ = 0;
};

}  // namespace mooring::dnschain
