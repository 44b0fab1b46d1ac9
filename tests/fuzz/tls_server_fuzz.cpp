// SPDX-License-Identifier: GPL-3.0-or-later
// What anyone may send to a server: the first octet says how the rest is cut.
#include <cstdlib>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

tlsext::ServerContext& context() {
  static const auto made = [] {
    auto settings = server_settings(chain_of(4096));
    settings.identities.push_back(identity_of("other.example.net", KeyType::ed25519));
    settings.ticket_keys = tlsext::TicketKeySet::create();
    return server_context(std::move(settings));
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] == 0 ? SIZE_MAX : data[0];
  const tlsext::ByteView octets(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  auto session = must(tlsext::ServerSession::accept(context()));
  CollectingSink sink;
  const auto result = feed(session, octets, sink, piece);
  // Nobody who knows no key gets a session open.
  if (session.state() == tlsext::SessionState::open || !sink.plaintext.empty()) std::abort();
  if (!result && session.state() != tlsext::SessionState::failed) std::abort();
  session.close(sink);
  return 0;
}
