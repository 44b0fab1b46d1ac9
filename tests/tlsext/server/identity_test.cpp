// SPDX-License-Identifier: GPL-3.0-or-later
// Certificates: of the server's names, kinds, and as a client sees them.
#include <catch2/catch.hpp>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::Version;

namespace {

bool same(const tlsext::Bytes& octets, const std::string& text) {
  const tlsext::ByteView view = bytes_of(text);
  return std::equal(octets.begin(), octets.end(), view.begin(), view.end());
}

tlsext::ServerSettings settings_of(const Certificate& made) {
  tlsext::ServerSettings settings;
  settings.identities = {{kName, made.certificate_pem, made.private_key_pem}};
  return settings;
}

}  // namespace

TEST_CASE("every kind of certificate serves in both versions", "[tlsext]") {
  const KeyType key =
      GENERATE(KeyType::p256, KeyType::p384, KeyType::rsa2048, KeyType::rsa3072, KeyType::ed25519);
  const Version version = GENERATE(Version::tls12, Version::tls13);
  CAPTURE(static_cast<int>(key), static_cast<int>(version));
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.identities = {identity_of(kName, key)};
  const auto server = server_context(std::move(settings));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  if (pipe.client_error()) FAIL(pipe.client_error()->context);
  if (pipe.server_error()) FAIL(pipe.server_error()->context);
  REQUIRE(pipe.both_open());
  const auto certificates = pipe.client().peer_certificates();
  REQUIRE(certificates.size() == 1);
  CHECK(same(certificates[0], certificate_of(kName, key).der));
  CHECK(pipe.client().dnssec_chain());
  CHECK(pipe.client().peer_raw_public_key().empty());
}

TEST_CASE("SNI chooses among identities without regard to case", "[tlsext]") {
  const auto [sni, chosen] = GENERATE(table<std::string, std::string>({
      {"one.example.net", "one.example.net"},
      {"TWO.example.NET", "two.example.net"},
      {"three.example.net.", "three.example.net"},
      {"four.example.net", "one.example.net"},
      {"example.net", "one.example.net"},
      {"", "one.example.net"},
  }));
  const Version version = GENERATE(Version::tls12, Version::tls13);
  tlsext::ServerSettings settings;
  settings.identities = {identity_of("one.example.net", KeyType::p256),
                         identity_of("two.example.net", KeyType::rsa2048),
                         identity_of("three.example.net", KeyType::ed25519)};
  const auto server = server_context(std::move(settings));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client, sni, 0);
  pipe.run();
  CAPTURE(sni, static_cast<int>(version));
  if (pipe.client_error()) FAIL_CHECK(pipe.client_error()->context);
  if (pipe.server_error()) FAIL_CHECK(pipe.server_error()->context);
  REQUIRE(pipe.both_open());
  const KeyType key = chosen[0] == 'o'   ? KeyType::p256
                      : chosen[1] == 'w' ? KeyType::rsa2048
                                         : KeyType::ed25519;
  CHECK(same(pipe.client().peer_certificates().at(0), certificate_of(chosen, key).der));
}

TEST_CASE("a client takes any certificate and shows it", "[tlsext]") {
  const CertificateOptions options =
      GENERATE(CertificateOptions{}, CertificateOptions{KeyType::p256, true, false, {}});
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const Certificate made = make_certificate("somewhere.else.example", options);
  const auto server = server_context(settings_of(made));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(same(pipe.client().peer_certificates().at(0), made.der));
}

TEST_CASE("a certificate with its issuers goes out whole, however large", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const Certificate root = make_certificate("root", {KeyType::rsa3072, false, true, {}});
  const Certificate leaf =
      make_certificate(kName, {KeyType::rsa3072, false, false, std::string(12000, 'x')}, root);
  tlsext::ServerSettings settings;
  settings.identities = {
      {kName, leaf.certificate_pem + root.certificate_pem, leaf.private_key_pem}};
  const auto chain = chain_of(version == Version::tls13 ? 65531 : 16000);
  settings.chain_source = source_of(chain);
  const auto server = server_context(std::move(settings));
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  if (pipe.client_error()) FAIL(pipe.client_error()->context);
  REQUIRE(pipe.both_open());
  const auto certificates = pipe.client().peer_certificates();
  REQUIRE(certificates.size() == 2);
  CHECK(same(certificates[0], leaf.der));
  CHECK(same(certificates[1], root.der));
  CHECK((pipe.client().dnssec_chain() == *chain));
}

TEST_CASE("a certificate or key that cannot be used is named", "[tlsext]") {
  const Certificate& good = certificate_of(kName);
  const Certificate& other = certificate_of("other.example.net");
  const auto [certificate, key, said] = GENERATE_REF(table<std::string, std::string, std::string>({
      {"", good.private_key_pem, "certificate of dot.example.net"},
      {"nonsense", good.private_key_pem, "certificate of dot.example.net"},
      {good.private_key_pem, good.private_key_pem, "certificate of dot.example.net"},
      {good.certificate_pem, "", "private key of dot.example.net"},
      {good.certificate_pem, "nonsense", "private key of dot.example.net"},
      {good.certificate_pem, other.private_key_pem, "private key of dot.example.net"},
  }));
  tlsext::ServerSettings settings;
  settings.identities = {{kName, certificate, key}};
  const auto context = tlsext::ServerContext::create(std::move(settings));
  REQUIRE_FALSE(context);
  CHECK(context.error().code == (said.starts_with("private key")
                                     ? tlsext::ErrorCode::private_key
                                     : tlsext::ErrorCode::configuration));
  CHECK(context.error().context.find(said) != std::string::npos);
  CHECK_FALSE(tlsext::ServerContext::create({}));
}

TEST_CASE("a server that asks for TLS 1.3 refuses TLS 1.2", "[tlsext]") {
  tlsext::ServerSettings settings = server_settings();
  settings.minimum = Version::tls13;
  const auto server = server_context(std::move(settings));
  const auto old = client_context(Version::tls12);
  TlsPipe refused = join(*server, *old);
  refused.run();
  REQUIRE(refused.client_error());
  CHECK(int{refused.client_error()->alert.value_or(0)} == 70);
  const auto current = client_context();
  TlsPipe taken = join(*server, *current);
  taken.run();
  CHECK(taken.both_open());
}

TEST_CASE("ALPN is what both know, or nothing when none is offered", "[tlsext]") {
  struct Row {
    std::vector<std::string> offered;
    std::string chosen;
    bool good;
  };
  const Row row = GENERATE(Row{{"dot"}, "dot", true}, Row{{"h2", "dot"}, "dot", true},
                           Row{{}, "", true}, Row{{"h2"}, "", false}, Row{{"DoT"}, "", false});
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const auto server = server_context(server_settings());
  tlsext::ClientSettings settings;
  settings.alpn = row.offered;
  const auto client = client_context(version, settings);
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  REQUIRE(pipe.both_open() == row.good);
  if (row.good) {
    CHECK(pipe.server().info().alpn == row.chosen);
    CHECK(pipe.client().info().alpn == row.chosen);
  } else {
    CHECK(int{pipe.server_error()->alert.value_or(0)} == 120);
    CHECK(pipe.client_error()->code == tlsext::ErrorCode::peer_alert);
  }
}
