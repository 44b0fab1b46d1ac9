// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/identities.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

constexpr dnschain::WallTime kNow{std::chrono::seconds{1'790'000'000}};

Config one_identity(const std::string& certificate, const std::string& key) {
  Config config;
  config.server.listen = {*Endpoint::parse("127.0.0.1:0")};
  config.upstream.servers = {*Endpoint::parse("127.0.0.1:53")};
  IdentityConfig identity;
  identity.name = "dot.example";
  identity.certificate_pem = certificate;
  identity.private_key_pem = key;
  identity.services = {dnschain::Service::create("dot.example", dnschain::Port(853)).value(),
                       dnschain::Service::create("dot.example", dnschain::Port(8853)).value()};
  identity.certificate_place = {"mooring.toml", 7, 15};
  identity.certificate_file = "dot.crt";
  identity.key_place = {"mooring.toml", 8, 7};
  identity.key_file = "dot.key";
  config.identities = {identity};
  return config;
}

}  // namespace

TEST_CASE("the first identity stands in for names that were removed, and for no other",
          "[server]") {
  Config config = one_identity("one", "key");
  config.identities.push_back(config.identities.front());
  config.identities.back().name = "b.example";
  config.identities.back().certificate_pem = "two";
  const Config out = with_stand_ins(config, {"b.example", "c.example", "c.example"});
  REQUIRE(out.identities.size() == 3);
  CHECK(out.identities[1].certificate_pem == "two");
  CHECK(out.identities[2].name == "c.example");
  CHECK(out.identities[2].certificate_pem == "one");
  CHECK(out.identities[2].services.empty());
}

TEST_CASE("a certificate that does not fit its key is reported where it is configured",
          "[server]") {
  const auto good = test::make_certificate("dot.example");
  const auto other = test::make_certificate("dot.example");
  CHECK(check_identities(one_identity(good.certificate_pem, good.private_key_pem)).empty());
  const std::string at_certificate = "mooring.toml:7:15: \"dot.crt\"";
  const std::string at_key = "mooring.toml:8:7: \"dot.key\"";
  const auto [certificate, key, at] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {good.certificate_pem, other.private_key_pem, at_key},
      {"", good.private_key_pem, at_certificate},
      {"nonsense", good.private_key_pem, at_certificate},
      {good.certificate_pem, "", at_key},
      {good.private_key_pem, good.certificate_pem, at_certificate},
  }));
  const auto errors = check_identities(one_identity(certificate, key));
  REQUIRE(errors.size() == 1);
  CHECK_THAT(errors[0].text(), Catch::StartsWith(at));
  CHECK_THAT(errors[0].text(), !Catch::Contains("PRIVATE"));
}

TEST_CASE("what clients that check certificates would notice is one line for each identity",
          "[server]") {
  const auto plain = test::make_certificate("dot.example");
  Config config = one_identity(plain.certificate_pem, plain.private_key_pem);
  CHECK(identity_warnings(config, kNow).empty());
  const auto old = test::make_certificate("a.example", {test::KeyType::p256, true, false, {}});
  config.identities.front().certificate_pem = old.certificate_pem;
  const auto warnings = identity_warnings(config, kNow);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0].text(),
             Catch::StartsWith("mooring.toml:7:15: \"dot.crt\": clients that check certificates") &&
                 Catch::EndsWith(": it has expired at 2020-12-31T00:00:00Z; it is not for "
                                 "dot.example"));
}

TEST_CASE("a key that every user can read is reported once", "[server]") {
  const test::TempDir directory;
  directory.write("dot.key", "key");
  const auto plain = test::make_certificate("dot.example");
  Config config = one_identity(plain.certificate_pem, plain.private_key_pem);
  config.identities.front().key_file = directory.path("dot.key");
  config.identities.push_back(config.identities.front());
  const auto [mode, warnings] =
      GENERATE(table<int, std::size_t>({{0600, 0}, {0640, 0}, {0604, 1}, {0644, 1}, {0602, 1}}));
  std::filesystem::permissions(directory.path("dot.key"),
                               static_cast<std::filesystem::perms>(mode));
  const auto found = identity_warnings(config, kNow);
  REQUIRE(found.size() == warnings);
  if (warnings == 1) CHECK_THAT(found[0].text(), Catch::StartsWith("mooring.toml:8:7: "));
}

TEST_CASE("every port of an identity has a chain, with its certificate to match", "[server]") {
  const auto made = test::make_certificate("dot.example");
  Config config = one_identity(made.certificate_pem, made.private_key_pem);
  config.chain.support_lifetime = 48h;
  const auto settings = keeper_settings(config);
  REQUIRE(settings.services.size() == 2);
  CHECK(settings.services[1].service.text() == "dot.example:8853");
  CHECK(settings.services[1].support_lifetime == 48h);
  REQUIRE(settings.services[0].presented.certificates.size() == 1);
  CHECK(settings.services[0].presented.certificates[0].size() == made.der.size());
}
