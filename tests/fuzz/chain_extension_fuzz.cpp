// SPDX-License-Identifier: GPL-3.0-or-later
// The extension's bodies: of the client, put into a hello, and of the server, through a handshake.
#include <cstdlib>

#include "support/client_hello.hpp"
#include "support/tls_fixture.hpp"
#include "tlsext/extension/codec.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

tlsext::ChainBytes chain;

tlsext::ServerContext& server() {
  static const auto made = [] {
    auto settings = server_settings();
    settings.chain_source = [](std::string_view, std::uint16_t) { return chain; };
    return server_context(std::move(settings));
  }();
  return *made;
}

// Two octets are a port; anything else ends the handshake.
void request(const std::string& body, bool tls13) {
  ClientHello hello{.server_name = kName, .alpn = {}, .extensions = {}};
  hello.tls13 = tls13;
  hello.extensions = {{tlsext::kDnssecChainType, body}};
  auto session = must(tlsext::ServerSession::accept(server()));
  CollectingSink sink;
  const bool good = session.receive(bytes_of(hello.records()), sink).has_value();
  expect(good == (body.size() == 2));
  const auto port = tlsext::parse_chain_request(bytes_of(body));
  expect(port.has_value() == good && (!good || port == session.requested_chain_port()));
}

void answer(tlsext::ByteView body, bool tls13) {
  static const auto both = client_context(tlsext::Version::tls13);
  static const auto old = client_context(tlsext::Version::tls12);
  chain = std::make_shared<const tlsext::Bytes>(body.begin(), body.end());
  TlsPipe pipe = join(server(), tls13 ? *both : *old);
  pipe.run();
  expect(pipe.both_open());
  const auto received = pipe.client().dnssec_chain();
  expect(!received || *received == *chain);
  expect(received || body.size() > 15000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 65535) return 0;
  const bool tls13 = (data[0] & 1) == 0;
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  if (body.size() < 60000) request(body, tls13);
  answer(bytes_of(body), tls13);
  return 0;
}
