// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/secret_bytes.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace mooring::server;

namespace {

/// The kernel's flags for the mapping that `at` is in.
std::string flags_at(const std::byte* at) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> begin >> dash >> end && dash == '-')
      inside = begin <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

}  // namespace

TEST_CASE("secret octets are in no core dump and not given to child processes", "[server]") {
  SecretArena arena;
  auto secret = arena.take(100);
  REQUIRE(secret);
  CHECK(secret->size() == 100);
  const std::string flags = flags_at(secret->data());
  CHECK_THAT(flags, Catch::Contains(" dd ") && Catch::Contains(" dc "));
}

TEST_CASE("secret octets are wiped when they are freed, by whatever thread", "[server]") {
  SecretArena arena;
  auto kept = arena.take(1);  // keeps the memory where it is
  auto secret = arena.take(1000);
  REQUIRE((kept && secret));
  std::memset(secret->data(), 0x5a, secret->size());
  const std::byte* const place = secret->data();
  std::ptrdiff_t seen = 0;
  std::thread([&, moved = std::move(*secret)] {
    seen = std::ranges::count(moved.view(), std::byte{0x5a});
  }).join();
  CHECK(seen == 1000);
  CHECK(std::count(place, place + 1000, std::byte{0x5a}) == 0);
}

TEST_CASE("secret octets outlive the arena that they are from", "[server]") {
  std::vector<SecretBytes> secrets;
  {
    SecretArena arena;
    for (std::size_t i = 0; i < 15'000; ++i) {
      auto secret = arena.take(1 + i % 700);
      REQUIRE(secret);
      REQUIRE(std::ranges::count(secret->view(), std::byte{0}) ==
              static_cast<std::ptrdiff_t>(secret->size()));
      std::memset(secret->data(), static_cast<int>(i % 251), secret->size());
      secrets.push_back(std::move(*secret));
    }
  }
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const auto value = static_cast<std::byte>(i % 251);
    REQUIRE(std::ranges::all_of(secrets[i].view(), [&](std::byte one) { return one == value; }));
  }
  // Two threads free what lies in the same memory.
  std::vector<SecretBytes> half;
  for (std::size_t i = 0; i < secrets.size(); i += 2) half.push_back(std::move(secrets[i]));
  std::thread other([&] { half.clear(); });
  secrets.clear();
  other.join();
}

TEST_CASE("more secret octets than a piece of memory has get one of their own", "[server]") {
  SecretArena arena;
  auto small = arena.take(10);
  auto large = arena.take(8U << 20U);
  REQUIRE((small && large));
  std::memset(large->data(), 1, large->size());
  CHECK(small->view()[9] == std::byte{0});
  CHECK_FALSE(arena.take(std::size_t{1} << 60U));
  CHECK(arena.take(0)->empty());
}
