// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/parcel_codec.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "support/dns_messages.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

Octets octets(const char* text) {
  return MessageWriter().raw(text);
}

/// The value of a session that a client has just opened.
tlsext::FrozenSession frozen(tlsext::SecretMemory& keys) {
  const auto server = server_context(server_settings());
  const auto client = client_context();
  TlsPipe pipe = join(*server, *client);
  pipe.run();
  return must(pipe.server().freeze(keys));
}

/// With something in every field.
ParcelContent content_of(tlsext::SecretMemory& keys) {
  ParcelContent out;
  out.session.tls = frozen(keys);
  out.session.exchange.incoming = {octets("half a message"), false};
  out.session.exchange.unsent = framed(query(3, "unsent.example"));
  const Peer peer{*Endpoint::parse("[2001:db8::7]:40007"), 3, Endpoint::parse("192.0.2.9:443")};
  HopOptions asked;
  asked.present = asked.tcp_keepalive = true;
  out.session.exchange.in_flight = {
      {query(1, "a.example"), {peer.address, QueryTransport::tls, {}, 70'000}},
      {query(2, "b.example"), {peer.address, QueryTransport::tls, asked, 70'001}}};
  out.session.exchange.received = 70'002;
  out.session.peer = peer;
  out.session.idle_left = 12'345ms;
  out.session.asleep = true;
  out.listener = *Endpoint::parse("0.0.0.0:853");
  out.stream.unread = octets("read, and given to nobody");
  out.stream.unwritten = octets("written, and not taken");
  return out;
}

Octets packed(const ParcelContent& content) {
  SecretArena arena;
  const auto out = pack(content, arena);
  REQUIRE(out);
  return {out->view().begin(), out->view().end()};
}

Octets encoded(const tlsext::FrozenSession& frozen) {
  Octets out(frozen.encoded_size());
  frozen.encode(out.data());
  return out;
}

std::string refusal(const Octets& octets, tlsext::SecretMemory& keys) {
  const auto content = unpack(octets, keys);
  return content ? "taken" : content.error().context;
}

}  // namespace

TEST_CASE("a parcel says what was put into it", "[parcel]") {
  tlsext::SecretMemory keys;
  const ParcelContent in = content_of(keys);
  const auto out = unpack(packed(in), keys);
  REQUIRE(out);
  const SessionSnapshot& session = out->session;
  CHECK(encoded(session.tls) == encoded(in.session.tls));
  CHECK(session.exchange.incoming.unread == in.session.exchange.incoming.unread);
  CHECK_FALSE(session.exchange.incoming.stopped);
  CHECK(session.exchange.unsent == in.session.exchange.unsent);
  CHECK(session.exchange.received == in.session.exchange.received);
  CHECK(session.exchange.fault == ExchangeFault::none);
  REQUIRE(session.exchange.in_flight.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(session.exchange.in_flight[i].message == in.session.exchange.in_flight[i].message);
    CHECK(session.exchange.in_flight[i].context == in.session.exchange.in_flight[i].context);
  }
  CHECK(session.peer.address == in.session.peer.address);
  CHECK(session.peer.proxy == in.session.peer.proxy);
  CHECK(session.idle_left == in.session.idle_left);
  CHECK(session.asleep == in.session.asleep);
  CHECK(out->listener == in.listener);
  CHECK(out->stream.unread == in.stream.unread);
  CHECK(out->stream.unwritten == in.stream.unwritten);
  CHECK_FALSE(out->stream.ends);
}

TEST_CASE("a parcel of a session that is about to end says that too", "[parcel]") {
  tlsext::SecretMemory keys;
  ParcelContent in = content_of(keys);
  in.session.exchange.fault = ExchangeFault::malformed;
  in.session.exchange.incoming = {{}, true};
  in.session.peer.proxy.reset();
  in.stream.ends = true;
  const auto out = unpack(packed(in), keys);
  REQUIRE(out);
  CHECK(out->session.exchange.fault == ExchangeFault::malformed);
  CHECK(out->session.exchange.incoming.stopped);
  CHECK_FALSE(out->session.peer.proxied());
  CHECK(out->stream.ends);
}

TEST_CASE("a parcel that is cut anywhere, or longer, is refused", "[parcel]") {
  tlsext::SecretMemory keys;
  Octets whole = packed(content_of(keys));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, keys) !=
            "taken");
  }
  whole.push_back(std::byte{0});
  CHECK(refusal(whole, keys) == "a parcel is not whole");
  CHECK(keys.used() == 0);
}

TEST_CASE("a parcel with any bit changed is refused", "[parcel]") {
  tlsext::SecretMemory keys;
  Octets octets = packed(content_of(keys));
  for (std::size_t bit = 0; bit < 8 * octets.size(); ++bit) {
    CAPTURE(bit);
    const auto flip = static_cast<std::byte>(1U << bit % 8);
    octets[bit / 8] ^= flip;
    REQUIRE(refusal(octets, keys) != "taken");
    octets[bit / 8] ^= flip;
  }
  CHECK(refusal(octets, keys) == "taken");
}

TEST_CASE("a parcel of another version says so, whatever else it is", "[parcel]") {
  tlsext::SecretMemory keys;
  Octets octets = packed(content_of(keys));
  octets[0] = std::byte{2};
  CHECK(refusal(octets, keys) == "a parcel is of another version");
  std::fill(octets.begin() + 1, octets.end(), std::byte{0xff});
  CHECK(refusal(octets, keys) == "a parcel is of another version");
}

TEST_CASE("what is too big for a parcel is not made, and not taken", "[parcel]") {
  tlsext::SecretMemory keys;
  SecretArena arena;
  ParcelContent in = content_of(keys);
  in.stream.unwritten.resize(kMostParcelOctets);
  CHECK_FALSE(pack(in, arena));
  in.stream.unwritten.resize(kMostParcelOctets - 2'000);
  CHECK(pack(in, arena));
  CHECK(refusal(Octets(kMostParcelOctets + 1, std::byte{1}), keys) == "a parcel is too big");
}
