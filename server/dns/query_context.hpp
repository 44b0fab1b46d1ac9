// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "server/base/endpoint.hpp"
#include "server/dns/options.hpp"

namespace mooring::server {

/// How a query has come.
enum class QueryTransport : std::uint8_t {
  none,  ///< it is a question of our own
  tls,   ///< DNS over TLS (RFC 7858)
};

/// What is known of a query beside its octets. Goes with it on its way to the resolver, and back
/// with its answer or failure; the octets may have been changed by then, this has not.
struct QueryContext {
  Endpoint peer = {};  ///< the client's address; without meaning for a question of our own
  QueryTransport transport = QueryTransport::none;
  HopOptions asked = {};  ///< the OPT record as the client sent it, DO included
  std::uint32_t tag = 0;  ///< whoever asks finds the query again by it; the pool does not look

  friend bool operator==(const QueryContext&, const QueryContext&) = default;
};

}  // namespace mooring::server
