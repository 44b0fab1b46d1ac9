// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/listening.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

using namespace mooring::server;

namespace {

const Endpoint kAny = *Endpoint::parse("127.0.0.1:0");

struct Served {
  std::vector<std::string> told;
  Listening listening{{[this](const ListeningSockets& at) {
                         told.push_back("listen with " + std::to_string(at.sockets.size()));
                       },
                       [this](const Endpoint& bound) { told.push_back("stop " + bound.text()); }}};
};

/// While it lives the process gets no descriptor more.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{3, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("nobody is let in before the addresses are opened", "[server]") {
  Served it;
  REQUIRE(it.listening.bind({kAny, kAny}, 2));
  CHECK(it.told.empty());
  CHECK(it.listening.text().find(',') != std::string::npos);
  REQUIRE(it.listening.open(8));
  CHECK(it.told == std::vector<std::string>{"listen with 2", "listen with 2"});
}

TEST_CASE("addresses come and go with what is configured", "[server]") {
  Served it;
  REQUIRE(it.listening.bind({kAny}, 1));
  REQUIRE(it.listening.open(8));
  const std::string first = it.listening.text();
  const Endpoint other = *Endpoint::parse("127.0.0.2:0");
  auto added = it.listening.prepare({kAny, other}, 1, 8);
  REQUIRE(added);
  REQUIRE(added->size() == 1);
  it.told.clear();
  it.listening.change({kAny, other}, std::move(*added));
  CHECK(it.told == std::vector<std::string>{"listen with 1"});
  it.told.clear();
  it.listening.change({other}, {});
  CHECK(it.told == std::vector<std::string>{"stop " + first});
  CHECK_THAT(it.listening.text(), Catch::StartsWith("127.0.0.2:"));
}

TEST_CASE("without descriptors for a new address the old ones stay", "[server]") {
  Served it;
  REQUIRE(it.listening.bind({kAny}, 1));
  REQUIRE(it.listening.open(8));
  const std::string before = it.listening.text();
  it.told.clear();
  Result<std::vector<ListeningSockets>> added;
  {
    const NoDescriptors none;
    added = it.listening.prepare({kAny, *Endpoint::parse("127.0.0.2:0")}, 1, 8);
  }
  REQUIRE_FALSE(added);
  CHECK(added.error().context ==
        "cannot listen on 127.0.0.2:0: socket: Too many open files; what was in use before goes "
        "on");
  CHECK(it.listening.text() == before);
  CHECK(it.told.empty());
}

TEST_CASE("without descriptors at the start the address is named", "[server]") {
  Served it;
  Result<void> bound;
  {
    const NoDescriptors none;
    bound = it.listening.bind({kAny}, 1);
  }
  REQUIRE_FALSE(bound);
  CHECK(bound.error().context == "cannot listen on 127.0.0.1:0: socket: Too many open files");
}
