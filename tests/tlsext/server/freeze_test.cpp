// SPDX-License-Identifier: GPL-3.0-or-later
// A live session taken for a value and made again, with OpenSSL at the other end.
#include <catch2/catch.hpp>

#include "support/openssl_pipe.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::FrozenSession;
using tlsext::SecretMemory;
using tlsext::ServerSession;

namespace {

/// By the way of octets, as to another process.
FrozenSession copied(const FrozenSession& frozen, SecretMemory& memory) {
  tlsext::Bytes octets(frozen.encoded_size());
  frozen.encode(octets.data());
  return must(FrozenSession::decode(octets, memory));
}

/// Freezes the server's session, destroys it and goes on with a new one.
void freeze_and_thaw(OpensslPipe& pipe, tlsext::ServerContext& context, SecretMemory& memory) {
  const FrozenSession frozen = copied(must(pipe.server().freeze(memory)), memory);
  pipe.server() = must(ServerSession::thaw(context, frozen));
  REQUIRE(pipe.server().receive(frozen.records.unread, pipe.sink()));
}

struct Suite {
  int version;
  const char* name;  // as OpenSSL spells it
  KeyType key;
};

constexpr Suite kSuites[] = {
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", KeyType::p256},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", KeyType::p256},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", KeyType::p256},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", KeyType::p256},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", KeyType::p256},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", KeyType::p256},
    {TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", KeyType::rsa2048},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", KeyType::rsa2048},
    {TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", KeyType::rsa2048},
};

void offer_only(OpensslPipe& pipe, const Suite& suite) {
  if (suite.version == TLS1_3_VERSION) {
    REQUIRE(SSL_CTX_set_ciphersuites(pipe.context(), suite.name) == 1);
  } else {
    REQUIRE(SSL_CTX_set_cipher_list(pipe.context(), suite.name) == 1);
  }
}

std::shared_ptr<tlsext::ServerContext> context_with(KeyType key) {
  tlsext::ServerSettings settings;
  settings.identities = {identity_of(kName, key)};
  settings.ticket_keys = tlsext::TicketKeySet::create();
  return server_context(std::move(settings));
}

void say(OpensslPipe& pipe, const std::string& text) {
  REQUIRE(SSL_write(pipe.ssl(), text.data(), static_cast<int>(text.size())) > 0);
}

}  // namespace

TEST_CASE("a session goes on after it was a value, a thousand times, in every suite", "[tlsext]") {
  const Suite suite = GENERATE(from_range(std::begin(kSuites), std::end(kSuites)));
  CAPTURE(suite.name);
  const auto first = context_with(suite.key);
  const auto other = server_context(server_settings());  // with other certificates
  SecretMemory memory;
  OpensslPipe pipe(*first, suite.version, false);
  offer_only(pipe, suite);
  REQUIRE(pipe.shake());
  const tlsext::SessionInfo before = pipe.server().info();
  std::string said;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "query " + std::to_string(i);
    said += text;
    if (suite.version == TLS1_3_VERSION && i % 7 == 0)
      SSL_key_update(pipe.ssl(),
                     i % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    say(pipe, text);
    pipe.carry();
    if (i % 2 == 0) freeze_and_thaw(pipe, i % 4 == 0 ? *other : *first, memory);
    REQUIRE(pipe.server().send(bytes_of(text), pipe.sink()));
    if (i % 3 == 0) freeze_and_thaw(pipe, *other, memory);
    REQUIRE(pipe.read() == text);
  }
  CHECK(pipe.sink().text() == said);
  const tlsext::SessionInfo after = pipe.server().info();
  CHECK(after.version == before.version);
  CHECK(after.cipher == before.cipher);
  CHECK(after.group == before.group);
  CHECK(after.alpn == before.alpn);
  CHECK(pipe.server().server_name() == kName);
  pipe.server().close(pipe.sink());
  CHECK(pipe.read().empty());
  CHECK((SSL_get_shutdown(pipe.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0);
  CHECK(memory.used() == 0);
}

TEST_CASE("a record that has come in part is part of the value, cut at every octet", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto context = server_context(server_settings());
  SecretMemory memory;
  OpensslPipe pipe(*context, version, false);
  REQUIRE(pipe.shake());
  say(pipe, "whole");
  const std::size_t length = pipe.written().size();
  // The record above never arrives, so that this session is of no more use.
  for (std::size_t cut = 0; cut <= length; ++cut) {
    CAPTURE(cut);
    OpensslPipe each(*context, version, false);
    REQUIRE(each.shake());
    say(each, "whole");
    const std::string record = each.written();
    each.give(std::string_view(record).substr(0, cut));
    freeze_and_thaw(each, *context, memory);
    each.give(std::string_view(record).substr(cut));
    REQUIRE_FALSE(each.error());
    REQUIRE(each.sink().text() == "whole");
  }
}

TEST_CASE("a session that resumed says so as a value, and its tickets go on", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto context = context_with(KeyType::p256);
  SecretMemory memory;
  OpensslPipe first(*context, version, false);
  REQUIRE(first.shake());
  freeze_and_thaw(first, *context, memory);
  first.read();  // TLS 1.3: the ticket, which was sent before
  const OpensslSessionPtr session(SSL_get1_session(first.ssl()));
  OpensslPipe again(*context, version, false);
  again.set_session(session.get());
  REQUIRE(again.shake());
  REQUIRE(SSL_session_reused(again.ssl()) == 1);
  freeze_and_thaw(again, *context, memory);
  CHECK(again.server().info().resumed);
}

TEST_CASE("a thawed session refuses what an open one refuses", "[tlsext]") {
  const auto context = server_context(server_settings());
  SecretMemory memory;
  OpensslPipe pipe(*context, TLS1_2_VERSION, false);
  REQUIRE(pipe.shake());
  freeze_and_thaw(pipe, *context, memory);
  say(pipe, "text");
  std::string record = pipe.written();
  record.back() = static_cast<char>(record.back() ^ 1);
  pipe.give(record);
  REQUIRE(pipe.error());
  CHECK(pipe.error()->alert == 20);  // bad_record_mac
}

TEST_CASE("only an open session with nothing under way is a value", "[tlsext]") {
  const auto context = server_context(server_settings());
  SecretMemory memory;
  ServerSession fresh = must(ServerSession::accept(*context));
  CHECK_FALSE(fresh.freeze(memory));
  OpensslPipe pipe(*context, TLS1_3_VERSION, false);
  REQUIRE(pipe.shake());
  pipe.server().close(pipe.sink());
  CHECK_FALSE(pipe.server().freeze(memory));
  CHECK(memory.used() == 0);
}

TEST_CASE("a frozen value that is cut or altered is refused or fails as TLS", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto context = server_context(server_settings());
  SecretMemory memory;
  OpensslPipe pipe(*context, version, false);
  REQUIRE(pipe.shake());
  say(pipe, "text");
  const std::string record = pipe.written();
  pipe.give(std::string_view(record).substr(0, 7));
  const FrozenSession frozen = must(pipe.server().freeze(memory));
  tlsext::Bytes octets(frozen.encoded_size());
  frozen.encode(octets.data());
  for (std::size_t size = 0; size < octets.size(); ++size)
    REQUIRE_FALSE(FrozenSession::decode(tlsext::ByteView(octets).first(size), memory));
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    tlsext::Bytes altered = octets;
    altered[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const auto decoded = FrozenSession::decode(altered, memory);
    if (!decoded) continue;
    auto thawed = ServerSession::thaw(*context, *decoded);
    if (!thawed) continue;
    CollectingSink sink;
    // Whatever comes of it, it is no other text than what was said.
    if (thawed->receive(decoded->records.unread, sink) &&
        thawed->receive(bytes_of(std::string_view(record).substr(7)), sink))
      REQUIRE((sink.text().empty() || sink.text() == "text"));
  }
}
