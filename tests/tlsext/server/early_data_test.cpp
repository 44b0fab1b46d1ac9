// SPDX-License-Identifier: GPL-3.0-or-later
// A client that knows an earlier server by this name may send early data, which is skipped
// (RFC 8446, 4.2.10).
#include <catch2/catch.hpp>

#include "support/openssl_pipe.hpp"
#include "support/record_sealer.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

struct Early {
  bool known_ticket = true;      // else another server's
  bool retried = false;          // the handshake begins with HelloRetryRequest
  std::size_t records = 1;       // of early data
  std::size_t size = 45;         // of each
  std::size_t piece = SIZE_MAX;  // what reaches the server at once
};

std::shared_ptr<tlsext::ServerContext> server_with_tickets() {
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.ticket_keys = tlsext::TicketKeySet::create();
  return server_context(std::move(settings));
}

OpensslSessionPtr ticket_of(tlsext::ServerContext& server) {
  OpensslPipe pipe(server, TLS1_3_VERSION, false);
  REQUIRE(pipe.shake());
  pipe.read();
  OpensslSessionPtr session(SSL_get1_session(pipe.ssl()));
  REQUIRE(SSL_SESSION_is_resumable(session.get()) == 1);
  SSL_SESSION_set_max_early_data(session.get(), 1U << 20);
  return session;
}

// The client's first flight: its hello and the early data.
void send_early(OpensslPipe& pipe, const Early& early) {
  pipe.begin();
  const std::string text(early.size, 'e');
  std::size_t written = 0;
  for (std::size_t i = 0; i < early.records; ++i) {
    REQUIRE(SSL_write_early_data(pipe.ssl(), text.data(), text.size(), &written) == 1);
  }
  const std::string flight = pipe.written();
  for (std::size_t at = 0; at < flight.size(); at += early.piece) {
    pipe.give(std::string_view(flight).substr(at, early.piece));
    if (early.piece == SIZE_MAX) break;
  }
}

bool finish(OpensslPipe& pipe) {
  for (int i = 0; i < 6 && !pipe.error(); ++i) {
    pipe.take();
    const bool done = SSL_connect(pipe.ssl()) == 1;
    pipe.carry();
    if (done && pipe.server().state() == tlsext::SessionState::open) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("early data is skipped and the handshake goes on", "[tlsext]") {
  Early early;
  early.known_ticket = GENERATE(true, false);
  early.retried = GENERATE(true, false);
  early.records = GENERATE(std::size_t{1}, std::size_t{7});
  early.size = GENERATE(std::size_t{1}, std::size_t{45}, std::size_t{4000});
  early.piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto server = server_with_tickets();
  const OpensslSessionPtr session =
      ticket_of(early.known_ticket ? *server : *server_with_tickets());
  OpensslPipe pipe(*server, TLS1_3_VERSION, true);
  pipe.set_session(session.get());
  if (early.retried) pipe.set_groups("P-521:P-256");
  send_early(pipe, early);
  if (!finish(pipe)) FAIL((pipe.error() ? pipe.error()->context : "the client gave up"));
  CHECK(SSL_get_early_data_status(pipe.ssl()) == SSL_EARLY_DATA_REJECTED);
  CHECK((SSL_session_reused(pipe.ssl()) == 1) == early.known_ticket);
  CHECK(pipe.sink().text().empty());
  SSL_write(pipe.ssl(), "query", 5);
  pipe.carry();
  CHECK(pipe.sink().text() == "query");
}

TEST_CASE("early data without end is refused", "[tlsext]") {
  Early early{.records = 5, .size = 16000};
  early.retried = GENERATE(true, false);
  const auto server = server_with_tickets();
  const OpensslSessionPtr session = ticket_of(*server);
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  pipe.set_session(session.get());
  if (early.retried) pipe.set_groups("P-521:P-256");
  send_early(pipe, early);
  REQUIRE(pipe.error());
  CHECK(int{pipe.error()->alert.value_or(0)} == (early.retried ? 10 : 20));
}

TEST_CASE("a record that is altered after early data is not skipped", "[tlsext]") {
  const auto server = server_with_tickets();
  const OpensslSessionPtr session = ticket_of(*server);
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  pipe.set_session(session.get());
  send_early(pipe, {});
  REQUIRE(finish(pipe));
  pipe.give(plain_record(23, std::string(60, 'x')));
  REQUIRE(pipe.error());
  CHECK(int{pipe.error()->alert.value_or(0)} == 20);
}

TEST_CASE("a record without content is no early data, and is never skipped", "[tlsext]") {
  const auto server = server_with_tickets();
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  const std::string empty = plain_record(23, "");
  SECTION("where no early data was offered") {
    pipe.begin();
    SSL_do_handshake(pipe.ssl());
    pipe.give(pipe.written() + empty);
  }
  SECTION("where it was") {
    const OpensslSessionPtr session = ticket_of(*server);
    pipe.set_session(session.get());
    send_early(pipe, {});
    pipe.give(empty);
  }
  SECTION("after the handshake") {
    pipe.begin();
    REQUIRE(finish(pipe));
    pipe.give(empty);
  }
  REQUIRE(pipe.error());
  CHECK(int{pipe.error()->alert.value_or(0)} == 20);
}

TEST_CASE("data before the handshake is refused where no early data was offered", "[tlsext]") {
  const auto server = server_with_tickets();
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  const bool retried = GENERATE(true, false);
  if (retried) pipe.set_groups("P-521:P-256");
  pipe.begin();
  SSL_do_handshake(pipe.ssl());
  pipe.give(pipe.written() + plain_record(23, std::string(60, 'x')));
  REQUIRE(pipe.error());
  CHECK(int{pipe.error()->alert.value_or(0)} == (retried ? 10 : 20));
}
