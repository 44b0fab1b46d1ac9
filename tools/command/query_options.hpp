// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/base/endpoint.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/question.hpp"
#include "tools/command/server_options.hpp"
#include "tools/command/trust_options.hpp"
#include "tools/report/message_text.hpp"

namespace mooring::tools {

struct QueryOptions {
  /// In the order of the command line: "@server", names, types, classes, "+words"; and "-q", "-x",
  /// "-t" or "-c", each followed by what was given to it.
  std::vector<std::string> words;
  std::uint16_t port = kDotPort;  ///< of a server without a port of its own
  ServerOptions server;
  TrustOptions trust;
  std::string ca_file;
  bool no_auth = false;
  bool dnssec = false;
  bool checking_disabled = false;
  bool no_ad = false;
  bool no_edns = false;
  bool no_recurse = false;
  bool nsid = false;
  std::uint16_t padding_block = 128;
  std::uint16_t udp_size = 1232;
  bool json = false;
  bool short_form = false;  ///< of answers, the data alone
  Shown shown;
};

/// What the words of the command line ask for.
struct QueryPlan {
  Endpoint server{"127.0.0.1", kDotPort};
  std::vector<QuestionToAsk> questions;
  QueryOptions options;  ///< as the "+words" leave them
};

/// Words are understood as `dig` does, in any order: "@HOST[:PORT]"; a word that is a type or a
/// class belongs to the name before it, or to all names when it comes before the first; anything
/// else is a name. The type is A, of "-x" PTR; without any name the root's NS is asked for.
[[nodiscard]] Outcome<QueryPlan> plan_query(const QueryOptions& options);

}  // namespace mooring::tools
