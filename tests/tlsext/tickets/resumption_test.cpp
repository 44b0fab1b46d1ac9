// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include <chrono>

#include "support/library_clock.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::Version;

namespace {

using Keys = std::shared_ptr<const tlsext::TicketKeySet>;
using Ticket = std::shared_ptr<const tlsext::Bytes>;

std::shared_ptr<tlsext::ServerContext> server_with(
    Keys keys, std::chrono::seconds lifetime = std::chrono::hours{1}) {
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.identities.push_back(identity_of("other.example.net", KeyType::rsa2048));
  settings.ticket_keys = std::move(keys);
  settings.ticket_lifetime = lifetime;
  return server_context(std::move(settings));
}

struct Seen {
  bool resumed = false;
  Ticket ticket;
  bool chain = false;
};

Seen shake(tlsext::ServerContext& server, tlsext::ClientContext& client, Ticket ticket = nullptr,
           const std::string& name = kName) {
  TlsPipe pipe = join(server, client, name, kPort, SIZE_MAX, std::move(ticket));
  pipe.run();
  if (pipe.client_error()) FAIL(pipe.client_error()->context);
  if (pipe.server_error()) FAIL(pipe.server_error()->context);
  REQUIRE(pipe.both_open());
  CHECK(pipe.client().info().resumed == pipe.server().info().resumed);
  CHECK(pipe.client().info().alpn == "dot");
  REQUIRE(pipe.client().send(bytes_of("query"), pipe.client_sink()));
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.server_sink()));
  pipe.run();
  CHECK(pipe.server_sink().text() == "query");
  CHECK(pipe.client_sink().text() == "answer");
  return {pipe.server().info().resumed, pipe.client().resumption_ticket(),
          pipe.client().dnssec_chain().has_value()};
}

}  // namespace

TEST_CASE("a session resumes under the same name, and then without a chain", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const auto server = server_with(tlsext::TicketKeySet::create());
  const Seen full = shake(*server, *client);
  CHECK_FALSE(full.resumed);
  CHECK(full.chain);
  REQUIRE(full.ticket);
  const Seen again = shake(*server, *client, full.ticket);
  CHECK(again.resumed);
  CHECK_FALSE(again.chain);
  CHECK(server->counters().chain_sent == 1);
  CHECK(server->counters().chain_not_available == 0);
  REQUIRE(again.ticket);
  CHECK(shake(*server, *client, again.ticket).resumed);
}

TEST_CASE("a session does not resume under another name", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const auto server = server_with(tlsext::TicketKeySet::create());
  const Seen full = shake(*server, *client);
  REQUIRE(full.ticket);
  CHECK_FALSE(shake(*server, *client, full.ticket, "other.example.net").resumed);
  CHECK_FALSE(shake(*server, *client, full.ticket, "unknown.example.org").resumed);
  CHECK_FALSE(shake(*server, *client, full.ticket, "").resumed);
}

TEST_CASE("tickets of one context open on another that has the same keys", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const Keys keys = tlsext::TicketKeySet::create();
  const auto first = server_with(keys);
  // The same keys in another process: all that they share is their octets.
  const auto second = server_with(std::make_shared<const tlsext::TicketKeySet>(keys->keys()));
  const auto stranger = server_with(tlsext::TicketKeySet::create());
  const Seen full = shake(*first, *client);
  CHECK(shake(*second, *client, full.ticket).resumed);
  CHECK_FALSE(shake(*stranger, *client, full.ticket).resumed);
}

TEST_CASE("an older key still opens, and its tickets are renewed", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const Keys old = tlsext::TicketKeySet::create();
  const auto server = server_with(old);
  const Seen full = shake(*server, *client);
  const Keys two = old->rotated(2);
  server->set_ticket_keys(two);
  const Seen again = shake(*server, *client, full.ticket);
  CHECK(again.resumed);
  REQUIRE(again.ticket);
  CHECK((*again.ticket != *full.ticket));
  server->set_ticket_keys(two->rotated(2));  // the first key is gone
  CHECK_FALSE(shake(*server, *client, full.ticket).resumed);
  CHECK(shake(*server, *client, again.ticket).resumed);
}

TEST_CASE("a ticket that has expired does not resume", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const Keys keys = tlsext::TicketKeySet::create();
  const auto brief = server_with(keys, std::chrono::seconds{60});
  const auto patient = server_with(keys);
  const Seen full = shake(*patient, *client);
  CHECK(shake(*brief, *client, full.ticket).resumed);
  const LibraryClockAhead later(std::chrono::seconds{61});
  CHECK_FALSE(shake(*brief, *client, full.ticket).resumed);
  CHECK(shake(*patient, *client, full.ticket).resumed);
}

TEST_CASE("a server without ticket keys gives no tickets", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const Keys keys = tlsext::TicketKeySet::create();
  const auto with = server_with(keys);
  const auto without = server_with(nullptr);
  CHECK_FALSE(shake(*without, *client).ticket);
  CHECK_FALSE(shake(*without, *client, shake(*with, *client).ticket).resumed);
  without->set_ticket_keys(keys);
  CHECK(shake(*without, *client, shake(*with, *client).ticket).resumed);
}

TEST_CASE("a ticket that was altered ends in a full handshake", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const Keys keys = tlsext::TicketKeySet::create();
  const auto server = server_with(keys);
  const Seen full = shake(*server, *client);
  const auto& name = keys->keys().front().name;
  const auto found =
      std::search(full.ticket->begin(), full.ticket->end(), name.begin(), name.end());
  REQUIRE(found != full.ticket->end());
  const auto begin = found - full.ticket->begin();
  // In the key's name, the nonce, the sealed part and the authentication tag.
  for (const std::ptrdiff_t offset : {0, 16, 34, 60, 100}) {
    tlsext::Bytes altered = *full.ticket;
    altered[static_cast<std::size_t>(begin + offset)] ^= std::byte{1};
    CAPTURE(offset);
    CHECK_FALSE(shake(*server, *client, std::make_shared<const tlsext::Bytes>(altered)).resumed);
  }
  CHECK_FALSE(shake(*server, *client, std::make_shared<const tlsext::Bytes>(10)).resumed);
  CHECK_FALSE(shake(*server, *client, std::make_shared<const tlsext::Bytes>()).resumed);
}

TEST_CASE("a ticket's lifetime is at most seven days", "[tlsext]") {
  tlsext::ServerSettings settings = server_settings();
  settings.ticket_lifetime = std::chrono::hours{24 * 7} + std::chrono::seconds{1};
  CHECK_FALSE(tlsext::ServerContext::create(settings));
  settings.ticket_lifetime = std::chrono::hours{24 * 7};
  CHECK(tlsext::ServerContext::create(settings));
}
