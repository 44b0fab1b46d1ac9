// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "dnschain/dane/dane.hpp"

using namespace mooring::dnschain;

namespace {

/// Takes a part of the input: two octets of length, then that many or what is left.
Bytes take(ByteView& input) {
  if (input.size() < 2) return {};
  const std::size_t wanted =
      std::to_integer<std::size_t>(input[0]) * 256 + std::to_integer<std::size_t>(input[1]);
  input = input.subspan(2);
  const std::size_t size = std::min(wanted, input.size());
  const Bytes part(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
  input = input.subspan(size);
  return part;
}

}  // namespace

// Usage, selector and matching type in three octets, then the record's data, a raw public key, and
// certificates.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  ByteView input(reinterpret_cast<const std::byte*>(data), size);
  TlsaRecord record{data[0], data[1], data[2], {}};
  input = input.subspan(3);
  record.data = take(input);
  PresentedIdentity presented;
  presented.raw_public_key = take(input);
  while (input.size() >= 2) presented.certificates.push_back(take(input));
  presented.pkix_path = presented.certificates;
  const auto service = Service::create("www.example.org", Port{443}).value();
  const auto result = dane_authenticate({record}, presented, service,
                                        WallTime(std::chrono::seconds(1'560'000'000)));
  if (result.reason.empty()) std::abort();
  if (result.authenticated && !is_usable(record)) std::abort();
  return 0;
}
