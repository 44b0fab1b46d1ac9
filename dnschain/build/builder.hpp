// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "dnschain/dns/message.hpp"
#include "dnschain/dns/record.hpp"
#include "dnschain/dns/service.hpp"

namespace mooring::dnschain {

/// Bounds on the work that one build may cause.
struct BuilderLimits {
  std::size_t questions = 256;
  std::size_t aliases = 8;
};

/// The records that prove something about a service, each with its RRSIGs.
struct Chain {
  std::vector<Record> records;  ///< TTLs as the resolver gave them at `fetched`
  WallTime fetched{};
};

/// Collects a chain by asking a recursive resolver. Opens no socket: it says what it wants asked
/// and is given answers. The chain reaches up to the root's DNSKEY RRset (RFC 9102, 2.3), or to the
/// closest of `anchors` at or above each name on the way, as verify() has it.
class Builder {
 public:
  explicit Builder(Service service, BuilderLimits limits = {}, std::vector<Name> anchors = {});
  ~Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;

  /// The questions that can be asked now, each given out once; all that do not depend on each
  /// other come together.
  [[nodiscard]] std::vector<Question> take_questions();

  /// A whole DNS message that answers `question`. Anything else in it is ignored; a message that is
  /// no answer to it counts as fail(). What was not taken from here, and what comes once it is
  /// done, is ignored.
  void answer(const Question& question, ByteView message, WallTime now);

  /// `question` got no answer; `reason` is one line for a person.
  void fail(const Question& question, std::string_view reason);

  /// The result is settled and nothing more will be asked. Answers that are still on their way are
  /// not needed.
  [[nodiscard]] bool done() const;

  /// Once done, when its chain turns out not to hold: begins anew with CD clear, so that the
  /// resolver validates and fetches again what does not. With CD set some resolvers (BIND) give the
  /// first copy that they got for as long as its TTL lasts, even if another server of the zone has
  /// a good one. Where the resolver has no answer now, the one from before counts. False when it
  /// cannot help: that has been done, or the resolver was the trouble.
  [[nodiscard]] bool ask_again();

  /// Once done: the chain, or why there is none. It is not verified. No RRset is in it that the
  /// proof does not need.
  [[nodiscard]] Result<Chain> result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mooring::dnschain
