// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/event_log.hpp"

#include <string>
#include <vector>

#include "dnschain/base/time_text.hpp"

namespace mooring::server {

namespace {

using dnschain::KeeperEvent;

const char* event_text(KeeperEvent::Kind kind) {
  switch (kind) {
    case KeeperEvent::Kind::published:
      return "published";
    case KeeperEvent::Kind::withdrawn:
      return "withdrawn";
    case KeeperEvent::Kind::refresh_failed:
      return "refresh_failed";
    case KeeperEvent::Kind::mismatch:
      return "mismatch";
    case KeeperEvent::Kind::no_tlsa:
      return "no_tlsa";
    case KeeperEvent::Kind::restored:
      return "restored";
    case KeeperEvent::Kind::bound_near:
      return "bound_near";
    case KeeperEvent::Kind::pins_held:
      return "pins_held";
    case KeeperEvent::Kind::pins_expired:
      return "pins_expired";
    case KeeperEvent::Kind::forgotten:
      break;
  }
  return "forgotten";
}

LogLevel event_level(KeeperEvent::Kind kind) {
  switch (kind) {
    case KeeperEvent::Kind::published:
    case KeeperEvent::Kind::restored:
    case KeeperEvent::Kind::pins_expired:
      return LogLevel::info;
    default:
      return LogLevel::warning;
  }
}

}  // namespace

void KeeperEventLog::add(const KeeperEvent& event) {
  ++counts_.at(static_cast<std::size_t>(event.kind));
  std::vector<Field> fields{{"name", event.service.base_domain()},
                            {"port", std::to_string(static_cast<unsigned>(event.service.port()))},
                            {"state", event_text(event.kind)},
                            {"detail", event.text}};
  if (event.until != dnschain::WallTime{})
    fields.push_back({"until", dnschain::to_text(event.until)});
  log_.write(event_level(event.kind), "chain", fields);
}

void KeeperEventLog::count_into(KeeperMetrics& metrics) const {
  const auto happened = [&](KeeperEvent::Kind kind) {
    return counts_.at(static_cast<std::size_t>(kind));
  };
  metrics.published = happened(KeeperEvent::Kind::published);
  metrics.withdrawn = happened(KeeperEvent::Kind::withdrawn);
  metrics.mismatches = happened(KeeperEvent::Kind::mismatch);
  metrics.bounds_near = happened(KeeperEvent::Kind::bound_near);
}

}  // namespace mooring::server
