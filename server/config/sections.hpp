// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "server/config/reading.hpp"

namespace mooring::server {

// Each reads one section of a configuration; what is wrong is reported to `reading`, and leaves the
// default as it was.

void read_server(Reading& reading, ListenConfig& server);
void read_identities(Reading& reading, std::vector<IdentityConfig>& identities);
/// `has_port`: an identity has, so that a trust anchor is needed.
void read_chain(Reading& reading, bool has_port, ChainConfig& chain);
void read_upstream(Reading& reading, UpstreamConfig& upstream);
void read_limits(Reading& reading, LimitsConfig& limits);
void read_tls(Reading& reading, TlsConfig& tls);
void read_log(Reading& reading, LogConfig& log);
void read_control(Reading& reading, ControlConfig& control);
void read_handover(Reading& reading, HandoverConfig& handover, Place& place);
/// Addresses with ports, at least one; `places` gets the place of each.
void read_endpoints(Section& section, std::string_view key, std::vector<Endpoint>& into,
                    std::vector<Place>& places, bool any_port);

}  // namespace mooring::server
