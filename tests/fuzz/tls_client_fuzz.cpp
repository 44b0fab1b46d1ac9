// SPDX-License-Identifier: GPL-3.0-or-later
// What a server may send to a client that has said hello: the first octet says which versions the
// client speaks, the second how the rest is cut.
#include <cstdlib>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

tlsext::ClientContext& context(bool tls13) {
  static const auto both = client_context(tlsext::Version::tls13);
  static const auto old = client_context(tlsext::Version::tls12);
  return tls13 ? *both : *old;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[1] == 0 ? SIZE_MAX : data[1];
  const tlsext::ByteView octets(reinterpret_cast<const std::byte*>(data + 2), size - 2);
  tlsext::ClientRequest request;
  request.server_name = kName;
  if ((data[0] & 2) == 0) request.chain_port = kPort;
  auto session = must(tlsext::ClientSession::connect(context((data[0] & 1) == 0), request));
  CollectingSink sink;
  if (!session.start(sink)) std::abort();
  const auto result = feed(session, octets, sink, piece);
  if (session.state() == tlsext::SessionState::open || !sink.plaintext.empty()) std::abort();
  if (!result && session.state() != tlsext::SessionState::failed) std::abort();
  if (session.dnssec_chain() && !request.chain_port) std::abort();
  session.close(sink);
  return 0;
}
