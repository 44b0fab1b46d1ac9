// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/framer.hpp"

#include <catch2/catch.hpp>

#include "support/dns_messages.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

struct Taker {
  std::vector<Octets> taken;
  std::size_t room = SIZE_MAX;     ///< takes so many, then holds back
  std::size_t stop_at = SIZE_MAX;  ///< stops with this one

  MessageVerdict operator()(ByteView message) {
    if (room == 0) return MessageVerdict::hold_back;
    --room;
    taken.emplace_back(message.begin(), message.end());
    return taken.size() == stop_at ? MessageVerdict::stop : MessageVerdict::next;
  }
};

std::vector<Octets> some_messages() {
  return {
      query(1, "a"), Octets{},     edns_query(2, "www.example.net"), Octets(65535, std::byte{7}),
      Octets(1),     query(3, "b")};
}

Octets stream_of(const std::vector<Octets>& messages) {
  Octets stream;
  for (const auto& message : messages) {
    const auto frame = framed(message);
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  return stream;
}

void feed_pieces(DnsFramer& framer, Taker& taker, const Octets& stream, std::size_t piece) {
  ByteView left = stream;
  while (!left.empty()) {
    const auto part = left.first(std::min(piece, left.size()));
    left = left.subspan(part.size());
    (void)framer.feed(part, taker);
  }
}

}  // namespace

TEST_CASE("messages come out the same however the stream is cut", "[server]") {
  const auto messages = some_messages();
  const auto stream = stream_of(messages);
  for (const std::size_t piece : {1U, 2U, 3U, 17U, 1000U, 16384U, 1U << 20U}) {
    INFO("pieces of " << piece);
    BufferPool pool(1U << 20U);
    DnsFramer framer(pool);
    Taker taker;
    feed_pieces(framer, taker, stream, piece);
    CHECK(taker.taken == messages);
    CHECK(framer.state() == FramerState::ready);
    CHECK(pool.octets_in_use() == 0);
  }
}

TEST_CASE("a whole message is handed on where it lies", "[server]") {
  BufferPool pool(1U << 20U);
  DnsFramer framer(pool);
  const auto stream = stream_of({query(1, "a"), query(2, "b")});
  const std::byte* end = stream.data() + stream.size();
  // Cut inside the first: only that one is put together elsewhere.
  std::size_t in_place = 0;
  const auto take = [&](ByteView message) {
    if (message.data() > stream.data() && message.data() < end) ++in_place;
    return MessageVerdict::next;
  };
  (void)framer.feed(ByteView(stream).first(5), take);
  (void)framer.feed(ByteView(stream).subspan(5), take);
  CHECK(in_place == 1);
  (void)framer.feed(stream, take);
  CHECK(in_place == 3);
}

TEST_CASE("messages that are held back come later, in order and none lost", "[server]") {
  const auto messages = some_messages();
  const auto stream = stream_of(messages);
  for (const std::size_t piece : {1U, 7U, 1000U, 1U << 20U}) {
    INFO("pieces of " << piece);
    BufferPool pool(1U << 20U);
    DnsFramer framer(pool);
    Taker taker;
    taker.room = 1;
    feed_pieces(framer, taker, stream, piece);
    CHECK(taker.taken.size() == 1);
    CHECK(framer.state() == FramerState::held_back);
    while (framer.state() == FramerState::held_back) {
      taker.room = 2;
      (void)framer.resume(taker);
    }
    CHECK(taker.taken == messages);
    CHECK(pool.octets_in_use() == 0);
  }
}

TEST_CASE("a stopped framer takes nothing more", "[server]") {
  const auto stream = stream_of(some_messages());
  for (const std::size_t piece : {1U, 1U << 20U}) {
    BufferPool pool(1U << 20U);
    DnsFramer framer(pool);
    Taker taker;
    taker.stop_at = 2;
    feed_pieces(framer, taker, stream, piece);
    CHECK(taker.taken.size() == 2);
    CHECK(framer.state() == FramerState::stopped);
    framer.reset();
    feed_pieces(framer, taker, stream, piece);
    CHECK(taker.taken.size() == 2 + some_messages().size());
  }
}

TEST_CASE("a framer that cannot keep a part says so", "[server]") {
  BufferPool pool(1024);
  DnsFramer framer(pool);
  Taker taker;
  const auto stream = stream_of({Octets(5000)});
  CHECK(framer.feed(ByteView(stream).first(1000), taker) == FramerState::ready);
  CHECK(framer.feed(ByteView(stream).subspan(1000, 1000), taker) == FramerState::no_memory);
  CHECK(framer.feed(stream, taker) == FramerState::no_memory);
  CHECK(taker.taken.empty());
  CHECK(pool.octets_in_use() == 0);
}

TEST_CASE("another framer goes on from a snapshot after any octet", "[server]") {
  const std::vector<Octets> messages{query(1, "a"), Octets{}, edns_query(2, "www.example.net"),
                                     Octets(1), query(3, "b")};
  const auto stream = stream_of(messages);
  for (const std::size_t room : {std::size_t{SIZE_MAX}, std::size_t{2}, std::size_t{0}}) {
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      INFO("cut at " << cut << ", room for " << room);
      BufferPool pool(1U << 20U), other_pool(1U << 20U);
      DnsFramer framer(pool), other(other_pool);
      Taker taker;
      taker.room = room;
      (void)framer.feed(ByteView(stream).first(cut), taker);
      const auto snapshot = framer.snapshot();
      framer.stop();
      CHECK(pool.octets_in_use() == 0);
      taker.room = 1;  // what had been held back is held back there as well
      (void)other.restore(snapshot);
      CHECK(other.octets_kept() == snapshot.unread.size());
      (void)other.feed(ByteView(stream).subspan(cut), taker);
      while (other.state() == FramerState::held_back) {
        taker.room = 1;
        (void)other.resume(taker);
      }
      CHECK(taker.taken == messages);
      CHECK(other.state() == FramerState::ready);
      CHECK(other_pool.octets_in_use() == 0);
    }
  }
}

TEST_CASE("a framer that has come to its end is restored as one", "[server]") {
  BufferPool pool(1024);
  Taker taker;
  DnsFramer stopped(pool), lost(pool), too_big(pool);
  stopped.stop();
  CHECK(lost.feed(Octets(2000, std::byte{0xff}), taker) == FramerState::no_memory);
  for (const auto* const ended : {&stopped, &lost}) {
    DnsFramer other(pool);
    CHECK(other.restore(ended->snapshot()) == FramerState::stopped);
    CHECK(other.feed(framed(query(1, "a")), taker) == FramerState::stopped);
  }
  CHECK(too_big.restore({Octets(2000, std::byte{0xff}), false}) == FramerState::no_memory);
  CHECK(taker.taken.empty());
}
