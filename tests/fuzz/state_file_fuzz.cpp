// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/sha.h>

#include <cstdint>
#include <cstdlib>

#include "dnschain/dns/wire.hpp"
#include "dnschain/keep/state_file.hpp"

using namespace mooring::dnschain;

namespace {

constexpr std::size_t kHead = 18;  // magic and version

/// `content` with everything around it that makes it a state file: a fuzzer finds no digests.
Bytes framed(ByteView content) {
  Bytes out = encode_state({});
  out.resize(kHead);
  WireWriter writer(out);
  writer.u32(static_cast<std::uint32_t>(content.size()));
  writer.append(content);
  std::byte digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(out.data()), out.size(),
         reinterpret_cast<unsigned char*>(digest));
  writer.append(digest);
  return out;
}

void round_trip(const Result<KeeperState>& state) {
  if (!state) return;
  const auto again = decode_state(encode_state(*state));
  if (!again || *again != *state) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(reinterpret_cast<const std::byte*>(data), size);
  round_trip(decode_state(octets));
  round_trip(decode_state(framed(octets)));
  return 0;
}
