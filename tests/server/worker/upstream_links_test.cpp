// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/upstream_links.hpp"

#include <catch2/catch.hpp>
#include <optional>

#include "support/fake_io.hpp"
#include "support/scripted_upstream.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

struct Asker final : QueryOwner {
  void on_answer(const Answer&) override { answered = true; }
  void on_failure(const Query&, QueryFailure why) override { failed = why; }
  bool answered = false;
  std::optional<QueryFailure> failed;
};

struct Noted final : UpstreamObserver {
  void on_upstream_state(std::size_t, UpstreamState, std::string_view why) override {
    reason = why;
  }
  std::string reason;
};

/// Links and their pool on a loop without sockets.
struct Links {
  Links() { links.serve(pool); }
  ~Links() { pool.cancel(asker); }
  /// Submits a question; the connection that it opens, if any.
  std::shared_ptr<FakePeer> ask() {
    const Octets message = query(1, "host.example");
    static_cast<void>(pool.submit(asker, Query{message, check_query(message).shape}, loop.now()));
    turn();
    return loop.connections.empty() ? nullptr : loop.connections.back();
  }
  void turn() {
    loop.turn();
    pool.flush();
    links.end_turn();
  }

  FakeLoop loop;
  SeededIds ids;
  UpstreamCounters counters;
  Noted noted;
  UpstreamLinks links{loop, {*Endpoint::parse("192.0.2.1:53")}};
  UpstreamPool pool{UpstreamSettings{}, links, ids, counters, &noted};
  Asker asker;
};

}  // namespace

TEST_CASE("a question goes to the resolver once the link is connected", "[worker]") {
  Links links;
  const auto resolver = links.ask();
  REQUIRE(resolver);
  CHECK(resolver->address.text() == "192.0.2.1:53");
  CHECK(resolver->sent.empty());
  resolver->connect();
  links.turn();
  const auto sent = unframed(std::as_bytes(std::span(resolver->sent)));
  REQUIRE(sent.size() == 1);
  const Octets answer = framed(answer_to(sent[0]));
  resolver->send({reinterpret_cast<const char*>(answer.data()), answer.size()});
  links.turn();
  CHECK(links.asker.answered);
}

TEST_CASE("a resolver's end and a broken link are told with their reasons", "[worker]") {
  Links links;
  const auto resolver = links.ask();
  REQUIRE(resolver);
  const bool polite = GENERATE(true, false);
  if (polite) {
    resolver->connect();
    links.turn();
    resolver->finish();
  } else {
    resolver->reset({"connection refused", 111});
  }
  links.turn();
  CHECK(links.noted.reason == (polite ? "closed by the resolver" : "connection refused"));
  CHECK(resolver->closed);
}

TEST_CASE("a link that cannot be made, for want of descriptors or memory, is tried again later",
          "[worker]") {
  Links links;
  links.loop.refuses = Error{"too many open files", 24};
  CHECK_FALSE(links.ask());
  CHECK(links.loop.connections.empty());
  links.loop.refuses.reset();
  links.loop.advance(Milliseconds{1'000});
  links.pool.on_time(links.loop.now());
  links.turn();
  CHECK(links.loop.connections.size() >= 1);
}
