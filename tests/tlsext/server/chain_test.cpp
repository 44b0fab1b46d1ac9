// SPDX-License-Identifier: GPL-3.0-or-later
// The dnssec_chain extension between our own client and server.
#include <catch2/catch.hpp>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::Version;

TEST_CASE("a chain of any size arrives as it is, or is left out when it cannot fit", "[tlsext]") {
  struct Row {
    Version version;
    std::size_t size;
    bool sent;
  };
  // In TLS 1.2 the ServerHello takes at most one record: 16384 less some 100 octets.
  const Row row = GENERATE(Row{Version::tls13, 0, true}, Row{Version::tls13, 1, true},
                           Row{Version::tls13, 4096, true}, Row{Version::tls13, 15000, true},
                           Row{Version::tls13, 16384, true}, Row{Version::tls13, 65531, true},
                           Row{Version::tls13, 65532, false}, Row{Version::tls13, 200000, false},
                           Row{Version::tls12, 0, true}, Row{Version::tls12, 1, true},
                           Row{Version::tls12, 4096, true}, Row{Version::tls12, 15000, true},
                           Row{Version::tls12, 16250, true}, Row{Version::tls12, 16384, false},
                           Row{Version::tls12, 65531, false});
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  CAPTURE(static_cast<int>(row.version), row.size, piece);
  const auto chain = chain_of(row.size);
  const auto server = server_context(server_settings(chain));
  const auto client = client_context(row.version);
  TlsPipe pipe = join(*server, *client, kName, kPort, piece);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(server->counters().chain_sent == (row.sent ? 1 : 0));
  CHECK(server->counters().chain_too_big == (row.sent ? 0 : 1));
  CHECK(server->counters().chain_not_available == 0);
  const auto received = pipe.client().dnssec_chain();
  REQUIRE(received.has_value() == row.sent);
  if (row.sent) CHECK((*received == *chain));
}

TEST_CASE("a chain that ends anywhere near a record's end arrives whole", "[tlsext]") {
  // The certificates that follow have extensions of their own, which must stay empty.
  const Certificate root = make_certificate("root", {KeyType::p256, false, true, {}});
  const Certificate leaf = make_certificate(kName, {}, root);
  const auto client = client_context();
  tlsext::ServerSettings settings;
  settings.identities = {
      {kName, leaf.certificate_pem + root.certificate_pem, leaf.private_key_pem}};
  const std::size_t first = 16384 - 4 - 1 - 3 - 3 - leaf.der.size() - 2 - 4;  // fills one record
  const auto offset = static_cast<std::size_t>(GENERATE(range(0, 12)));
  const std::size_t size = first + 6 - offset;
  const std::size_t after = size - 3 - root.der.size();  // then the root's end is at the record's
  for (const std::size_t length : {size, after}) {
    CAPTURE(length, first);
    const auto chain = chain_of(length);
    settings.chain_source = source_of(chain);
    const auto server = server_context(settings);
    TlsPipe pipe = join(*server, *client);
    pipe.run();
    if (pipe.client_error()) FAIL(pipe.client_error()->context);
    REQUIRE(pipe.both_open());
    CHECK((pipe.client().dnssec_chain() == *chain));
    const auto certificates = pipe.client().peer_certificates();
    REQUIRE(certificates.size() == 2);
    CHECK((bytes_of(leaf.der).size() == certificates[0].size()));
    CHECK(std::equal(certificates[1].begin(), certificates[1].end(), bytes_of(root.der).begin()));
  }
}

TEST_CASE("no chain is sent where none belongs, and the handshake goes on", "[tlsext]") {
  struct Row {
    std::string sni;
    std::uint16_t port;
    std::uint64_t not_available;
  };
  const Row row = GENERATE(Row{"other.example.net", kPort, 1},  // ours, without a chain
                           Row{"unknown.example.org", kPort, 1}, Row{kName, 8853, 1},
                           Row{kName, 0, 0}, Row{"", 0, 0});
  const Version version = GENERATE(Version::tls12, Version::tls13);
  CAPTURE(row.sni, row.port, static_cast<int>(version));
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.identities.push_back(identity_of("other.example.net", KeyType::rsa2048));
  const auto server = server_context(std::move(settings));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client, row.sni, row.port);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK_FALSE(pipe.client().dnssec_chain());
  CHECK(server->counters().chain_sent == 0);
  CHECK(server->counters().chain_not_available == row.not_available);
}

TEST_CASE("a name that is not ours never reaches the source of chains", "[tlsext]") {
  bool asked = false;
  tlsext::ServerSettings settings = server_settings();
  settings.chain_source = [&](std::string_view, std::uint16_t) {
    asked = true;
    return chain_of(100);
  };
  const auto server = server_context(std::move(settings));
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  TlsPipe pipe = join(*server, *client, "unknown.example.org");
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK_FALSE(asked);
  CHECK_FALSE(pipe.client().dnssec_chain());
}

TEST_CASE("the source of chains is asked with the name in lower case and without its dot",
          "[tlsext]") {
  std::string asked;
  tlsext::ServerSettings settings = server_settings();
  settings.identities = {identity_of("other.example.net"), identity_of(kName)};
  settings.identities[1].name = "DOT.Example.NET.";
  settings.chain_source = [&](std::string_view name, std::uint16_t port) {
    asked = std::string(name) + "/" + std::to_string(port);
    return chain_of(100);
  };
  const auto server = server_context(std::move(settings));
  const auto client = client_context();
  TlsPipe pipe = join(*server, *client, "dot.EXAMPLE.net.", 65535);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(asked == "dot.example.net/65535");
  CHECK(pipe.client().dnssec_chain());
  CHECK(pipe.server().server_name() == kName);
}

TEST_CASE("a source of chains that throws has none", "[tlsext]") {
  tlsext::ServerSettings settings = server_settings();
  settings.chain_source = [](std::string_view, std::uint16_t) -> tlsext::ChainBytes {
    throw std::runtime_error("no");
  };
  const auto server = server_context(std::move(settings));
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(server->counters().chain_not_available == 1);
}

TEST_CASE("the chain is let go when the handshake is over", "[tlsext]") {
  auto chain = chain_of(4096);
  const std::weak_ptr<const tlsext::Bytes> watch = chain;
  tlsext::ServerSettings settings = server_settings();
  settings.chain_source = [&chain](std::string_view, std::uint16_t) { return std::move(chain); };
  const auto server = server_context(std::move(settings));
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(watch.expired());
}
