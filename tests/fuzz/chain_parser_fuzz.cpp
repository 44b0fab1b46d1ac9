// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "dnschain/proof/serialiser.hpp"

using namespace mooring::dnschain;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// What was accepted must be written as the very octets it was read from, and read again the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(reinterpret_cast<const std::byte*>(data), size);
  const auto body = parse_extension_body(octets);
  if (!body) return 0;
  expect(std::ranges::equal(serialise(*body), octets));
  for (const Record& record : body->records) expect(!to_text(record).empty());
  return 0;
}
