// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dnschain/dns/name.hpp"

using namespace mooring::dnschain;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

// What was accepted must come back the same from its text and from its wire form.
void round_trip(const Name& name) {
  expect(name.wire().size() <= 255);
  const auto from_text = Name::parse(name.text());
  expect(from_text.has_value() && *from_text == name);
  WireReader reader(name.wire());
  const auto from_wire = Name::read(reader);
  expect(from_wire.has_value() && reader.empty() && *from_wire == name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* octets = reinterpret_cast<const std::byte*>(data);
  WireReader reader(ByteView(octets, size));
  if (const auto name = Name::read(reader)) round_trip(*name);
  const auto* text = reinterpret_cast<const char*>(data);
  if (const auto name = Name::parse(std::string_view(text, size))) round_trip(*name);
  return 0;
}
