// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.hpp"

namespace mooring::server {

enum class UpstreamState : std::uint8_t {
  up,           ///< a connection was established for the first time, or again
  lost,         ///< the resolver closed a connection while it owed answers; it is tried again
  unreachable,  ///< no connection can be established, or none answers; tried again with backoff
};

/// Hears of changes in the state of a server: one log line each.
class UpstreamObserver {
 public:
  /// `reason` is a few words for a person, valid during the call; empty for `up`.
  virtual void on_upstream_state(std::size_t server, UpstreamState state,
                                 std::string_view reason) = 0;

 protected:
  ~UpstreamObserver() = default;
};

/// Which resolver a new connection goes to. The first in order is used while it can be; one that
/// fails is left alone for a while that doubles with each failure.
class UpstreamServers {
 public:
  /// `observer` may be null and must otherwise live longer.
  UpstreamServers(std::size_t count, Milliseconds first_backoff, Milliseconds last_backoff,
                  UpstreamObserver* observer);

  /// The server for a new connection; none: all are to be left alone until retry_at().
  [[nodiscard]] std::optional<std::size_t> choose(TimePoint now) const;
  /// When the first of them may be tried again.
  [[nodiscard]] TimePoint retry_at() const;
  /// Since when no connection to any of them can be established; none: one is thought to work.
  [[nodiscard]] std::optional<TimePoint> all_down_since() const { return all_down_since_; }
  /// Whether one of them has worked before that.
  [[nodiscard]] bool worked() const { return worked_; }
  /// What is known of all_down_since() is too old to count.
  void forget_outage() {
    all_down_since_.reset();
    worked_ = false;
  }

  /// A connection is established.
  void connected(std::size_t server);
  /// An established connection is gone, for whatever reason. Comes before what follows.
  void gone(std::size_t server);
  /// Answers have come, on this connection for the first time or not.
  void answered(std::size_t server, bool first);
  /// The server has ended a connection that it had answered on, owing answers.
  void lost(std::size_t server, std::string_view reason, TimePoint now);
  /// No connection could be established, or it was ended (`after_connect`) before any answer came.
  void failed(std::size_t server, bool after_connect, std::string_view reason, TimePoint now);
  /// A connection was given up by us because it stayed silent. Several in a row, none answered in
  /// between, are a failure of the server: its kernel may accept connections that no one serves.
  /// But it may also be that only what one client asks for is never answered, so that this is no
  /// reason to turn others away.
  void stalled(std::size_t server, TimePoint now);

  /// A connection was ended after so many answers: the next one begins with no more queries than
  /// that in flight.
  void ended_after(std::size_t server, std::size_t answers) { servers_[server].window = answers; }
  [[nodiscard]] std::size_t window(std::size_t server) const { return servers_[server].window; }
  /// Connections of the server that are established.
  [[nodiscard]] std::size_t connections(std::size_t server) const {
    return servers_[server].connections;
  }

 private:
  enum class Health : std::uint8_t { unknown, up, lost, down };
  struct Server {
    Health health = Health::unknown;
    std::size_t connections = 0;
    std::size_t window = std::numeric_limits<std::size_t>::max();
    unsigned stalls = 0;        ///< silent connections since the last answer
    bool needs_answer = false;  ///< that it accepts a connection proves nothing any more
    bool unreachable = false;   ///< the last connection failed, and none is left
    std::optional<TimePoint> lost_at;
    Milliseconds backoff{0};  ///< zero: it may be tried at any time
    TimePoint retry_at{};
  };

  void back_off(Server& server, TimePoint now);
  void set_health(std::size_t server, Health health, std::string_view reason);

  std::vector<Server> servers_;
  Milliseconds first_backoff_;
  Milliseconds last_backoff_;
  UpstreamObserver* observer_;
  std::optional<TimePoint> all_down_since_;
  bool worked_ = false;
};

}  // namespace mooring::server
