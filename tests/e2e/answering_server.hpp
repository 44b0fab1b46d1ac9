// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

namespace mooring::test {

/// The real mooringd before a resolver that answers everything.
struct AnsweringServer {
  explicit AnsweringServer(const std::string& more = "")
      : upstream(TcpUpstream::answer), server(upstream.port(), more) {}
  /// A good client is served, and the server ends as it should.
  void check_well() {
    const Octets asked = query(99, "good.example");
    CHECK(OpensslDotClient(server.port()).ask(asked) == answer_to(asked));
    CHECK(server.stop() == 0);
  }

  TcpUpstream upstream;
  RunningServer server;
};

}  // namespace mooring::test
