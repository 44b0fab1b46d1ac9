// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "dnschain/build/builder.hpp"
#include "dnschain/dns/wire.hpp"

using namespace mooring::dnschain;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

/// The input is a row of answers, each after its length. One that begins as a response is given as
/// it is; of another the first two octets count the records of its sections and the rest stands
/// for them, behind the question that was asked.
Bytes answer_to(const Question& question, ByteView octets) {
  if (octets.size() >= 12 && (octets[2] & std::byte{0x80}) != std::byte{0})
    return Bytes(octets.begin(), octets.end());
  WireReader reader(octets);
  const std::uint8_t answers = reader.u8().value_or(0);
  const std::uint8_t authorities = reader.u8().value_or(0);
  Bytes out = encode_query(question, 0);
  out.resize(out.size() - 11);  // without the OPT record
  out[2] |= std::byte{0x80};
  out[7] = std::byte{answers};
  out[9] = std::byte{authorities};
  out[11] = std::byte{0};
  WireWriter(out).append(*reader.take(reader.remaining()));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BuilderLimits limits;
  const WallTime now{std::chrono::seconds(1'750'000'000)};
  WireReader input(ByteView(reinterpret_cast<const std::byte*>(data), size));
  Builder builder(Service::create("dns.example.com", Port{853}).value(), limits);
  do {
    std::size_t asked = 0;
    while (!builder.done()) {
      const auto questions = builder.take_questions();
      expect(!questions.empty());  // or it would wait for ever
      asked += questions.size();
      expect(asked <= limits.questions);
      for (const Question& question : questions) {
        const std::size_t length = input.u16().value_or(0);
        const auto octets = input.take(std::min(length, input.remaining()));
        builder.answer(question, answer_to(question, *octets), now);
      }
    }
  } while (builder.ask_again());
  const auto chain = builder.result();
  expect(chain.has_value() ? !chain->records.empty() : !chain.error().context.empty());
  return 0;
}
