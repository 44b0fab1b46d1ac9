// SPDX-License-Identifier: GPL-3.0-or-later
//
// Start, reload and end of mooringd, as its operator sees them.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "e2e/running_server.hpp"
#include "support/gate.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Answers names that begin with "slow" once `gate` is open.
TcpUpstream::Script slow_for_some(Gate& gate) {
  return [&gate](TcpUpstream::Connection& connection, const Octets& asked) {
    if (asked[13] == std::byte{'s'}) gate.wait();
    TcpUpstream::answer(connection, asked);
  };
}

struct Ended {
  int status;
  std::string output;
};

Ended run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), mooringd_path());
  Process process(std::move(arguments));
  const auto status = process.wait();
  // Its output is complete once the reader has seen the end of the pipe.
  static_cast<void>(process.prints("\x01"));
  return {status.value_or(-1), process.output()};
}

}  // namespace

TEST_CASE("the command line is answered with the right status", "[e2e]") {
  CHECK(run({"--version"}).status == 0);
  CHECK_THAT(run({"--version"}).output, Catch::StartsWith("mooringd "));
  CHECK(run({"--help"}).status == 0);
  CHECK_THAT(run({"--help"}).output, Catch::Contains("usage: mooringd -c FILE"));
  CHECK(run({}).status == 2);
  CHECK(run({"--unknown"}).status == 2);
  CHECK(run({"-c", "a.toml", "b.toml"}).status == 2);
  CHECK(run({"-c", "/nonexistent.toml"}).status == 1);
}

TEST_CASE("-t says whether a configuration is good, down to its certificates", "[e2e]") {
  TempDir files;
  const auto made = make_certificate("dot.example");
  const auto other = make_certificate("dot.example");
  files.write("mooring.toml", server_config(53, ""));
  const std::vector<std::string> arguments{"-t", "-c", files.path("mooring.toml")};
  Ended ended = run(arguments);
  CHECK(ended.status == 1);
  CHECK_THAT(ended.output, Catch::Contains("mooring.toml:6:15: cannot read \"") &&
                               Catch::Contains("mooring.toml:7:7: cannot read \""));
  files.write("dot.crt", made.certificate_pem);
  files.write("dot.key", other.private_key_pem);
  ended = run(arguments);
  CHECK(ended.status == 1);
  CHECK_THAT(ended.output, Catch::Contains("mooring.toml:7:7: "));
  files.write("dot.key", made.private_key_pem);
  ended = run(arguments);
  CHECK(ended.status == 0);
  CHECK_THAT(ended.output, Catch::Contains("the configuration is good"));
  files.write("mooring.toml", server_config(53, "[limits]\nconnection = 3\n"));
  ended = run(arguments);
  CHECK(ended.status == 1);
  CHECK_THAT(ended.output,
             Catch::Contains("mooring.toml:12:1: unknown key limits.connection; did you mean "
                             "connections?"));
}

TEST_CASE("a port that is taken is reported at the start", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer first(upstream.port());
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find(":0'"), 3, ":" + std::to_string(first.port()) + "'");
  first.files().write("second.toml", config);
  const Ended second = run({"-c", first.files().path("second.toml")});
  CHECK(second.status == 1);
  CHECK_THAT(second.output,
             Catch::Contains("cannot listen on 127.0.0.1:" + std::to_string(first.port())));
}

TEST_CASE("a second server with the same state directory is refused", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  const std::string state = "[chain]\nstate_directory = 'state'\n";
  RunningServer first(upstream.port(), state);
  const std::string lock = first.files().path("state") + "/lock: another mooringd (process " +
                           std::to_string(first.process().pid()) + ")";
  const Ended second = run({"-c", first.config_path()});
  CHECK(second.status == 1);
  CHECK_THAT(second.output, Catch::Contains(lock));
  // Its operator looks at the configuration before a reload.
  CHECK(run({"-t", "-c", first.config_path()}).status == 0);
  first.reload(upstream.port(), state);
  REQUIRE(first.process().prints("event=reload result=done"));
  CHECK_THAT(run({"-c", first.config_path()}).output, Catch::Contains(lock));
  // However it ends, the next one starts.
  CHECK(first.stop() == 0);
  Process next({mooringd_path(), "-c", first.config_path()});
  REQUIRE(next.prints("event=start "));
  next.signal(SIGKILL);
  REQUIRE(next.wait());
  Process last({mooringd_path(), "-c", first.config_path()});
  CHECK(last.prints("event=start "));
}

TEST_CASE("what a start would find wrong with the machine, -t finds as well", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  const auto [was, is, wrong] = GENERATE(table<std::string, std::string, std::string>({
      {"'127.0.0.1:0'", "'192.0.2.77:853'", ":2:11: cannot listen on \"192.0.2.77:853\": bind: "},
      {"'127.0.0.1:0'", "'0.0.0.0:PORT'", ":10:12: \"127.0.0.1:PORT\" is taken by \"0.0.0.0:"},
      {"", "chain.state_directory = '/nonexistent/deep'\n",
       "chain.state_directory: \"/nonexistent/deep\" cannot be made: No such file"},
  }));
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find(was), was.size(), is);
  std::string error = wrong;
  for (std::string* text : {&config, &error}) {
    const auto at = text->find("PORT");
    if (at != std::string::npos) text->replace(at, 4, std::to_string(upstream.port()));
  }
  server.files().write("other.toml", config);
  for (const bool test : {true, false}) {
    std::vector<std::string> arguments{"-c", server.files().path("other.toml")};
    if (test) arguments.insert(arguments.begin(), "-t");
    const Ended ended = run(arguments);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.output, Catch::Contains("other.toml:") && Catch::Contains(error));
  }
  if (error.find("is taken by") != std::string::npos) {
    server.files().write("mooring.toml", config);
    server.process().signal(SIGHUP);
    CHECK(server.process().prints("event=reload result=refused error="));
    CHECK(server.process().prints("it would ask itself"));
  }
  // The service itself is in nobody's way.
  config = server_config(upstream.port(), "");
  config.replace(config.find(":0'"), 3, ":" + std::to_string(server.port()) + "'");
  server.files().write("same.toml", config);
  CHECK(run({"-t", "-c", server.files().path("same.toml")}).status == 0);
  CHECK(server.stop() == 0);
}

TEST_CASE("at the end what is in flight is answered, and every session closed properly", "[e2e]") {
  Gate gate;
  TcpUpstream upstream(slow_for_some(gate));
  RunningServer server(upstream.port());
  OpensslDotClient idle(server.port());
  OpensslDotClient busy(server.port());
  busy.send(framed(query(1, "slow.example")));
  REQUIRE(upstream.has_had(0));
  REQUIRE(server.counts("queries", "forwarded", 1));
  server.process().signal(SIGTERM);
  CHECK(idle.wait_for_end() == TlsEnd::close_notify);
  CHECK_THROWS(TcpPeer(server.port()));
  gate.open();
  const auto answer = busy.receive();
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(1, "slow.example")));
  CHECK(busy.wait_for_end() == TlsEnd::close_notify);
  CHECK(server.process().wait() == 0);
  CHECK(server.process().prints("event=stop status=0"));
}

TEST_CASE("the end does not wait for ever", "[e2e]") {
  TcpUpstream upstream([](TcpUpstream::Connection&, const Octets&) {});
  RunningServer server(upstream.port());
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("workers"), 0, "drain_time = '300ms'\n");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  REQUIRE(server.process().prints("event=reload result=done"));
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  const auto began = std::chrono::steady_clock::now();
  CHECK(server.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - began < 6s);
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
}

TEST_CASE("a second signal ends it at once", "[e2e]") {
  TcpUpstream upstream([](TcpUpstream::Connection&, const Octets&) {});
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  server.process().signal(SIGINT);
  REQUIRE(server.process().prints("event=stopping"));
  server.process().signal(SIGINT);
  CHECK(server.process().wait(5s) == 0);
}

TEST_CASE("a reload brings a new certificate and drops nobody", "[e2e]") {
  Gate gate;
  TcpUpstream upstream(slow_for_some(gate));
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  old.send(framed(query(1, "slow.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  const auto renewed = make_certificate("renewed.example");
  server.reload(upstream.port(), "", &renewed);
  REQUIRE(server.process().prints("event=reload result=done"));
  CHECK(OpensslDotClient(server.port()).certificate_name() == "renewed.example");
  gate.open();
  CHECK(old.receive());
  CHECK(old.ask(query(2, "a.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a bad new configuration is refused and the old one goes on", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  const std::string name = OpensslDotClient(server.port()).certificate_name();
  server.reload(upstream.port(), "[limits]\nidle_timeout = 3\n");
  CHECK(server.process().prints("event=reload result=refused error=\"" + server.config_path() +
                                ":12:16: limits.idle_timeout: expected a duration"));
  auto mixed = make_certificate("mixed.example");
  mixed.private_key_pem = make_certificate("mixed.example").private_key_pem;
  server.reload(upstream.port(), "", &mixed);
  CHECK(server.process().prints("event=reload result=refused", 2));
  CHECK(OpensslDotClient(server.port()).certificate_name() == name);
  CHECK(old.ask(query(1, "a.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload changes the resolver, and queries in flight go to the new one", "[e2e]") {
  TcpUpstream silent([](TcpUpstream::Connection&, const Octets&) {});
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(silent.port());
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(silent.has_had(1));
  server.reload(upstream.port());
  const auto answer = client.receive(4s);
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(1, "a.example")));
}

TEST_CASE("a reload opens new listening addresses and closes old ones", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  std::uint16_t other = 0;
  { other = TcpUpstream(TcpUpstream::answer).port(); }
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("'127.0.0.1:0'"), 13, "'127.0.0.1:" + std::to_string(other) + "'");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  REQUIRE(server.process().prints("event=reload result=done listen=127.0.0.1:" +
                                  std::to_string(other)));
  CHECK(OpensslDotClient(other).ask(query(1, "a.example")));
  CHECK_THROWS(TcpPeer(server.port()));
  CHECK(old.ask(query(2, "a.example")));
  CHECK(server.stop() == 0);
}

namespace {

/// Whether a client gets an answer; one that was waiting at a socket just closed tries again.
bool served(std::uint16_t port) {
  for (int tries = 0; tries < 50; ++tries) {
    try {
      return OpensslDotClient(port).ask(query(1, "a.example")).has_value();
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(10ms);
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a reload from one address to all of them on the same port", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  std::uint16_t port = 0;
  { port = TcpUpstream(TcpUpstream::answer).port(); }
  const auto listening_on = [&](const std::string& address) {
    std::string config = server_config(upstream.port(), "");
    return config.replace(config.find("127.0.0.1:0"), 11, address + ":" + std::to_string(port));
  };
  RunningServer server(upstream.port());
  for (const char* address : {"127.0.0.1", "0.0.0.0", "127.0.0.1"}) {
    server.files().write("mooring.toml", listening_on(address));
    server.process().signal(SIGHUP);
    INFO(address << '\n' << server.process().output());
    REQUIRE(server.process().prints("event=reload result=done listen=" + std::string(address)));
    CHECK(served(port));
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("the number of workers needs a restart, and the log says so", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("workers = 1"), 11, "workers = 2");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  CHECK(server.process().prints("detail=\"a restart is needed for server.workers\""));
  CHECK(OpensslDotClient(server.port()).ask(query(1, "a.example")));
}

TEST_CASE("a reload names what needs a restart, and not what is as it runs again", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  const std::string chain = "[chain]\nstate_directory = ";
  RunningServer server(upstream.port(), chain + "'one'\n");
  const std::string partial = "event=reload result=partial";
  std::size_t reloads = 0;
  for (const char* directory : {"'two'\n", "'one'\n"}) {
    server.files().write("mooring.toml", server_config(upstream.port(), chain + directory));
    server.process().signal(SIGHUP);
    CHECK(server.process().prints("event=reload result=done", ++reloads));
  }
  CHECK(server.process().prints("a restart is needed for chain.state_directory"));
  CHECK(server.stop() == 0);
  CHECK_FALSE(server.process().prints(partial, 2, std::chrono::milliseconds{0}));
}

TEST_CASE("several workers share a port, IPv6 has its own", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  TempDir files;
  const auto made = make_certificate("dot.example");
  files.write("dot.crt", made.certificate_pem);
  files.write("dot.key", made.private_key_pem);
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("['127.0.0.1:0']\nworkers = 1"), 27, "['[::1]:0']\nworkers = 3");
  files.write("mooring.toml", config);
  Process process({mooringd_path(), "-c", files.path("mooring.toml")});
  REQUIRE(process.prints("event=start "));
  OpensslDotOptions options;
  options.address = "::1";
  const auto port = port_in(process.output());
  for (int i = 0; i < 20; ++i) CHECK(OpensslDotClient(port, options).ask(query(1, "a.example")));
}

TEST_CASE("when files run out the server says so and lives on", "[e2e]") {
  if (kSanitizerNeedsFiles) return;
  TcpUpstream upstream(TcpUpstream::answer);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{100, 100};
  RunningServer server(upstream.port());
  REQUIRE(prlimit(server.process().pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::vector<TcpPeer> peers;
  for (int i = 0; i < 150; ++i) peers.emplace_back(server.port());
  Received last = Received::nothing;
  CHECK(peers.back().receive_all(last, 10s).empty());
  CHECK(last == Received::end);
  // Those it had no file for were turned away; a reload can read its files again as soon as the
  // server has noticed that its clients are gone.
  peers.clear();
  bool reloaded = false;
  for (int tries = 0; tries < 50 && !reloaded; ++tries) {
    server.process().signal(SIGHUP);
    reloaded = server.process().prints("event=reload result=done", 1, 200ms);
  }
  CHECK(reloaded);
  CHECK(server.process().prints("event=few_files open_files=100"));
  CHECK(OpensslDotClient(server.port()).ask(query(1, "a.example")));
  CHECK(server.stop() == 0);
}
