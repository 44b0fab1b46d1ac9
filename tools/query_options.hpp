// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "tools/dns_message.hpp"
#include "tools/endpoint.hpp"
#include "tools/outcome.hpp"
#include "tools/server_options.hpp"
#include "tools/trust_options.hpp"

namespace mooring::tools {

struct QueryOptions {
  std::vector<std::string> words;  ///< @server, names, types
  ServerOptions server;
  TrustOptions trust;
  std::string ca_file;
  bool no_auth = false;
  bool dnssec = false;
  bool checking_disabled = false;
  bool no_edns = false;
  bool no_recurse = false;
  bool json = false;
};

/// What the words of the command line ask for.
struct QueryPlan {
  Endpoint server{"127.0.0.1", kDotPort};
  std::vector<QuestionToAsk> questions;
};

/// Words are understood as `dig` does: "@HOST[:PORT]", a name, a type that belongs to the name
/// before it. Types default to A; without any name the root's NS is asked for.
[[nodiscard]] Outcome<QueryPlan> plan_query(const QueryOptions& options);

}  // namespace mooring::tools
