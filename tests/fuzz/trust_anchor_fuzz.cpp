// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dnschain/proof/trust_anchor.hpp"

using namespace mooring::dnschain;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// An error names the place; what was accepted can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto anchor = TrustAnchor::parse(text, "file");
  if (!anchor) {
    expect(anchor.error().context.rfind("file:", 0) == 0);
    return 0;
  }
  std::string again;
  for (const Record& record : anchor->records()) again += to_text(record) + "\n";
  const auto second = TrustAnchor::parse(again, "again");
  expect(second && second->records() == anchor->records());
  return 0;
}
