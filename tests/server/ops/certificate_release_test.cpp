// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/certificate_release.hpp"

#include <catch2/catch.hpp>

#include "support/fake_io.hpp"
#include "support/logged.hpp"
#include "support/switched_certificates.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// A service whose next certificate waits, as only the old one's record is published.
struct Waiting {
  Waiting() {
    publish({record_of(made.old_one)});
    CertificateSwitch held;
    Config next = with(made.new_one);
    REQUIRE(held.hold(next, config, *table, now()).size() == 1);
    release.hold(std::move(held));
  }

  void publish(Records records, std::chrono::seconds ttl = 3600s) {
    history.saw(std::move(records), ttl, now());
    table = std::make_shared<dnschain::ChainTable>(table_of(history));
    release.look();
  }
  [[nodiscard]] dnschain::WallTime now() const {
    return kNow + std::chrono::duration_cast<std::chrono::seconds>(loop.now() - began);
  }
  [[nodiscard]] bool new_one_in_use() const {
    return config.identities[0].certificate_pem == made.new_one.certificate_pem &&
           config.identities[0].private_key_pem == made.new_one.private_key_pem;
  }
  Result<Workers::Contexts> make_contexts(const Config& next) {
    ++attempts;
    if (no_memory) return failure("out of memory");
    CHECK(next.identities[0].certificate_pem == made.new_one.certificate_pem);
    return Workers::Contexts(3);
  }

  Certificates made;
  Config config = with(made.old_one);
  FakeLoop loop;
  TimePoint began = loop.now();
  Logged logged;
  dnschain::TlsaHistory history;
  std::shared_ptr<const dnschain::ChainTable> table;
  bool no_memory = false;
  int attempts = 0;
  std::size_t contexts_used = 0;
  CertificateRelease release{
      loop,
      logged.log,
      {[this]() -> const Config& { return config; }, [this] { return now(); },
       [this] { return table; }, [this](const Config& next) { return make_contexts(next); },
       [this](Config next, const Workers::Contexts& contexts) {
         config = std::move(next);
         contexts_used = contexts.size();
       }}};
};

}  // namespace

TEST_CASE("a certificate that waits is put to use two TTLs after its TLSA record is there",
          "[server]") {
  Waiting it;
  it.loop.advance(24h);
  it.publish({record_of(it.made.old_one)}, 300s);
  it.loop.advance(24h);
  CHECK(it.attempts == 0);
  it.publish({record_of(it.made.old_one), record_of(it.made.new_one)}, 300s);
  it.loop.advance(599s);
  CHECK(it.attempts == 0);
  CHECK_FALSE(it.new_one_in_use());
  it.loop.advance(1s);
  CHECK(it.new_one_in_use());
  CHECK(it.contexts_used == 3);
  CHECK(it.release.empty());
  CHECK(it.logged.take() == "info event=certificate name=dot.example state=in_use\n");
  it.loop.advance(24h);
  CHECK(it.attempts == 1);
}

TEST_CASE("new chains are not acted upon in the turn of whoever brings them", "[server]") {
  Waiting it;
  it.publish({record_of(it.made.new_one)});
  CHECK(it.attempts == 0);
  it.loop.advance(0s);
  CHECK(it.new_one_in_use());
}

TEST_CASE("a certificate without memory for its context is tried again, and the old one serves",
          "[server]") {
  Waiting it;
  it.no_memory = true;
  it.publish({record_of(it.made.new_one)});
  it.loop.advance(0s);
  CHECK(it.attempts == 1);
  CHECK_FALSE(it.new_one_in_use());
  CHECK(it.release.size() == 1);
  CHECK(it.logged.take() ==
        "error event=certificate state=failed error=\"out of memory\" detail=\"it is tried again; "
        "the old one stays in use\"\n");
  it.no_memory = false;
  it.loop.advance(29s);
  CHECK(it.attempts == 1);
  it.loop.advance(1s);
  CHECK(it.attempts == 2);
  CHECK(it.new_one_in_use());
  CHECK(it.release.empty());
}

TEST_CASE("when nothing waits, new chains are nothing to the certificates", "[server]") {
  Waiting it;
  it.release.hold({});
  it.publish({record_of(it.made.new_one)});
  it.loop.advance(24h);
  CHECK(it.attempts == 0);
  CHECK_FALSE(it.new_one_in_use());
  CHECK(it.logged.take().empty());
}
