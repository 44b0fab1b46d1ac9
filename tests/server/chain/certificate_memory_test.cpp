// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/certificate_memory.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

const dnschain::WallTime kNow{std::chrono::seconds{1'800'000'000}};

Config with(const test::Certificate& certificate) {
  IdentityConfig identity;
  identity.name = "dot.example";
  identity.certificate_pem = certificate.certificate_pem;
  identity.private_key_pem = certificate.private_key_pem;
  identity.services = {dnschain::Service::create("dot.example", dnschain::Port(853)).value()};
  Config config;
  config.identities = {identity};
  return config;
}

/// What a keeper knew that saw the record of `certificate` ("3 0 0") published.
dnschain::KeeperState state_for(const test::Certificate& certificate) {
  dnschain::TlsaRecord record{3, 0, 0, {}};
  record.data.resize(certificate.der.size());
  std::memcpy(record.data.data(), certificate.der.data(), record.data.size());
  dnschain::TlsaHistory history;
  history.saw({record}, 3600s, kNow - 1h);
  dnschain::KeeperState state;
  state.services.push_back(
      {dnschain::Service::create("dot.example", dnschain::Port(853)).value(), {}, {}, {}});
  state.services.front().history = history.seen();
  return state;
}

/// A directory with the certificate that was in use, and another one to come.
struct Restart {
  Restart() { CertificateMemory(directory, log).remember(with(old_one)); }

  /// The certificate in use after a restart, when the configuration has the new one.
  const std::string& in_use(Config config) {
    started = std::move(config);
    CertificateMemory memory(directory, log);
    waiting = memory.restore(started, state_for(old_one), kNow);
    memory.remember(started);
    return started.identities[0].certificate_pem;
  }
  [[nodiscard]] std::filesystem::path file() const { return CertificateStore(directory).file(); }

  test::TempDir files;
  std::string directory = files.path(".");
  Log log{LogLevel::error};
  test::Certificate old_one = test::make_certificate("dot.example");
  test::Certificate new_one = test::make_certificate("dot.example");
  Config started;
  CertificateSwitch waiting;
};

}  // namespace

TEST_CASE("a restart holds back what a reload would hold back", "[server]") {
  Restart restart;
  CHECK(restart.in_use(with(restart.new_one)) == restart.old_one.certificate_pem);
  CHECK(restart.started.identities[0].private_key_pem == restart.old_one.private_key_pem);
  CHECK(restart.waiting.size() == 1);
  // And the next restart too.
  CHECK(restart.in_use(with(restart.new_one)) == restart.old_one.certificate_pem);
}

TEST_CASE("a restart takes a new certificate at once when it is told to", "[server]") {
  Restart restart;
  Config config = with(restart.new_one);
  const bool keep = GENERATE(false, true);
  config.chain.keep_certificate = keep;
  config.chain.wait_for_tlsa = !keep;
  CHECK(restart.in_use(config) == restart.new_one.certificate_pem);
  CHECK(restart.waiting.empty());
  // No key is left behind.
  CHECK_FALSE(std::filesystem::exists(restart.file()));
}

TEST_CASE("the certificate in use is kept where its owner alone can read it", "[server]") {
  Restart restart;
  struct stat found {};
  REQUIRE(::stat(restart.file().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  const auto loaded = CertificateStore(restart.directory).load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->certificates == certificates_in_use(with(restart.old_one)));
}

TEST_CASE("a certificate without a port is not copied", "[server]") {
  Restart restart;
  Config config = with(restart.old_one);
  config.identities[0].services.clear();
  CHECK(certificates_in_use(config).empty());
}

TEST_CASE("kept certificates that are damaged are set aside, and the start goes on", "[server]") {
  Restart restart;
  const auto damage = GENERATE(0, 1, 2);
  if (damage == 0) std::ofstream(restart.file()) << "something else\n";
  if (damage == 1) std::filesystem::resize_file(restart.file(), 100);
  if (damage == 2) {
    // Whole, but the key is another one's.
    REQUIRE(CertificateStore(restart.directory)
                .save({{"dot.example", restart.old_one.certificate_pem,
                        restart.new_one.private_key_pem}})
                .has_value());
  }
  CHECK(restart.in_use(with(restart.new_one)) == restart.new_one.certificate_pem);
  CHECK(std::filesystem::exists(restart.file().string() + ".damaged"));
  CHECK(CertificateStore(restart.directory).load()->certificates ==
        certificates_in_use(with(restart.new_one)));
}

TEST_CASE("without a state directory nothing is kept", "[server]") {
  Log log(LogLevel::error);
  CertificateMemory memory("", log);
  const auto made = test::make_certificate("dot.example");
  Config config = with(made);
  memory.remember(config);
  CHECK(memory.restore(config, {}, kNow).empty());
}
