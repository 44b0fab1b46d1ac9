// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/message.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "support/handover_link.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

/// All messages in these octets, given in pieces; nothing after an error, which `why` tells.
std::vector<Message> read_all(ByteView octets, std::size_t piece, std::string& why) {
  MessageReader reader;
  std::vector<Message> out;
  while (!octets.empty()) {
    ByteView part = octets.first(std::min(piece, octets.size()));
    octets = octets.subspan(part.size());
    for (;;) {
      auto message = reader.next(part);
      if (!message) {
        why = message.error().context;
        return out;
      }
      if (!*message) break;
      out.push_back(std::move(**message));
    }
  }
  return out;
}

std::vector<std::byte> join(const std::vector<std::vector<std::byte>>& messages) {
  std::vector<std::byte> out;
  for (const auto& message : messages) out.insert(out.end(), message.begin(), message.end());
  return out;
}

std::vector<std::byte> offer_octets(OfferId id, std::string_view tcp, std::string_view parcel) {
  SecretArena arena;
  const auto message = encode_offer(id, octets_of(tcp), octets_of(parcel), arena);
  REQUIRE(message);
  const ByteView view = message->view();
  return {view.begin(), view.end()};
}

std::vector<std::byte> raw(std::initializer_list<int> octets) {
  std::vector<std::byte> out;
  for (const int octet : octets) out.push_back(static_cast<std::byte>(octet));
  return out;
}

}  // namespace

TEST_CASE("messages over a link are read as they were written, cut anywhere", "[server]") {
  const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U);
  const std::string parcel(100'000, 'k');
  const std::vector<std::byte> octets =
      join({encode(Hello{kFront, "mooring 1.0"}),
            encode(Welcome{kBackend, "mooring 1.1", 10, 1 << 20, {2, 0, 0, 0, 0, 9}, {7, 100}}),
            offer_octets(1, "tcp", parcel), encode(OfferTaken{1}),
            encode(OfferRefused{0x0102030405060708, Refusal::unfit, "no such address"}),
            encode(OfferReleased{3}), encode(OfferWithdrawn{4}), encode(SessionEnded{5}),
            encode(LoadReport{{8, 90}}), encode(Alive{})});
  std::string why;
  const std::vector<Message> read = read_all(octets, piece, why);
  REQUIRE(why.empty());
  REQUIRE(read.size() == 10);
  CHECK((std::get<Hello>(read[0]).host == kFront));
  CHECK(std::get<Hello>(read[0]).program == "mooring 1.0");
  const auto& welcome = std::get<Welcome>(read[1]);
  CHECK((welcome.host == kBackend));
  CHECK(welcome.program == "mooring 1.1");
  CHECK(welcome.most_offers == 10);
  CHECK(welcome.most_octets == 1 << 20);
  CHECK((welcome.address == LinkAddress{2, 0, 0, 0, 0, 9}));
  CHECK((welcome.load == Load{7, 100}));
  const auto& offer = std::get<Offer>(read[2]);
  CHECK(offer.id == 1);
  CHECK(text_of(offer.tcp) == "tcp");
  CHECK(text_of(offer.parcel.view()) == parcel);
  CHECK(std::get<OfferTaken>(read[3]).id == 1);
  const auto& refused = std::get<OfferRefused>(read[4]);
  CHECK(refused.id == 0x0102030405060708);
  CHECK(describe(refused) == "the session is of no use to the host: no such address");
  CHECK(std::get<OfferReleased>(read[5]).id == 3);
  CHECK(std::get<OfferWithdrawn>(read[6]).id == 4);
  CHECK(std::get<SessionEnded>(read[7]).id == 5);
  CHECK((std::get<LoadReport>(read[8]).load == Load{8, 90}));
  CHECK(std::holds_alternative<Alive>(read[9]));
}

TEST_CASE("what is no message over a link is refused", "[server]") {
  struct Bad {
    std::vector<std::byte> octets;
    const char* why;
  };
  const char* const kNone = "what came over the link is no message";
  const char* const kPart = "a message that is not whole came over the link";
  const char* const kOffer = "an offer that is not whole came over the link";
  const std::vector<Bad> all{
      {raw({0, 0, 0, 0, 0}), kNone},                       // no such type
      {raw({11, 0, 0, 0, 0}), kNone},                      // nor that
      {raw({4, 0, 0, 0, 9}), kNone},                       // longer than a taken is
      {raw({10, 0, 0, 0, 1}), kNone},                      // an alive with something in it
      {raw({3, 255, 255, 255, 255}), kNone},               // an offer of four gigaoctets
      {raw({4, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 1}), kPart},  // shorter than a taken
      {raw({9, 0, 0, 0, 4, 0, 0, 0, 1}), kPart},           // half a load
      {raw({5, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0, 1, 99, 0, 0, 0, 0}), kPart},    // no such reason
      {raw({5, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 7}), kPart},  // a bell
      {raw({5, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9, 65}), kPart},
      {raw({3, 0, 0, 0, 0}), kOffer},
      {raw({3, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 1, 2}), kOffer},
      {raw({3, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2}), kOffer},  // no parcel
  };
  for (const Bad& bad : all) {
    std::string why;
    CHECK(read_all(bad.octets, 3, why).empty());
    CHECK(why == bad.why);
  }
}

TEST_CASE("texts that go over a link can be written to a log", "[server]") {
  const std::string text = "a\nb" + std::string(300, 'x');
  std::string why;
  const auto read = read_all(encode(OfferRefused{1, Refusal::full, text}), 1000, why);
  REQUIRE(read.size() == 1);
  CHECK(std::get<OfferRefused>(read[0]).text == "a?b" + std::string(kMostLinkText - 3, 'x'));
  CHECK(describe({1, Refusal::full, ""}) == "the host is full");
}
