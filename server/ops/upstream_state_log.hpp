// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>

#include "server/base/endpoint.hpp"
#include "server/observe/log.hpp"
#include "server/upstream/pool.hpp"

namespace mooring::server {

/// Logs how the resolvers fare: a line for each change, not for each worker that noticed it.
class UpstreamStateLog {
 public:
  /// `log` must outlive this.
  explicit UpstreamStateLog(Log& log) : log_(log) {}

  /// `reason` is a few words for a person; empty for `up`.
  void noticed(const Endpoint& server, UpstreamState state, const std::string& reason);

 private:
  Log& log_;
  std::map<Endpoint, UpstreamState> states_;
};

}  // namespace mooring::server
