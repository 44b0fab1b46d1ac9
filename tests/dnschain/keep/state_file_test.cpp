// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/state_file.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "dnschain/dns/wire.hpp"
#include "dnschain/keep/sealed_file.hpp"
#include "dnschain/keep/state_store.hpp"
#include "support/scripted_answers.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using Catch::Contains;

KeeperState sample_state() {
  const auto at = [](int seconds) { return WallTime{std::chrono::seconds(seconds)}; };
  KeeperState state;
  state.services.push_back({Service::create("dns.example.com", Port{853}).value(),
                            at(1'600'000'000), at(1'500'000'000),
                            with_rrsig({tlsa("_853._tcp.dns.example.com.")}, "example.com.") +
                                with_rrsig({dnskey(".")}, ".")});
  const std::vector<TlsaRecord> records{{3, 1, 1, Bytes(32, std::byte{7})}, {2, 0, 2, {}}};
  state.services.back().history = {
      {records, std::chrono::seconds(3600), at(5), at(6), at(1'500'000'000)},
      {{}, std::chrono::seconds(0), at(7), at(8), at(8)}};
  state.services.push_back({Service::create("b.example", Port{443}).value(), at(0), at(0), {}});
  return state;
}

TEST_CASE("state file gives back what was written", "[dnschain]") {
  const KeeperState state = sample_state();
  CHECK(decode_state(encode_state(state)) == state);
  CHECK(decode_state(encode_state({})) == KeeperState());
}

TEST_CASE("state file of the first version is still read", "[dnschain]") {
  const KeeperState state = sample_state();
  Bytes content;
  WireWriter writer(content);
  const auto long_u64 = [&](std::uint32_t value) {
    writer.u32(0);
    writer.u32(value);
  };
  writer.u32(1);
  const std::string domain = "dns.example.com";
  writer.u16(static_cast<std::uint16_t>(domain.size()));
  writer.append(std::as_bytes(std::span(domain)));
  writer.u16(853);
  long_u64(1'600'000'000);
  long_u64(1'500'000'000);
  Bytes records;
  for (const Record& record : state.services.front().records) write_record(record, records);
  writer.u32(static_cast<std::uint32_t>(records.size()));
  writer.append(records);
  KeeperState expected;
  expected.services.push_back(state.services.front());
  expected.services.front().history.clear();
  CHECK(decode_state(seal("mooring state\n\x1a\x04", 1, content)) == expected);
}

TEST_CASE("state file that was cut anywhere is refused", "[dnschain]") {
  const Bytes whole = encode_state(sample_state());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(decode_state(ByteView(whole).first(size)).has_value());
}

TEST_CASE("state file with any bit changed is refused", "[dnschain]") {
  Bytes octets = encode_state(sample_state());
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    const std::byte flip{static_cast<unsigned char>(1U << (bit % 8))};
    octets[bit / 8] ^= flip;
    CHECK_FALSE(decode_state(octets).has_value());
    octets[bit / 8] ^= flip;
  }
}

TEST_CASE("state file with something behind it is refused", "[dnschain]") {
  Bytes octets = encode_state(sample_state());
  octets.push_back(std::byte{0});
  CHECK_FALSE(decode_state(octets).has_value());
}

TEST_CASE("state file of another version is told from a damaged one", "[dnschain]") {
  Bytes octets = encode_state(sample_state());
  octets[17] = std::byte{9};
  CHECK_THAT(decode_state(octets).error().context, Contains("version"));
}

/// A directory that is gone with its owner.
struct ScratchDirectory {
  std::filesystem::path path;
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mooring-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path); }
};

TEST_CASE("state store starts with nothing and gives back what was saved last", "[dnschain]") {
  const ScratchDirectory scratch;
  const StateStore store(scratch.path / "state");
  auto loaded = store.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->state == KeeperState());
  CHECK(loaded->set_aside.empty());
  REQUIRE(store.save({}).has_value());
  REQUIRE(store.save(sample_state()).has_value());
  CHECK(store.load()->state == sample_state());
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path / "state"), {}) == 1);
}

TEST_CASE("state store sets a file of no use aside and says so", "[dnschain]") {
  const ScratchDirectory scratch;
  const StateStore store(scratch.path);
  std::ofstream(store.file()) << "something else\n";
  const auto loaded = store.load();
  REQUIRE(loaded.has_value());
  CHECK(loaded->state == KeeperState());
  CHECK_THAT(loaded->set_aside, Contains("chains.state.damaged"));
  CHECK_FALSE(std::filesystem::exists(store.file()));
  CHECK(std::filesystem::exists(store.file().string() + ".damaged"));
  CHECK(store.load()->set_aside.empty());
}

TEST_CASE("state store passes over a file that a crash left half written", "[dnschain]") {
  const ScratchDirectory scratch;
  const StateStore store(scratch.path);
  REQUIRE(store.save(sample_state()).has_value());
  std::ofstream(store.file().string() + ".new") << "half";
  CHECK(store.load()->state == sample_state());
  CHECK(store.save({}).has_value());
  CHECK(store.load()->state == KeeperState());
}

TEST_CASE("state store says which file it cannot use", "[dnschain]") {
  const ScratchDirectory scratch;
  const StateStore nowhere(scratch.path / "missing" / "state");
  CHECK_THAT(nowhere.load().error().context, Contains("missing/state"));
  CHECK_THAT(nowhere.save({}).error().context, Contains("chains.state"));
  const StateStore store(scratch.path);
  std::filesystem::create_directory(store.file());
  CHECK_THAT(store.load().error().context, Contains("chains.state"));
}

}  // namespace
