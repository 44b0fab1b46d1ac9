// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;
using tlsext::Version;

TEST_CASE("a handshake carries queries and answers in both versions", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto chain = chain_of(4096);
  const auto server = server_context(server_settings(chain));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client, kName, kPort, piece);
  pipe.run();
  if (pipe.client_error()) FAIL(pipe.client_error()->context);
  if (pipe.server_error()) FAIL(pipe.server_error()->context);
  REQUIRE(pipe.both_open());
  CHECK(pipe.client().info().version == version);
  CHECK(pipe.server().info().version == version);
  CHECK(pipe.server().info().alpn == "dot");
  CHECK(pipe.client().info().group == (version == Version::tls13 ? "X25519MLKEM768" : "X25519"));
  CHECK(pipe.server().info().group == pipe.client().info().group);
  CHECK(pipe.server().server_name() == kName);
  CHECK(pipe.server().requested_chain_port() == kPort);
  CHECK(pipe.client().dnssec_chain() == *chain);

  REQUIRE(pipe.client().send(bytes_of("query"), pipe.client_sink()));
  pipe.run();
  CHECK(pipe.server_sink().text() == "query");
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.server_sink()));
  pipe.run();
  CHECK(pipe.client_sink().text() == "answer");
}
