// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/link/link.hpp"

#include <catch2/catch.hpp>

#include "support/link_fixture.hpp"
#include "tlsext/base/alerts.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

namespace {

std::string alert_of(const std::optional<tlsext::Error>& error) {
  return error && error->alert ? tlsext::alert_name(*error->alert) : "none";
}

/// Neither end is open, each says why, and the other got the refusing end's alert.
void check_refused(LinkPipe& pipe, bool by_client, const std::string& alert,
                   const std::string& why) {
  const auto& refusing = by_client ? pipe.client_error() : pipe.server_error();
  const auto& refused = by_client ? pipe.server_error() : pipe.client_error();
  REQUIRE(refusing);
  REQUIRE(refused);
  CHECK(refusing->code == tlsext::ErrorCode::protocol);
  CHECK(refusing->context == why);
  CHECK(alert_of(refusing) == alert);
  CHECK(refused->code == tlsext::ErrorCode::peer_alert);
  CHECK(alert_of(refused) == alert);
  CHECK(pipe.client().state() == SessionState::failed);
  CHECK(pipe.server().state() == SessionState::failed);
}

}  // namespace

TEST_CASE("two hosts that know each other's keys have a link", "[tlsext]") {
  const KeyType key =
      GENERATE(KeyType::p256, KeyType::p384, KeyType::ed25519, KeyType::rsa2048, KeyType::rsa3072);
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto front =
      link_context(link_settings("front", {link_peer("other"), link_peer("backend", key)}));
  const auto backend =
      link_context(link_settings("backend", {link_peer("other"), link_peer("front")}, key));
  LinkPipe pipe = join_link(*front, *backend, "backend", piece);
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(pipe.client().peer() == "backend");
  CHECK(pipe.server().peer() == "front");
  CHECK(pipe.client().info().version == tlsext::Version::tls13);
  CHECK(pipe.server().info().alpn == kLinkProtocol);
  CHECK(pipe.server().info().group == "X25519MLKEM768");
  const std::string long_text(100'000, 'x');
  REQUIRE(pipe.client().send(bytes_of(long_text), pipe.client_sink()));
  REQUIRE(pipe.server().send(bytes_of("taken"), pipe.server_sink()));
  pipe.run();
  CHECK(pipe.server_sink().text() == long_text);
  CHECK(pipe.client_sink().text() == "taken");
}

TEST_CASE("a host whose key is not known is refused", "[tlsext]") {
  const auto front = link_context(link_settings("front", {link_peer("backend")}));
  const auto backend = link_context(link_settings("backend", {link_peer("other")}));
  LinkPipe pipe = join_link(*front, *backend);
  pipe.run();
  check_refused(pipe, false, "unknown_ca", "its key is not that of a peer");
}

TEST_CASE("a host that answers with a key which is not known is refused", "[tlsext]") {
  const auto front = link_context(link_settings("front", {link_peer("backend")}));
  const auto impostor = link_context(link_settings("impostor", {link_peer("front")}));
  LinkPipe pipe = join_link(*front, *impostor);
  pipe.run();
  check_refused(pipe, true, "unknown_ca", "its key is not that of a peer");
}

TEST_CASE("a peer that answers in another peer's place is refused", "[tlsext]") {
  const auto front =
      link_context(link_settings("front", {link_peer("backend"), link_peer("other")}));
  const auto other = link_context(link_settings("other", {link_peer("front")}));
  LinkPipe pipe = join_link(*front, *other);
  pipe.run();
  check_refused(pipe, true, "unknown_ca", "its key is that of another peer");
}

TEST_CASE("a certificate without the key of it makes no link", "[tlsext]") {
  tlsext::LinkSettings settings = link_settings("front", {link_peer("backend")});
  settings.private_key_pem = certificate_of("impostor").private_key_pem;
  const auto context = tlsext::LinkContext::create(std::move(settings));
  REQUIRE_FALSE(context);
  CHECK(context.error().code == tlsext::ErrorCode::private_key);
  CHECK(context.error().context == "private key of the link is not that of its certificate");
}

TEST_CASE("of a peer's certificate the key alone counts", "[tlsext]") {
  // Expired, and with a name of its own.
  const Certificate old = make_certificate("elsewhere", {KeyType::p256, true, false, {}});
  const tlsext::LinkPeer peer{"backend", must(tlsext::key_pin_of(old.certificate_pem))};
  const auto front = link_context(link_settings("front", {peer}));
  tlsext::LinkSettings settings = link_settings("backend", {link_peer("front")});
  settings.certificate_pem = old.certificate_pem;
  settings.private_key_pem = old.private_key_pem;
  const auto backend = link_context(std::move(settings));
  LinkPipe pipe = join_link(*front, *backend);
  pipe.run();
  CHECK(pipe.both_open());
}

TEST_CASE("a host that speaks another protocol over links is refused", "[tlsext]") {
  const auto front = link_context(link_settings("front", {link_peer("backend")}));
  tlsext::LinkSettings settings = link_settings("backend", {link_peer("front")});
  settings.protocol = "mooring-handover/2";
  const auto backend = link_context(std::move(settings));
  LinkPipe pipe = join_link(*front, *backend);
  pipe.run();
  REQUIRE(pipe.server_error());
  CHECK(alert_of(pipe.server_error()) == "no_application_protocol");
  CHECK(alert_of(pipe.client_error()) == "no_application_protocol");
  CHECK_FALSE(pipe.both_open());
}

TEST_CASE("a link leaves no ticket to resume from", "[tlsext]") {
  const auto front = link_context(link_settings("front", {link_peer("backend")}));
  const auto backend = link_context(link_settings("backend", {link_peer("front")}));
  LinkPipe pipe = join_link(*front, *backend);
  pipe.run();
  REQUIRE(pipe.both_open());
  const std::size_t writes = pipe.server_sink().writes;
  REQUIRE(pipe.client().send(bytes_of("x"), pipe.client_sink()));
  pipe.run();
  CHECK(pipe.server_sink().writes == writes);
  CHECK_FALSE(pipe.server().info().resumed);
}

TEST_CASE("nothing that comes before the keys are known is taken for a message", "[tlsext]") {
  const auto backend = link_context(link_settings("backend", {link_peer("front")}));
  auto session = must(tlsext::LinkSession::accept(*backend));
  CollectingSink sink;
  CHECK_FALSE(session.receive(bytes_of("GET / HTTP/1.1\r\n\r\n"), sink));
  CHECK(sink.text().empty());
  CHECK(session.state() == SessionState::failed);
  CHECK(session.peer().empty());
}

TEST_CASE("what a link cannot be made of is told", "[tlsext]") {
  using Change = void (*)(tlsext::LinkSettings&);
  const auto [change, why] = GENERATE(table<Change, const char*>(
      {{[](tlsext::LinkSettings& settings) { settings.peers.clear(); }, "a link needs a peer"},
       {[](tlsext::LinkSettings& settings) { settings.protocol.clear(); },
        "a link needs a protocol"},
       {[](tlsext::LinkSettings& settings) { settings.peers.push_back(settings.peers.front()); },
        "two peers are called backend"},
       {[](tlsext::LinkSettings& settings) {
          settings.peers.push_back({"twin", settings.peers.front().pin});
        },
        "backend and twin have the same key"}}));
  tlsext::LinkSettings settings = link_settings("front", {link_peer("backend")});
  change(settings);
  const auto context = tlsext::LinkContext::create(std::move(settings));
  REQUIRE_FALSE(context);
  CHECK(context.error().context == why);
}

TEST_CASE("a link goes to a peer only", "[tlsext]") {
  const auto front = link_context(link_settings("front", {link_peer("backend")}));
  const auto session = tlsext::LinkSession::connect(*front, "stranger");
  REQUIRE_FALSE(session);
  CHECK(session.error().context == "stranger is no peer");
}

TEST_CASE("the pin of a key is that of its certificate's SubjectPublicKeyInfo", "[tlsext]") {
  const KeyType key = GENERATE(KeyType::p256, KeyType::rsa2048, KeyType::ed25519);
  const Certificate first = make_certificate("one", {key, false, false, {}});
  CHECK((must(tlsext::key_pin_of(first.certificate_pem)) == sha256_of(first.spki)));
  CHECK_FALSE(tlsext::key_pin_of(""));
  CHECK_FALSE(tlsext::key_pin_of(first.private_key_pem));
  CHECK_FALSE(tlsext::key_pin_of(first.certificate_pem.substr(0, 200)));
}
