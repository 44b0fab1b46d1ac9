// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/upstream_state_log.hpp"

#include <vector>

namespace mooring::server {

namespace {

const char* state_text(UpstreamState state) {
  switch (state) {
    case UpstreamState::up:
      return "up";
    case UpstreamState::lost:
      return "lost";
    case UpstreamState::unreachable:
      break;
  }
  return "unreachable";
}

}  // namespace

void UpstreamStateLog::noticed(const Endpoint& server, UpstreamState state,
                               const std::string& reason) {
  const auto [known, first] = states_.try_emplace(server, state);
  if (!first && known->second == state) return;
  known->second = state;
  std::vector<Field> fields{{"server", server.text()}, {"state", state_text(state)}};
  if (!reason.empty()) fields.push_back({"reason", reason});
  log_.write(state == UpstreamState::up ? LogLevel::info : LogLevel::warning, "upstream", fields);
}

}  // namespace mooring::server
