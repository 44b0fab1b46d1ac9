// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/base/secret_memory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace mooring;
using tlsext::SecretMemory;
using tlsext::SecretSlot;

namespace {

constexpr std::byte kKey{0x5a};

void fill(const SecretSlot& slot) {
  std::fill_n(slot.data(), SecretMemory::kSlotSize, kKey);
}

bool holds_keys(const std::byte* place) {
  return std::count(place, place + SecretMemory::kSlotSize, kKey) == SecretMemory::kSlotSize;
}

/// The first octets of a free slot lead to the next one.
bool wiped(const std::byte* place) {
  return std::count(place + sizeof(void*), place + SecretMemory::kSlotSize, std::byte{}) ==
         SecretMemory::kSlotSize - sizeof(void*);
}

bool all_zero(const SecretSlot& slot) {
  return std::all_of(slot.data(), slot.data() + SecretMemory::kSlotSize,
                     [](std::byte octet) { return octet == std::byte{}; });
}

std::vector<SecretSlot> take(SecretMemory& memory, std::size_t count) {
  std::vector<SecretSlot> slots;
  for (std::size_t i = 0; i < count; ++i) {
    slots.push_back(memory.take());
    REQUIRE(slots.back());
  }
  return slots;
}

/// Where the slots are, in the order of addresses.
std::vector<std::byte*> places(const std::vector<SecretSlot>& slots) {
  std::vector<std::byte*> out;
  for (const SecretSlot& slot : slots) out.push_back(slot.data());
  std::sort(out.begin(), out.end());
  return out;
}

/// What the kernel says of the mapping that an octet is in.
std::string flags_of(const void* octet) {
  const auto at = reinterpret_cast<std::uintptr_t>(octet);
  std::ifstream smaps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') here = begin <= at && at < end;
    if (here && line.starts_with("VmFlags:")) return line.substr(8) + " ";
  }
  return {};
}

/// More than a slab has slots.
constexpr std::size_t kMoreThanASlab = 2000;

}  // namespace

TEST_CASE("keys are wiped where their place is given back", "[tlsext]") {
  SecretMemory memory;
  std::byte* place = nullptr;
  {
    const SecretSlot slot = memory.take();
    place = slot.data();
    fill(slot);
    CHECK(memory.used() == 1);
  }
  CHECK(memory.used() == 0);
  CHECK(wiped(place));
}

TEST_CASE("secret memory is left out of core dumps and not given to child processes", "[tlsext]") {
  SecretMemory memory;
  const auto slots = take(memory, kMoreThanASlab);
  const int other = 0;
  const std::string not_dumped = " dd ";
  const std::string not_copied = " dc ";
  REQUIRE_FALSE(flags_of(&other).empty());
  CHECK(flags_of(&other).find(not_dumped) == std::string::npos);
  CHECK(flags_of(&other).find(not_copied) == std::string::npos);
  const auto at = places(slots);
  for (const std::byte* place : {at.front(), at.back()}) {
    CHECK(flags_of(place).find(not_dumped) != std::string::npos);
    CHECK(flags_of(place).find(not_copied) != std::string::npos);
  }
}

TEST_CASE("secret memory grows by a slab when no slot is free, and what is used stays",
          "[tlsext]") {
  SecretMemory memory;
  CHECK(memory.used() == 0);
  std::vector<SecretSlot> slots;
  for (std::size_t i = 0; i < kMoreThanASlab; ++i) {
    slots.push_back(memory.take());
    REQUIRE(slots.back());
    REQUIRE(all_zero(slots.back()));
    fill(slots.back());
    REQUIRE(memory.used() == i + 1);
  }
  const auto at = places(slots);
  std::size_t gaps = 0;
  for (std::size_t i = 1; i < at.size(); ++i) {
    const auto apart = static_cast<std::size_t>(at[i] - at[i - 1]);
    REQUIRE(apart >= SecretMemory::kSlotSize);  // no two share an octet
    if (apart > SecretMemory::kSlotSize) ++gaps;
  }
  CHECK(gaps >= 1);  // between slabs
  for (const SecretSlot& slot : slots) REQUIRE(holds_keys(slot.data()));
}

TEST_CASE("slots that were given back are used again, full of zeros, before memory grows",
          "[tlsext]") {
  SecretMemory memory;
  auto slots = take(memory, kMoreThanASlab);
  const auto first = places(slots);
  for (const SecretSlot& slot : slots) fill(slot);
  slots.clear();
  CHECK(memory.used() == 0);
  slots = take(memory, kMoreThanASlab);
  CHECK(memory.used() == kMoreThanASlab);
  for (const SecretSlot& slot : slots) REQUIRE(all_zero(slot));
  CHECK(places(slots) == first);
}

TEST_CASE("a slot that was moved is given back once, by whoever has it last", "[tlsext]") {
  SecretMemory memory;
  std::byte* place = nullptr;
  SecretSlot last;
  CHECK_FALSE(last);
  {
    SecretSlot slot = memory.take();
    place = slot.data();
    fill(slot);
    SecretSlot constructed(std::move(slot));
    CHECK_FALSE(slot);  // NOLINT: what a move leaves is the point
    CHECK(constructed.data() == place);
    last = std::move(constructed);
  }
  CHECK(last.data() == place);
  CHECK(memory.used() == 1);
  CHECK(holds_keys(place));
  last = SecretSlot();
  CHECK(memory.used() == 0);
  CHECK(wiped(place));
  // Given back twice, it would be given to two.
  const auto two = take(memory, 2);
  CHECK(two[0].data() != two[1].data());
  CHECK(memory.used() == 2);
}

TEST_CASE("a slot that takes another's place gives its own back", "[tlsext]") {
  SecretMemory memory;
  SecretSlot kept = memory.take();
  fill(kept);
  std::byte* const old = kept.data();
  kept = memory.take();
  CHECK(kept.data() != old);
  CHECK(memory.used() == 1);
  CHECK(wiped(old));
}
