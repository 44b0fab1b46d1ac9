// SPDX-License-Identifier: GPL-3.0-or-later
// What comes over the socket between server and handover helper, on either side: refused, or
// exactly what is written again.
#include <algorithm>
#include <cstdlib>

#include "server/handover/helper/request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mooring::server;
  const auto octets = std::as_bytes(std::span(data, size));
  if (const auto request = decode_request(octets)) {
    if (!std::ranges::equal(encode_request(*request), octets)) std::abort();
  }
  // An answer that is no answer is an error like one that is.
  if (const auto answer = decode_answer(octets)) {
    if (!std::ranges::equal(encode_answer(answer), octets)) std::abort();
  }
  return 0;
}
