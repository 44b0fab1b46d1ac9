// SPDX-License-Identifier: GPL-3.0-or-later
// What comes over a link between hosts: to the end that takes, or, if the first octet is odd, to
// the end that gives, which has offered three sessions.
#include <cstdlib>

#include "support/handover_link.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

void to_taker(ByteView octets) {
  KeptOutput output;
  TakerNotes notes;
  Taker taker({}, {kBackend, "mooring", 4, 4000}, output, notes);
  taker.start({0, 10}, kBegin);
  while (!octets.empty()) {
    const ByteView part = octets.first(std::min<std::size_t>(octets.size(), 40));
    octets = octets.subspan(part.size());
    static_cast<void>(taker.receive(part, kBegin));
    if (notes.offered.size() != taker.under_way() || taker.under_way() > 4) std::abort();
    if (taker.ended()) break;
    const auto offered = notes.offered;
    for (const auto& [id, session] : offered) {
      if (id % 3 != 0) {
        taker.taken(id);
      } else if (taker.under_way() > 2) {
        taker.refuse(id, Refusal::full, "");
        if (taker.under_way() < notes.offered.size()) notes.offered.erase(id);
      }
    }
  }
  taker.end();
  if (!notes.offered.empty()) std::abort();
}

void to_giver(ByteView octets) {
  KeptOutput output;
  GiverNotes notes;
  Giver giver({}, kFront, output, notes);
  giver.start("mooring", kBegin);
  static_cast<void>(
      giver.receive(encode(Welcome{kBackend, "mooring", 4, 4000, {}, {0, 9}}), kBegin));
  for (const char* text : {"first", "second", "third"}) {
    Parcel parcel = parcel_of(text);
    if (!giver.offer(octets_of("tcp"), parcel, kBegin)) std::abort();
  }
  std::set<OfferId> released;
  while (!octets.empty()) {
    const ByteView part = octets.first(std::min<std::size_t>(octets.size(), 20));
    octets = octets.subspan(part.size());
    static_cast<void>(giver.receive(part, kBegin));
    if (!notes.taken.empty() && giver.release(notes.taken.back(), kBegin)) {
      released.insert(notes.taken.back());
    }
  }
  giver.end("over");
  // Each is here or there, and never both.
  for (OfferId id = 1; id <= 3; ++id) {
    if (notes.back.contains(id) == released.contains(id)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView octets(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  if (data[0] % 2 == 0) {
    to_taker(octets);
  } else {
    to_giver(octets);
  }
  return 0;
}
