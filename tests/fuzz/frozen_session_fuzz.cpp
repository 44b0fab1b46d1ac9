// SPDX-License-Identifier: GPL-3.0-or-later
// A session as a value, from whoever claims to have had it; after it, what its client sends. The
// first two octets say how long the value is.
#include <cstdlib>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto context = server_context(server_settings());
  static tlsext::SecretMemory memory;
  if (size < 2) return 0;
  const tlsext::ByteView octets(reinterpret_cast<const std::byte*>(data + 2), size - 2);
  const std::size_t length =
      std::min<std::size_t>(octets.size(), std::size_t{data[0]} << 8U | data[1]);
  const auto value = tlsext::FrozenSession::decode(octets.first(length), memory);
  if (!value) return 0;
  tlsext::Bytes again(value->encoded_size());
  value->encode(again.data());
  if (!std::ranges::equal(again, octets.first(length))) std::abort();
  auto session = tlsext::ServerSession::thaw(*context, *value);
  if (!session) return 0;
  CollectingSink sink;
  if (session->receive(value->records.unread, sink) &&
      session->receive(octets.subspan(length), sink) &&
      session->state() == tlsext::SessionState::open) {
    // Its sequence numbers may be at their end.
    if (!session->send(bytes_of("answer"), sink) &&
        session->state() != tlsext::SessionState::failed)
      std::abort();
    static_cast<void>(session->freeze(memory));
  }
  return 0;
}
