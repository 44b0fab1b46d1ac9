// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/loader_options.hpp"

#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "tools/benchmark/connection.hpp"

using namespace mooring::benchmark;

namespace {

ParsedOptions parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mooring-loader");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace

TEST_CASE("the loader takes addresses with a port and nothing else", "[loader]") {
  const auto v4 = parse_address("127.0.0.1:853");
  REQUIRE(v4);
  REQUIRE(v4->length == sizeof(sockaddr_in));
  sockaddr_in address{};
  std::memcpy(&address, &v4->storage, sizeof address);
  CHECK(address.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  CHECK(ntohs(address.sin_port) == 853);

  const auto v6 = parse_address("[::1]:10853");
  REQUIRE(v6);
  CHECK(v6->storage.ss_family == AF_INET6);

  for (const char* bad : {"", ":853", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "localhost:853"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_address(bad));
  }
}

TEST_CASE("the loader's options become what it is asked to do", "[loader]") {
  const auto parsed = parse({"resumed", "127.0.0.1:853", "--name", "dot.example", "--chain-port",
                             "853", "--require-chain", "--query", "www.example", "--tls12",
                             "--connections", "10", "--concurrency", "2", "--time-limit", "3"});
  REQUIRE_FALSE(parsed.exit_status);
  const LoaderOptions& options = parsed.options;
  CHECK(options.mode == Mode::resumed);
  CHECK(options.server_name == "dot.example");
  CHECK(options.chain_port == 853);
  CHECK(options.require_chain);
  CHECK(options.query == "www.example");
  CHECK(options.tls12);
  CHECK(options.connections == 10);
  CHECK(options.concurrency == 2);
  CHECK(options.time_limit == std::chrono::seconds{3});
}

TEST_CASE("the loader refuses options that mean nothing", "[loader]") {
  const std::vector<std::vector<const char*>> cases = {
      {},
      {"full"},
      {"sideways", "127.0.0.1:853"},
      {"full", "localhost:853"},
      {"full", "127.0.0.1:853", "--connections", "0"},
      {"full", "127.0.0.1:853", "--chain-port", "853"},  // RFC 9102, 2.1: not without SNI
      {"full", "127.0.0.1:853", "--chain-port", "65536", "--name", "dot.example"},
      {"full", "127.0.0.1:853", "--name", "dot.example", "--require-chain"},
      {"full", "127.0.0.1:853", "--sources", "251"},
  };
  for (const auto& arguments : cases) {
    CAPTURE(arguments);
    CHECK(parse(arguments).exit_status == 2);
  }
}

TEST_CASE("the loader's question is a whole DNS message with its length in front", "[loader]") {
  const auto question = make_question("www.example");
  REQUIRE(question.size() == 2 + 12 + 13 + 4);
  CHECK(std::to_integer<int>(question[1]) == 12 + 13 + 4);
  CHECK(std::to_integer<int>(question[7]) == 1);  // QDCOUNT
  CHECK_THROWS_AS(make_question("no..name"), std::runtime_error);
}
