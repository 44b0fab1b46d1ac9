// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>

#include "dnschain/dane/extension_pins.hpp"

using namespace mooring::dnschain;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(reinterpret_cast<const std::byte*>(data), size);
  const auto pins = decode_pins(octets);
  if (!pins) return 0;
  const auto again = decode_pins(encode_pins(*pins));
  if (!again || *again != *pins) std::abort();
  const ExtensionPins ledger(std::chrono::hours(24), *pins, {});
  if (ledger.pins().size() > pins->size()) std::abort();
  return 0;
}
