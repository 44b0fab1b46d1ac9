// SPDX-License-Identifier: GPL-3.0-or-later
//
// Command line, check of a configuration and start of mooringd, as its operator sees them.
#include <catch2/catch.hpp>
#include <csignal>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

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
