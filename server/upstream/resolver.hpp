// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "server/base/bytes.hpp"

namespace mooring::server {

enum class ResolverHealth : std::uint8_t {
  unknown,
  up,
  lost,  ///< it has closed its last connection while it owed answers
  down,  ///< no connection can be established, or none answers
};

/// For how long a resolver that fails is left alone: doubles from the first to the last.
struct Backoff {
  Milliseconds first;
  Milliseconds last;
};

/// One resolver: its connections as far as they are established, its health, and when it may be
/// tried again. What happens to it is told to it; each event returns what it shows of the health,
/// none where it shows nothing.
class Resolver {
 public:
  /// Whether a new connection to it may be tried.
  [[nodiscard]] bool may_be_tried(TimePoint now) const {
    return backoff_ == Milliseconds{0} || retry_at_ <= now;
  }
  [[nodiscard]] TimePoint retry_at() const { return retry_at_; }
  /// Connections that are established.
  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] ResolverHealth health() const { return health_; }
  /// The last connection failed, and none is left.
  [[nodiscard]] bool unreachable() const { return unreachable_; }
  /// A new connection begins with at most so many queries in flight.
  [[nodiscard]] std::size_t window() const { return window_; }

  /// A connection is established.
  [[nodiscard]] std::optional<ResolverHealth> connected();
  /// An established connection is gone, for whatever reason. Comes before what follows.
  void gone() { --connections_; }
  /// Answers have come, on this connection for the first time or not.
  [[nodiscard]] std::optional<ResolverHealth> answered(bool first);
  /// It has ended a connection after so many answers, owing others.
  [[nodiscard]] std::optional<ResolverHealth> lost(std::size_t answers, TimePoint now);
  /// No connection could be established, or it was ended (`after_connect`) before any answer came.
  [[nodiscard]] std::optional<ResolverHealth> failed(bool after_connect, const Backoff& backoff,
                                                     TimePoint now);
  /// A connection was given up by us because it stayed silent. Several in a row, none answered in
  /// between, are a failure: its kernel may accept connections that no one serves. But it may also
  /// be that only what one client asks for is never answered, so that this is no reason to turn
  /// others away. `backoff`: null where there is no other one to ask.
  [[nodiscard]] std::optional<ResolverHealth> stalled(const Backoff* backoff, TimePoint now);

  /// False: it is what it was.
  bool set_health(ResolverHealth health);

 private:
  void back_off(const Backoff& backoff, TimePoint now);

  ResolverHealth health_ = ResolverHealth::unknown;
  bool needs_answer_ = false;  ///< that it accepts a connection proves nothing any more
  bool unreachable_ = false;
  unsigned stalls_ = 0;  ///< silent connections since the last answer
  std::size_t connections_ = 0;
  std::size_t window_ = std::numeric_limits<std::size_t>::max();
  std::optional<TimePoint> lost_at_;
  Milliseconds backoff_{0};  ///< zero: it may be tried at any time
  TimePoint retry_at_{};
};

}  // namespace mooring::server
