// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/tcp/tcp_state.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

namespace {

std::vector<std::byte> octets(std::size_t size, int first) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::byte>(static_cast<std::size_t>(first) + i);
  return out;
}

TcpState some_state(IpFamily family) {
  const bool v4 = family == IpFamily::v4;
  TcpState state;
  state.local = *Endpoint::parse(v4 ? "192.0.2.53:853" : "[2001:db8::53]:853");
  state.remote = *Endpoint::parse(v4 ? "198.51.100.7:40000" : "[2001:db8:7::1]:40000");
  state.send_next = 0xfffffff0;
  state.receive_next = 17;
  state.send_queue = octets(300, 1);
  state.unsent = 100;
  state.receive_queue = octets(40, 7);
  state.segment_size = 1440;
  state.send_scale = 7;
  state.receive_scale = 14;
  state.selective_acknowledgement = true;
  state.timestamps = v4;
  state.timestamp = 123456789;
  state.windows = {1, 2, 3, 4, 5};
  state.options = {1, 60, 10, 5, 30000};
  return state;
}

}  // namespace

TEST_CASE("a TCP connection's state survives as octets", "[handover]") {
  const TcpState state = some_state(GENERATE(IpFamily::v4, IpFamily::v6));
  const auto written = state.encode();
  CHECK(written.size() <= TcpState::kMostEncoded);
  const auto read = TcpState::decode(written);
  REQUIRE(read);
  CHECK(*read == state);
}

TEST_CASE("a TCP connection's state that is cut or longer is refused", "[handover]") {
  auto written = some_state(GENERATE(IpFamily::v4, IpFamily::v6)).encode();
  for (std::size_t size = 0; size < written.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(TcpState::decode(ByteView(written).first(size)));
  }
  written.push_back({});
  CHECK_FALSE(TcpState::decode(written));
}

TEST_CASE("a TCP connection's state of another version is refused", "[handover]") {
  auto written = some_state(IpFamily::v4).encode();
  written[0] = std::byte{2};
  const auto read = TcpState::decode(written);
  REQUIRE_FALSE(read);
  CHECK(read.error().context.find("another version") != std::string::npos);
}

TEST_CASE("a TCP connection's state that cannot be is refused", "[handover]") {
  TcpState state = some_state(IpFamily::v6);
  SECTION("more never sent than is queued") {
    state.unsent = 301;
  }
  SECTION("a window scale beyond RFC 7323, 2.3") {
    state.send_scale = 15;
  }
  SECTION("no port") {
    state.remote.port = 0;
  }
  SECTION("a queue beyond the bound") {
    state.send_queue.resize(TcpState::kMostQueued + 1);
  }
  SECTION("IPv4 within IPv6, at either end") {
    auto& endpoint = GENERATE(true, false) ? state.local : state.remote;
    endpoint.address.octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  }
  CHECK_FALSE(TcpState::decode(state.encode()));
}
