// SPDX-License-Identifier: GPL-3.0-or-later
//
// One connection on a loop without sockets, with a real session: when it ends, and how.
#include "server/worker/client_connection.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <utility>

#include "support/fake_io.hpp"
#include "support/library_memory.hpp"
#include "support/loop_client.hpp"
#include "support/worker_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

const Endpoint kClient = *Endpoint::parse("198.51.100.7:40007");
const std::string kNoTls = "GET / HTTP/1.1\r\n\r\n";  // is answered with an alert
constexpr std::size_t kAlert = 7;
/// What is thrown away after the end.
constexpr std::size_t kMostThrownAway = 1U << 20U;

/// Keeps what it is told, in order, and does nothing on its own.
struct Host final : ConnectionHost {
  void session_opened(ClientConnection&) override {}
  void session_ended(ClientConnection& connection) override {
    told += "ended ";
    ended = &connection;
  }
  void handshake_failed(ClientConnection& connection, const HandshakeFailure& why) override {
    told += "failed ";
    failure = connection.client().text() + ": " + std::string(why.reason);
  }
  void end_within(ClientConnection&, EndWait why) override {
    told += why == EndWait::sending ? "sending " : "lingering ";
  }
  void done(ClientConnection&) override { told += "done "; }
  std::string news() { return std::exchange(told, {}); }

  std::string told;
  std::string failure;
  ClientConnection* ended = nullptr;  ///< whose session is to be dropped
};

/// A connection whose worker drops sessions at the end of the turn, as it should, but keeps the
/// connection.
struct Connected {
  explicit Connected(SessionSettings sessions = {}) : worker(sessions) {
    worker.now = loop.now();
    loop.at_end_of_turn([this] { end_turn(); });
  }
  void begin() {
    auto admitted = admission.admit({kClient});
    REQUIRE(admitted);
    connection->begin(worker.group, *worker.context, std::move(*admitted));
  }
  /// Until the client may ask.
  void open() {
    begin();
    client.run();
    REQUIRE(client.open());
    REQUIRE(host.news().empty());
  }
  /// Sends so many queries.
  void ask(unsigned count) {
    for (unsigned i = 0; i < count; ++i) client.ask(edns_query(i, host_of(i)));
    client.run();
  }
  void end_turn() {
    worker.turn();
    if (auto* const one = std::exchange(host.ended, nullptr)) one->drop_session();
  }

  WorkerFixture worker;
  ClientLimits limits{ClientLimitSettings{}};
  AdmissionControl admission{limits, {}, worker.counters.connections};
  FakeLoop loop;
  Host host;
  std::optional<ClientConnection> connection;
  std::unique_ptr<Listener> listener;
  std::shared_ptr<FakePeer> peer = arrive();
  LoopClient client{loop, peer};

 private:
  std::shared_ptr<FakePeer> arrive() {
    listener = *loop.listen(OwnedFd(), 8, [this](Result<std::unique_ptr<Stream>> stream) {
      connection.emplace(loop, host, std::move(*stream));
    });
    return loop.arrive(kClient);
  }
};

enum class When { handshaking, open, sending, lingering, over };

/// Brings a connection into a state by what its client does; the host's news are read.
void bring(Connected& it, When when) {
  if (when == When::open) return it.open();
  it.begin();
  if (when == When::handshaking) return;
  if (when == When::sending) it.peer->room = 3;
  it.peer->send(kNoTls);
  it.loop.turn();
  if (when == When::over) it.connection->end();
  const std::string told = it.host.news();
  REQUIRE(told == (when == When::sending     ? "failed ended sending "
                   : when == When::lingering ? "failed ended lingering "
                                             : "failed ended lingering done "));
}

std::size_t count_of(const std::string& what, const std::string& in) {
  std::size_t count = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a connection without memory for a session is done with, and gives its place back",
          "[worker]") {
  std::size_t failed = 0;
  for (bool enough = false; !enough; ++failed) {
    INFO("allocation " << failed);
    Connected it;
    const LibraryMemory memory(failed);
    it.begin();
    enough = !memory.failed();
    CHECK(it.host.news() == (enough ? "" : "done "));
    CHECK(it.peer->reading == enough);
    CHECK(it.peer->sent.empty());
    CHECK(it.worker.group.size() == (enough ? 1 : 0));
    CHECK(it.limits.connections() == 1);
    it.loop.turn();
    it.connection.reset();
    CHECK(it.limits.connections() == 0);
    CHECK(it.peer->closed);
    REQUIRE(memory.live() == 0);
  }
  CHECK(failed > 3);
}

TEST_CASE("FIN and reset end a connection in the way of its state", "[worker]") {
  const auto [when, resets, told] = GENERATE(table<When, bool, std::string>({
      {When::handshaking, false, "failed ended done "},
      {When::handshaking, true, "failed ended done "},
      {When::open, false, "ended done "},
      {When::open, true, "ended done "},
      {When::sending, false, ""},  // the client may still read
      {When::sending, true, "done "},
      {When::lingering, false, "done "},
      {When::lingering, true, "done "},
      {When::over, false, ""},
      {When::over, true, ""},
  }));
  Connected it;
  bring(it, when);
  INFO(static_cast<int>(when) << (resets ? " reset" : " FIN"));
  resets ? it.peer->reset() : it.peer->finish();
  it.loop.turn();
  std::string all = it.host.news();
  CHECK(all == told);
  if (when == When::open) {
    it.client.run();
    CHECK(it.client.open() == resets);  // a close_notify, unless nobody is there
  }
  // Whatever comes then, it is over once.
  it.peer->take(1000);
  it.peer->finish();
  it.loop.turn();
  it.peer->reset();
  it.loop.turn();
  it.connection->end();
  all += it.host.news();
  CHECK(count_of("done", all) == (when == When::over ? 0 : 1));
  CHECK(count_of("ended", all) == (when == When::handshaking || when == When::open ? 1 : 0));
  CHECK_FALSE(it.peer->reading);
}

TEST_CASE("the last octets are sent before FIN, and without it when the client has sent its own",
          "[worker]") {
  const bool finished = GENERATE(false, true);
  INFO("finished " << finished);
  Connected it;
  bring(it, When::sending);
  CHECK(it.host.failure.starts_with("198.51.100.7:40007: "));
  if (finished) it.peer->finish();
  it.loop.turn();
  it.peer->take(1);
  CHECK(it.host.news().empty());
  CHECK_FALSE(it.peer->shut);
  it.peer->take(1000);
  CHECK(it.peer->sent.size() == kAlert);
  CHECK(it.host.news() == (finished ? "done " : "lingering "));
  CHECK(it.peer->shut == !finished);
  it.connection->end();
  CHECK(it.host.news() == (finished ? "" : "done "));
  CHECK_FALSE(it.peer->reading);
}

TEST_CASE("what a client sends after the end is thrown away, up to a bound", "[worker]") {
  const auto when = GENERATE(When::sending, When::lingering);
  const std::size_t piece = kMostThrownAway / GENERATE(1U, 64U);
  INFO(static_cast<int>(when) << ", pieces of " << piece);
  Connected it;
  bring(it, when);
  for (std::size_t sent = 0; sent < kMostThrownAway; sent += piece) {
    // Counted together, before FIN and after it.
    if (sent == kMostThrownAway / 2) it.peer->take(1000);
    it.peer->send(std::string(piece, 'x'));
    it.loop.turn();
  }
  const bool half_way = when == When::sending && piece < kMostThrownAway;
  CHECK(it.host.news() == (half_way ? "lingering " : ""));
  it.peer->send("x");
  it.loop.turn();
  CHECK(it.host.news() == "done ");
  CHECK_FALSE(it.peer->reading);
}

TEST_CASE("the kernel takes what it did not, and the session goes on", "[worker]") {
  Connected it;
  it.open();
  it.peer->room = 50;
  it.ask(3);
  it.worker.answer_all();
  REQUIRE_FALSE(it.peer->kept.empty());
  it.client.run();
  CHECK(it.client.messages().empty());
  it.peer->take(SIZE_MAX);
  it.client.run();
  CHECK(it.client.messages().size() == 3);
  it.ask(1);
  it.worker.answer_all();
  it.client.run();
  CHECK(it.client.messages().size() == 4);
  CHECK(it.host.news().empty());
}

TEST_CASE("a write that fails half way ends the connection when that is seen", "[worker]") {
  Connected it;
  const bool open = GENERATE(false, true);
  INFO("open " << open);
  if (open) {
    it.open();
    it.ask(1);
    it.peer->room = 50;
    it.worker.answer_all();
  } else {
    it.peer->room = 100;
    it.begin();
    it.client.run();
  }
  REQUIRE_FALSE(it.peer->kept.empty());
  REQUIRE(it.worker.buffers.octets_in_use() > 0);
  it.peer->break_writes();
  it.loop.turn();
  CHECK(it.host.news().empty());
  CHECK(it.worker.buffers.octets_in_use() == 0);  // nothing waits any more
  if (const bool told = GENERATE(false, true); told) {
    it.peer->reset();
    it.loop.turn();
    CHECK(it.host.news() == (open ? "ended done " : "failed ended done "));
  } else {
    // The client has just gone: the session's own time ends it.
    it.worker.pass_time(Milliseconds(60'000));
    CHECK(it.host.news() == (open ? "ended lingering " : "failed ended done "));
  }
}

TEST_CASE("an alert that fails half way is followed by FIN all the same", "[worker]") {
  Connected it;
  bring(it, When::sending);
  it.peer->break_writes();
  CHECK(it.host.news() == "lingering ");
  CHECK(it.peer->shut);
}

TEST_CASE("a session that had paused is read from after its end, and that is thrown away",
          "[worker]") {
  SessionSettings settings;
  settings.max_in_flight = 1;
  Connected it(settings);
  it.open();
  it.ask(3);
  REQUIRE_FALSE(it.peer->reading);
  it.worker.group.close_all();
  CHECK(it.host.news() == "ended lingering ");
  CHECK(it.peer->reading);
  CHECK(it.peer->shut);
  it.peer->send("more");
  it.loop.turn();
  CHECK(it.host.news().empty());
  it.peer->finish();
  it.loop.turn();
  CHECK(it.host.news() == "done ");
}
