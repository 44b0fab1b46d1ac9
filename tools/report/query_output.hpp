// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "dnschain/dane/authentication.hpp"
#include "tlsext/client/session.hpp"
#include "tools/client/asking.hpp"
#include "tools/report/json.hpp"
#include "tools/report/message_text.hpp"
#include "tools/report/style.hpp"

namespace mooring::tools {

/// The session that questions were asked on.
struct QuerySession {
  std::string peer;         ///< address and port
  std::string server_name;  ///< SNI; empty: none
  tlsext::SessionInfo tls;
  dnschain::AuthenticationPolicy policy;
  dnschain::Authentication authentication;
  std::string authentication_text;  ///< the same for a person
};

/// The lines about the session: TLS, who the server is and how that is known, the chain.
[[nodiscard]] std::string session_text(const QuerySession& session, Style style);

/// One answer as `dig` prints it, with its last lines, as far as they are wanted.
[[nodiscard]] std::string answer_text(const Answer& answer, const QuerySession& session,
                                      const Shown& shown);

/// Session and answers as one object.
[[nodiscard]] Json query_json(const QuerySession& session, const std::vector<Answer>& answers);

}  // namespace mooring::tools
