// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/certificate_switch.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "dnschain/base/time_text.hpp"
#include "support/switched_certificates.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

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
}

TEST_CASE("it waits for two TTLs after its record was first seen", "[server]") {
  const Certificates made;
  dnschain::TlsaHistory history;
  history.saw({record_of(made.old_one)}, 300s, kNow - 24h);
  history.saw({record_of(made.old_one), record_of(made.new_one)}, 300s, kNow);
  // One more beside them changes nothing.
  history.saw({record_of(made.old_one), record_of(made.new_one),
               record_of(make_certificate("dot.example"))},
              300s, kNow + 200s);
  const auto both = table_of(history);
  Config next = with(made.new_one);
  CertificateSwitch waiting;
  REQUIRE(waiting.hold(next, with(made.old_one), both, kNow).size() == 1);
  CHECK(waiting.next_release() == dnschain::new_key_from(kNow, 300s));
  CHECK(waiting.release(next, both, kNow + 599s).empty());
  CHECK(waiting.release(next, both, kNow + 600s).size() == 1);
}

TEST_CASE("a TTL lowered from a day to a minute does not make it wait less than the day",
          "[server]") {
  const Certificates made;
  dnschain::TlsaHistory history;
  history.saw({record_of(made.old_one)}, 86400s, kNow - 10h);
  history.saw({record_of(made.old_one)}, 60s, kNow);
  history.saw({record_of(made.old_one), record_of(made.new_one)}, 60s, kNow + 5min);
  // What a restart knows is the same.
  const dnschain::TlsaHistory stored(history.seen(), kNow + 6min);
  for (const dnschain::TlsaHistory* known : {&std::as_const(history), &stored}) {
    const auto table = table_of(*known);
    CertificateSwitch waiting;
    Config next = with(made.new_one);
    const auto held = waiting.hold(next, with(made.old_one), table, kNow + 1h);
    REQUIRE(held.size() == 1);
    CHECK(held[0].why.find("may be cached until " + dnschain::to_text(kNow + 24h)) !=
          std::string::npos);
    CHECK(waiting.release(next, table, kNow + 24h - 1s).empty());
    CHECK(waiting.release(next, table, kNow + 24h).size() == 1);
  }
}

TEST_CASE("records that were taken away count for as long as caches hold them", "[server]") {
  const Certificates made;
  dnschain::TlsaHistory history;
  history.saw({record_of(made.old_one)}, 600s, kNow - 24h);
  history.saw({}, 0s, kNow);
  const auto table = table_of(history);
  CertificateSwitch waiting;
  Config next = with(made.new_one);
  REQUIRE(waiting.hold(next, with(made.old_one), table, kNow + 10s).size() == 1);
  CHECK(waiting.release(next, table, kNow + 600s).size() == 1);
}

TEST_CASE("a new certificate is used at once when nobody can lose by it", "[server]") {
  const Certificates made;
  const auto other = record_of(make_certificate("dot.example"));
  CertificateSwitch waiting;
  const auto held = [&](const dnschain::ChainTable& table, bool wait = true) {
    Config next = with(made.new_one);
    next.chain.wait_for_tlsa = wait;
    return !waiting.hold(next, with(made.old_one), table, kNow).empty();
  };
  CHECK_FALSE(held(chains({record_of(made.new_one)})));
  CHECK_FALSE(held(chains({record_of(made.old_one), record_of(made.new_one)})));
  CHECK_FALSE(held(chains({other})));  // the old one is not published either
  CHECK_FALSE(held(chains({})));
  CHECK_FALSE(held(dnschain::ChainTable({})));
  CHECK_FALSE(held(chains({record_of(made.old_one)}), false));
  CHECK(held(chains({record_of(made.old_one)})));
  // The record was replaced: the old certificate fails all who get the chain with it.
  dnschain::TlsaHistory replaced;
  replaced.saw({record_of(made.old_one)}, 3600s, kNow - 24h);
  replaced.saw({record_of(made.new_one)}, 3600s, kNow);
  CHECK_FALSE(held(table_of(replaced)));
}

TEST_CASE("a certificate that could not be put to use is still held", "[server]") {
  const Certificates made;
  CertificateSwitch waiting;
  Config next = with(made.new_one);
  REQUIRE(waiting.hold(next, with(made.old_one), chains({record_of(made.old_one)}), kNow).size() ==
          1);
  const auto both = chains({record_of(made.old_one), record_of(made.new_one)});
  // No context was to be had for what this gave: it is asked again.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Config released = next;
    REQUIRE(waiting.release(released, both, kNow) == std::vector<std::string>{"dot.example"});
    CHECK(released.identities[0].certificate_pem == made.new_one.certificate_pem);
    CHECK(waiting.size() == 1);
  }
  waiting.forget({"dot.example"});
  CHECK(waiting.empty());
  CHECK(waiting.release(next, both, kNow).empty());
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
