// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/loader.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "support/openssl_server.hpp"

using namespace mooring::benchmark;
using mooring::test::OpensslServer;
using mooring::test::ServerBehaviour;

namespace {

LoaderOptions options_for(std::uint16_t port, Mode mode) {
  LoaderOptions options;
  options.mode = mode;
  options.target = parse_address("127.0.0.1:" + std::to_string(port)).value();
  options.server_name = "dot.example";
  options.query = "www.example";
  options.connections = 12;
  options.concurrency = 3;
  options.sources = 4;
  options.time_limit = std::chrono::seconds{20};
  options.hold = std::chrono::seconds{1};
  return options;
}

Report run(const LoaderOptions& options) {
  Loader loader(options);
  return loader.run([](std::size_t) {});
}

}  // namespace

TEST_CASE("the loader counts full handshakes and the chains that came with them", "[loader]") {
  const bool tls12 = GENERATE(false, true);
  CAPTURE(tls12);
  OpensslServer server(ServerBehaviour{.chain = std::vector<unsigned char>(3000, 7)});
  auto options = options_for(server.port(), Mode::full);
  options.tls12 = tls12;
  options.chain_port = 853;
  options.require_chain = true;
  const Report report = run(options);
  CHECK(report.completed == 12);
  CHECK(report.failed == 0);
  CHECK(report.resumed == 0);
  CHECK(report.chains == 12);
  CHECK(report.chain_octets == 3000);
  CHECK(report.durations.size() == 12);
}

TEST_CASE("the loader resumes every session but the first", "[loader]") {
  const bool tls12 = GENERATE(false, true);
  const bool asks = GENERATE(false, true);
  CAPTURE(tls12, asks);
  OpensslServer server(ServerBehaviour{.chain = std::vector<unsigned char>(10, 7)});
  auto options = options_for(server.port(), Mode::resumed);
  options.tls12 = tls12;
  options.chain_port = 853;
  options.require_chain = true;
  if (!asks) options.query.clear();
  const Report report = run(options);
  CHECK(report.completed == 13);
  CHECK(report.failed == 0);
  CHECK(report.resumed == 12);
  CHECK(report.chains == 1);  // RFC 9102, 6: none when resumed
}

TEST_CASE("the loader reports what a server fails to do", "[loader]") {
  struct Case {
    const char* what;
    Mode mode;
    ServerBehaviour behaviour;
    const char* failure;
    std::size_t failed;
  };
  const Case cases[] = {
      {"no chain", Mode::full, {}, "no chain came", 12},
      {"an error in place of an answer",
       Mode::full,
       {.chain = {1}, .rcode = 2},
       "answer: RCODE 2",
       12},
      {"no answer",
       Mode::full,
       {.chain = {1}, .answers = false},
       "answer: closed by the server",
       12},
      {"an end to a connection that should be idle",
       Mode::idle,
       {.chain = {1}, .closes_after_answer = true},
       "idle: closed by the server",
       12},
      {"no ticket",
       Mode::resumed,
       {.chain = {1}, .tickets = false, .closes_after_answer = true},
       "ticket: closed by the server",
       1},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    OpensslServer server(one.behaviour);
    auto options = options_for(server.port(), one.mode);
    options.chain_port = 853;
    options.require_chain = true;
    const Report report = run(options);
    CHECK(report.failed == one.failed);
    CHECK(report.completed == 0);
    REQUIRE(report.failures.size() == 1);
    CHECK(report.failures.begin()->first == one.failure);
  }
}

TEST_CASE("the loader holds idle connections and says when they are open", "[loader]") {
  OpensslServer server(ServerBehaviour{});
  auto options = options_for(server.port(), Mode::idle);
  options.connections = 1;  // the server takes one at a time
  Loader loader(options);
  std::size_t open = 0;
  const Report report = loader.run([&](std::size_t ready) { open = ready; });
  CHECK(open == 1);
  CHECK(report.completed == 1);
  CHECK(report.failed == 0);
}

TEST_CASE("the loader gives up at its time limit", "[loader]") {
  OpensslServer server(ServerBehaviour{});
  auto options = options_for(server.port(), Mode::idle);
  options.connections = 3;  // the second waits for the first to go
  options.time_limit = std::chrono::seconds{1};
  const Report report = run(options);
  CHECK(report.completed == 1);
  CHECK(report.failed == 2);
  CHECK(report.failures == std::map<std::string, std::size_t>{{"time limit", 2}});
}

TEST_CASE("the loader reports a server that is not there", "[loader]") {
  std::uint16_t port = 0;
  {
    OpensslServer server(ServerBehaviour{});
    port = server.port();
  }
  const Report report = run(options_for(port, Mode::full));
  CHECK(report.failed == 12);
  CHECK(report.completed == 0);
}
