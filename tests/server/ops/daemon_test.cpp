// SPDX-License-Identifier: GPL-3.0-or-later
//
// The whole service on loops without a network. Its addresses are bound for real, and no client
// comes.
#include "server/ops/daemon.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "server/io/sockets.hpp"
#include "support/fake_io.hpp"
#include "support/logged.hpp"
#include "support/temp_dir.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kAnchor =
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
constexpr const char* kWithoutChain = "ports = []\n";
constexpr const char* kWithChain = "ports = [853]\n[chain]\ntrust_anchor = 'root.ds'\n";

/// "[server]" with this to listen on, and two workers.
std::string listen_on(const std::string& addresses) {
  return "[server]\nworkers = 2\nlisten = [" + addresses + "]\n";
}

/// A service of its own with the main thread's loop at hand, from before it runs until it is gone.
struct Service {
  /// `identity`: what else there is to its identity, and the tables after it.
  explicit Service(const std::string& identity = kWithoutChain,
                   const std::string& server = listen_on("'127.0.0.1:0'"),
                   const std::string& key = certificate_of(kName).private_key_pem) {
    files.write("root.ds", kAnchor);
    files.write("dot.crt", certificate_of(kName).certificate_pem);
    files.write("dot.key", key);
    std::filesystem::permissions(files.path("dot.key"), std::filesystem::perms::owner_read);
    configure(server, identity);
    auto config = load_config(files.path("mooring.toml"));
    INFO((config ? "" : config.error().front().text()));
    REQUIRE(config);
    logged.log.set_level(config->log.level);
    daemon.emplace(files.path("mooring.toml"), std::move(*config), "1.2.3", logged.log,
                   [this] { return make_loop(); });
  }
  void configure(const std::string& server, const std::string& identity = kWithoutChain) const {
    files.write("mooring.toml", server +
                                    "[upstream]\nservers = ['192.0.2.1:53']\n"
                                    "[[identity]]\nname = 'dot.example.net'\n"
                                    "certificate = 'dot.crt'\nkey = 'dot.key'\n" +
                                    identity);
  }
  std::unique_ptr<Loop> make_loop() {
    if (loops_left-- == 0) throw std::runtime_error("no event loop");
    auto made = std::make_unique<FakeLoop>();
    made->waits = true;
    if (loop == nullptr)
      loop = made.get();
    else if (deaf)
      made->refuses_to_listen = Error{"Too many open files", 24};
    return made;
  }
  /// One step of the main thread's loop after the other, until the service ends by itself.
  int run(std::initializer_list<std::function<void()>> steps) {
    loop->steps.assign(steps);
    return daemon->run();
  }
  /// The same, and SIGTERM then. What is logged before goes to `log`.
  int serve(std::initializer_list<std::function<void()>> steps) {
    loop->steps.assign(steps);
    loop->steps.emplace_back([this] {
      log = logged.take();
      loop->raise(SIGTERM);
    });
    return daemon->run();
  }
  [[nodiscard]] std::function<void()> signal(int number) const {
    return [this, number] { loop->raise(number); };
  }
  [[nodiscard]] bool started() const {
    return logged.out.str().find(" event=start version=") != std::string::npos;
  }

  TempDir files;
  Logged logged;
  FakeLoop* loop = nullptr;
  int loops_left = 3;
  bool deaf = false;  ///< the workers get no descriptors to listen with
  std::string log;
  std::optional<Daemon> daemon;
};

std::size_t count(const std::string& text, const std::string& of) {
  std::size_t out = 0;
  for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++out;
  return out;
}

/// The port of the first address of 127.0.0.1 in a log.
std::string port_in(const std::string& log) {
  const std::string before = "listen=127.0.0.1:";
  const auto from = log.find(before);
  REQUIRE(from != std::string::npos);
  const auto digits = from + before.size();
  return log.substr(digits, log.find_first_not_of("0123456789", digits) - digits);
}

}  // namespace

TEST_CASE("without chains to wait for clients are let in at once", "[server]") {
  Service it;
  const int status = it.serve({[&] { CHECK(it.started()); }});
  CHECK(status == 0);
  CHECK_THAT(it.log, Catch::StartsWith("info event=start version=1.2.3 listen=127.0.0.1:") &&
                         Catch::Contains(" workers=2 identities=1 chains=0 config="));
}

TEST_CASE("clients are let in once, when the chains have settled or have been waited for",
          "[server]") {
  // The resolver answers nothing, so that the chains settle when it has been given up.
  const bool settles = GENERATE(true, false);
  Service it(kWithChain + std::string(settles ? "startup_wait = '60s'\n" : ""));
  const int status = it.serve({[&] {
                                 it.loop->advance(2900ms);
                                 CHECK_FALSE(it.started());
                               },
                               [&] {
                                 it.loop->advance(settles ? 30'000ms : 100ms);
                                 CHECK(it.started());
                               },
                               [&] { it.loop->advance(120s); }});
  CHECK(status == 0);
  CHECK(count(it.log, "event=start version=") == 1);
  const bool failed_first =
      it.log.find("state=refresh_failed") < it.log.find("event=start version=");
  CHECK(failed_first == settles);
}

TEST_CASE("an address that cannot be had ends the start, and is named", "[server]") {
  Service it(kWithoutChain, listen_on("'127.0.0.1:0', '192.0.2.7:0'"));
  CHECK(it.run({}) == 1);
  CHECK(it.logged.take() ==
        "error event=start_failed error=\"cannot listen on 192.0.2.7:0: bind: Cannot assign "
        "requested address\"\n");
}

TEST_CASE("an address that was taken while the chains were waited for ends the start", "[server]") {
  auto taken = bind_socket(*Endpoint::parse("127.0.0.1:0"), false);
  REQUIRE(taken);
  const Endpoint at = *bound_to(*taken);
  *taken = OwnedFd();
  Service it(kWithChain, listen_on("'" + at.text() + "'"));
  const int status = it.run(
      {[&] {
         // Without SO_REUSEPORT, so that it is not to be shared.
         sockaddr_storage address{};
         const unsigned length = at.to(address);
         *taken = OwnedFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
         const int on = 1;
         REQUIRE(setsockopt(taken->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
         REQUIRE(::bind(taken->get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
         REQUIRE(start_listening(*taken, 1));
       },
       [&] { it.loop->advance(3s); }});
  CHECK(status == 1);
  CHECK_THAT(it.logged.take(),
             Catch::Contains("error event=start_failed error=\"cannot listen on " + at.text() +
                             ": Address already in use\"\n") &&
                 Catch::Contains("event=stop status=1\n") &&
                 !Catch::Contains("event=start version="));
}

TEST_CASE("a worker for which there is no loop ends the start", "[server]") {
  Service it;
  it.loops_left = 1;
  CHECK_THROWS_WITH(it.run({}), "no event loop");
  CHECK(it.logged.take().empty());
}

TEST_CASE("a worker for which there is no context ends the start", "[server]") {
  Service it(kWithoutChain, listen_on("'127.0.0.1:0'"), "no key");
  CHECK(it.run({}) == 1);
  const std::string log = it.logged.take();
  CHECK_THAT(log, Catch::StartsWith("error event=start_failed error="));
  CHECK(count(log, "\n") == 1);
}

TEST_CASE("workers that cannot listen are told of, and the service goes on", "[server]") {
  Service it;
  it.deaf = true;
  CHECK(it.serve({}) == 0);
  // A worker's word of it comes before its word that it has drained.
  const std::string all = it.log + it.logged.take();
  CHECK(count(all, "error event=start result=partial error=\"a worker cannot listen on 127.0.0.1:" +
                       port_in(all) + ": Too many open files\"") == 2);
}

TEST_CASE("SIGHUP with a configuration that became bad keeps the old one and says why",
          "[server]") {
  Service it;
  std::string refused;
  const int status =
      it.serve({[&] {
                  it.logged.take();
                  it.configure(listen_on("'127.0.0.2:0', 'nowhere'") + "[log]\nlevel = 'debug'\n");
                },
                it.signal(SIGHUP),
                [&] {
                  refused = it.logged.take();
                  CHECK_FALSE(it.logged.log.writes(LogLevel::debug));
                  it.configure(listen_on("'127.0.0.1:0'"));
                },
                it.signal(SIGHUP)});
  CHECK(status == 0);
  CHECK_THAT(refused, Catch::StartsWith("error event=reload result=refused error=") &&
                          Catch::Contains("mooring.toml:3:") && Catch::Contains("nowhere"));
  CHECK(count(refused, "\n") == 1);
  // The old address is the one that is there, and nothing was opened beside it.
  CHECK_THAT(it.log, Catch::StartsWith("info event=reload result=done listen=127.0.0.1:"));
  CHECK(count(it.log, "127.0.0.") == 1);
}

TEST_CASE("SIGHUP with a good configuration applies it, but for what needs a restart", "[server]") {
  Service it;
  std::string start;
  const int status =
      it.serve({[&] {
                  start = it.logged.take();
                  it.configure(
                      "[server]\nworkers = 3\nlisten = ['127.0.0.1:0', '127.0.0.2:0']\n"
                      "[log]\nlevel = 'debug'\n");
                },
                it.signal(SIGHUP), [&] { CHECK(it.logged.log.writes(LogLevel::debug)); }});
  CHECK(status == 0);
  CHECK_THAT(it.log, Catch::Contains("info event=reload result=done listen=127.0.0.1:" +
                                     port_in(start) + ",127.0.0.2:") &&
                         Catch::EndsWith("warning event=reload result=partial detail=\"a restart "
                                         "is needed for server.workers\"\n"));
}

TEST_CASE("SIGTERM ends the service when its workers have drained", "[server]") {
  Service it;
  const int status = it.run({[&] {
    it.logged.take();
    it.loop->raise(SIGTERM);
    CHECK_FALSE(it.loop->stopped());
  }});
  CHECK(status == 0);
  CHECK(it.loop->stopped());
  const std::string log = it.logged.take();
  CHECK_THAT(log, Catch::StartsWith("info event=stopping connections=0\n") &&
                      Catch::EndsWith("info event=stop status=0\n"));
}

TEST_CASE("a second signal ends the service without waiting for the workers", "[server]") {
  Service it;
  const int status = it.run({[&] {
    it.loop->raise(SIGTERM);
    CHECK_FALSE(it.loop->stopped());
    it.loop->raise(SIGINT);
    CHECK(it.loop->stopped());
  }});
  CHECK(status == 0);
}

TEST_CASE("SIGTERM while the chains are waited for ends the service without a client", "[server]") {
  Service it(kWithChain);
  const int status = it.run({[&] {
    it.loop->raise(SIGTERM);
    CHECK(it.loop->stopped());
  }});
  CHECK(status == 0);
  CHECK_FALSE(it.started());
}
