// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/certificate_switch.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "server/wall_time.hpp"
#include "support/certificates.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;
using dnschain::VerdictKind;

namespace {

const dnschain::WallTime kNow{std::chrono::seconds{1'800'000'000}};

dnschain::Service service() {
  return dnschain::Service::create("dot.example", dnschain::Port(853)).value();
}

/// "3 0 0": the certificate itself.
dnschain::TlsaRecord record_of(const test::Certificate& certificate) {
  dnschain::TlsaRecord out{3, 0, 0, {}};
  out.data.resize(certificate.der.size());
  std::memcpy(out.data.data(), certificate.der.data(), out.data.size());
  return out;
}

Config with(const test::Certificate& certificate) {
  Config config;
  IdentityConfig identity;
  identity.name = "dot.example";
  identity.certificate_pem = certificate.certificate_pem;
  identity.private_key_pem = certificate.private_key_pem;
  identity.services = {service()};
  config.identities = {identity};
  return config;
}

dnschain::ChainTable chains(std::vector<dnschain::TlsaRecord> records,
                            VerdictKind kind = VerdictKind::secure,
                            dnschain::WallTime settled = kNow) {
  dnschain::PublishedChain chain{service(), std::make_shared<const dnschain::Bytes>(),
                                 kind,      kNow + 1h,
                                 false,     std::move(records),
                                 settled};
  return dnschain::ChainTable({chain});
}

struct Certificates {
  test::Certificate old_one = test::make_certificate("dot.example");
  test::Certificate new_one = test::make_certificate("dot.example");
};

}  // namespace

TEST_CASE("a new certificate waits until a TLSA record matches it", "[server]") {
  const Certificates made;
  const Config current = with(made.old_one);
  Config next = with(made.new_one);
  CertificateSwitch waiting;
  const auto held = waiting.hold(next, current, chains({record_of(made.old_one)}), kNow);
  REQUIRE(held.size() == 1);
  CHECK(held[0].name == "dot.example");
  CHECK(held[0].why == "no TLSA record of dot.example:853 matches the new certificate");
  CHECK(next.identities[0].certificate_pem == made.old_one.certificate_pem);
  CHECK(next.identities[0].private_key_pem == made.old_one.private_key_pem);

  CHECK(waiting.release(next, chains({record_of(made.old_one)}), kNow).empty());
  const auto both = chains({record_of(made.old_one), record_of(made.new_one)});
  CHECK(waiting.release(next, both, kNow) == std::vector<std::string>{"dot.example"});
  CHECK(next.identities[0].certificate_pem == made.new_one.certificate_pem);
  CHECK(waiting.empty());
}

TEST_CASE("it also waits until the records before have run out of caches", "[server]") {
  const Certificates made;
  const auto both =
      chains({record_of(made.old_one), record_of(made.new_one)}, VerdictKind::secure, kNow + 300s);
  Config next = with(made.new_one);
  CertificateSwitch waiting;
  REQUIRE(waiting.hold(next, with(made.old_one), both, kNow).size() == 1);
  CHECK(waiting.next_release() == kNow + 300s);
  CHECK(waiting.release(next, both, kNow + 299s).empty());
  CHECK(waiting.release(next, both, kNow + 300s).size() == 1);
}

TEST_CASE("a new certificate is used at once when nobody can lose by it", "[server]") {
  const Certificates made;
  const auto other = record_of(test::make_certificate("dot.example"));
  CertificateSwitch waiting;
  const auto held = [&](const dnschain::ChainTable& table, bool wait = true) {
    Config next = with(made.new_one);
    next.chain.wait_for_tlsa = wait;
    return !waiting.hold(next, with(made.old_one), table, kNow).empty();
  };
  CHECK_FALSE(held(chains({record_of(made.new_one)})));
  CHECK_FALSE(held(chains({other})));  // the old one is not published either
  CHECK_FALSE(held(chains({}, VerdictKind::denial)));
  CHECK_FALSE(held(chains({}, VerdictKind::insecure)));
  CHECK_FALSE(held(dnschain::ChainTable({})));
  CHECK_FALSE(held(chains({record_of(made.old_one)}), false));
  CHECK(held(chains({record_of(made.old_one)})));
}

TEST_CASE("while the chain is withdrawn the records that were proven last count", "[server]") {
  const Certificates made;
  dnschain::PublishedChain last{service(), nullptr,  VerdictKind::secure, kNow - 1h, false,
                                {},        kNow - 2h};
  last.tlsa = {record_of(made.old_one)};
  const dnschain::ChainTable table({}, {last});
  REQUIRE(table.find("dot.example", dnschain::Port(853)) == nullptr);
  Config next = with(made.new_one);
  CertificateSwitch waiting;
  CHECK(waiting.hold(next, with(made.old_one), table, kNow).size() == 1);
}

TEST_CASE("another reload takes the place of what is held", "[server]") {
  const Certificates made;
  const auto table = chains({record_of(made.old_one)});
  const Config current = with(made.old_one);
  CertificateSwitch waiting;
  Config next = with(made.new_one);
  REQUIRE(waiting.hold(next, current, table, kNow).size() == 1);
  Config back = with(made.old_one);
  CHECK(waiting.hold(back, current, table, kNow).empty());
  CHECK(waiting.empty());
}
