// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/reload.hpp"

#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;

namespace {

/// A reload whose parts fail as the test wants.
struct Attempt {
  [[nodiscard]] Result<PreparedReload> prepare(const Config& next) {
    return prepare_reload(next, {config, chains, dnschain::WallTime{},
                                 [this](const Config& with) -> Result<Workers::Contexts> {
                                   contexts_for = with.server.workers;
                                   if (!no_context.empty()) return failure(no_context);
                                   return Workers::Contexts(2);
                                 },
                                 [this](const Config&) -> Result<std::vector<ListeningSockets>> {
                                   bound = true;
                                   if (!no_socket.empty()) return failure(no_socket, 24);
                                   return std::vector<ListeningSockets>(1);
                                 }});
  }

  Config config;
  dnschain::ChainTable chains{{}};
  std::string no_context;
  std::string no_socket;
  unsigned contexts_for = 0;
  bool bound = false;
};

}  // namespace

TEST_CASE("a reload gets all that can fail before anything is changed", "[server]") {
  Attempt it;
  const auto prepared = it.prepare(it.config);
  REQUIRE(prepared);
  CHECK(prepared->contexts.size() == 2);
  CHECK(prepared->added.size() == 1);
  CHECK(prepared->kept.empty());
  CHECK(prepared->held.empty());
}

TEST_CASE("without memory for a context there is no reload, and no socket is bound for it",
          "[server]") {
  Attempt it;
  it.no_context = "out of memory";
  const auto prepared = it.prepare(it.config);
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().context == "out of memory");
  CHECK_FALSE(it.bound);
}

TEST_CASE("without descriptors for a new address there is no reload", "[server]") {
  Attempt it;
  it.no_socket = "cannot listen on 192.0.2.1:853: socket: Too many open files";
  const auto prepared = it.prepare(it.config);
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().context == it.no_socket);
  CHECK(prepared.error().system == 24);
}

TEST_CASE("what a reload cannot change stays, and is named", "[server]") {
  Attempt it;
  it.config.server.workers = 3;
  Config next = it.config;
  next.server.workers = 5;
  next.server.backlog = 7;
  next.chain.state_directory = "elsewhere";
  next.limits.connections = 9;
  const auto prepared = it.prepare(next);
  REQUIRE(prepared);
  CHECK(prepared->kept == "server.workers, server.backlog, chain.state_directory");
  CHECK(prepared->config.server.workers == 3);
  CHECK(prepared->config.server.backlog == it.config.server.backlog);
  CHECK(prepared->config.chain.state_directory.empty());
  CHECK(prepared->config.limits.connections == 9);
  CHECK(it.contexts_for == 3);
}

TEST_CASE("all that is wrong in a configuration keeps it from being reloaded", "[server]") {
  const test::TempDir files;
  CHECK(load_for_reload(files.path("none.toml")).error().size() == 1);
  files.write("bad.toml", "[server]\nlisten = ['127.0.0.1:0']\nworkers = 0\nunknown = 1\n");
  const auto loaded = load_for_reload(files.path("bad.toml"));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().size() >= 3);
}
