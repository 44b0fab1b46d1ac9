// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/request.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("the request for a move says where to, and of which clients", "[control]") {
  Request request;
  request.command = "move";
  request.to = "back1";
  request.client = "192.0.2.0/24";
  CHECK(to_line(request) ==
        "{\"v\":1,\"command\":\"move\",\"to\":\"back1\",\"client\":\"192.0.2.0/24\"}\n");
  const auto read = parse_request(to_line(request));
  REQUIRE(read);
  CHECK(read->command == "move");
  CHECK(read->to == "back1");
  CHECK(read->client == "192.0.2.0/24");
}

TEST_CASE("clients that are not understood do not become all clients", "[control]") {
  const std::string client = GENERATE("7", "\"\"", "null", "[]");
  const auto read = parse_request(R"({"v":1,"command":"move","to":"a","client":)" + client + "}");
  REQUIRE_FALSE(read);
  CHECK(read.error().context == "client is no prefix");
}

TEST_CASE("the answer to a move says why sessions stayed, if any did", "[control]") {
  CHECK(answer_line({3, 0.5, 0, ""}) == "{\"v\":1,\"moved\":3,\"seconds\":0.5,\"stayed\":0}\n");
  CHECK(answer_line({3, 0.5, 1, "no room"}) ==
        "{\"v\":1,\"moved\":3,\"seconds\":0.5,\"stayed\":1,\"why\":\"no room\"}\n");
}
