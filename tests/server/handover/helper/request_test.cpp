// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/request.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

namespace {

TcpConnection connection(const char* client, const char* service) {
  return {*Endpoint::parse(client), *Endpoint::parse(service)};
}

const TcpConnection kV4 = connection("198.51.100.7:40000", "192.0.2.53:853");
const TcpConnection kV6 = connection("[2001:db8:7::1]:40000", "[2001:db8::53]:853");
const MacAddress kMac{2, 3, 4, 5, 6, 7};

const std::vector<HelperRequest>& all_requests() {
  static const std::vector<HelperRequest> all{
      CheckRequest{{53, 853}},
      InterfacesRequest{"eth0", "eth1"},
      DumpRequest{},
      RestoreRequest{std::vector(300, std::byte{9})},
      ResumeRequest{},
      ForwardRequest{{{kV4, kMac, 60}, {kV6, kMac, 1}}},
      ForgetRequest{{kV6, kV4}},
  };
  return all;
}

}  // namespace

TEST_CASE("every request to the handover helper survives as octets", "[handover]") {
  for (const HelperRequest& request : all_requests()) {
    CAPTURE(request.index());
    const auto read = decode_request(encode_request(request));
    REQUIRE(read);
    CHECK(*read == request);
  }
}

TEST_CASE("a request that is cut or longer is refused", "[handover]") {
  for (const HelperRequest& request : all_requests()) {
    auto written = encode_request(request);
    for (std::size_t size = 0; size < written.size(); ++size) {
      CAPTURE(request.index(), size);
      CHECK_FALSE(decode_request(ByteView(written).first(size)));
    }
    written.push_back({});
    CHECK_FALSE(decode_request(written));
  }
}

TEST_CASE("a request that cannot be is refused", "[handover]") {
  const std::string long_name(16, 'x');
  const std::vector<HelperRequest> impossible{
      ForwardRequest{std::vector(kMostForwards + 1, Forward{kV4, kMac, 60})},
      ForwardRequest{{{kV4, kMac, 0}}},
      ForwardRequest{{{{kV4.client, kV6.service}, kMac, 60}}},
      ForgetRequest{std::vector(kMostForwards + 1, kV4)},
      InterfacesRequest{long_name, "eth0"},
      InterfacesRequest{"eth0", std::string("a\0b", 3)},
      RestoreRequest{std::vector<std::byte>(kMostState + 1)},
      CheckRequest{std::vector<std::uint16_t>(65)},
  };
  for (std::size_t i = 0; i < impossible.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(decode_request(encode_request(impossible[i])));
  }
  CHECK_FALSE(decode_request(std::vector{std::byte{7}}));
  CHECK_FALSE(decode_request({}));
}

TEST_CASE("an answer of the handover helper survives as octets", "[handover]") {
  const auto done = decode_answer(encode_answer(std::vector(5, std::byte{3})));
  REQUIRE(done);
  CHECK(*done == std::vector(5, std::byte{3}));
  const auto failed = decode_answer(encode_answer(failure("no such thing", 2)));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().context == "no such thing");
  CHECK(failed.error().system == 2);
}

TEST_CASE("an answer of the handover helper that is not whole is an error", "[handover]") {
  auto written = encode_answer(failure("no such thing", 2));
  for (std::size_t size = 0; size < written.size(); ++size) {
    CAPTURE(size);
    const auto read = decode_answer(ByteView(written).first(size));
    REQUIRE_FALSE(read);
    CHECK(read.error().context.find("not whole") != std::string::npos);
  }
  CHECK_FALSE(decode_answer(std::vector{std::byte{2}}));
}
