// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/dot_client.hpp"

namespace mooring::tools {

namespace {

tl::unexpected<Failure> tls_trouble(const std::string& peer, const tlsext::Error& error) {
  return trouble("TLS with " + peer + ": " + error.context);
}

}  // namespace

DotClient::DotClient(TcpSocket socket, std::shared_ptr<tlsext::ClientContext> context,
                     tlsext::ClientSession session)
    : socket_(std::move(socket)), context_(std::move(context)), session_(std::move(session)) {}

DotClient::~DotClient() = default;

Outcome<std::unique_ptr<DotClient>> DotClient::connect(const DotSettings& settings) {
  const Deadline deadline = deadline_in(settings.timeout);
  tlsext::ClientSettings client;
  client.minimum = settings.minimum;
  client.maximum = settings.maximum;
  auto context = tlsext::ClientContext::create(std::move(client));
  if (!context) return trouble("TLS: " + context.error().context);
  auto session = tlsext::ClientSession::connect(
      **context, {settings.server_name, settings.chain_port, nullptr});
  if (!session) return trouble("TLS: " + session.error().context);
  auto socket = TcpSocket::connect(settings.server, deadline, settings.family);
  if (!socket) return tl::make_unexpected(socket.error());
  std::unique_ptr<DotClient> dot(
      new DotClient(*std::move(socket), *std::move(context), *std::move(session)));
  if (auto done = dot->handshake(deadline); !done) return tl::make_unexpected(done.error());
  return dot;
}

Outcome<void> DotClient::handshake(Deadline deadline) {
  if (auto started = session_.start(*this); !started) {
    return tls_trouble(peer(), started.error());
  }
  if (auto sent = flush(deadline); !sent) return sent;
  while (session_.state() == tlsext::SessionState::handshaking) {
    if (auto pumped = pump(deadline); !pumped) return pumped;
  }
  return {};
}

Outcome<void> DotClient::pump(Deadline deadline) {
  const auto octets = socket_.receive(deadline);
  if (!octets) return tl::make_unexpected(octets.error());
  if (octets->empty()) {
    const bool early = session_.state() == tlsext::SessionState::handshaking;
    return trouble(peer() + ": the server closed the connection" +
                   (early ? " during the handshake" : ""));
  }
  const auto taken = session_.receive(*octets, *this);
  // An alert may be among what is to be sent: let the peer have it before giving up.
  auto sent = flush(deadline);
  if (!taken) return tls_trouble(peer(), taken.error());
  return sent;
}

Outcome<void> DotClient::flush(Deadline deadline) {
  const dnschain::Bytes octets = std::exchange(to_send_, {});
  return socket_.send(octets, deadline);
}

Outcome<void> DotClient::send(dnschain::ByteView framed_messages, Deadline deadline) {
  if (auto sealed = session_.send(framed_messages, *this); !sealed) {
    return tls_trouble(peer(), sealed.error());
  }
  return flush(deadline);
}

Outcome<dnschain::Bytes> DotClient::receive(Deadline deadline) {
  for (;;) {
    if (auto message = received_.next()) return *std::move(message);
    if (session_.state() != tlsext::SessionState::open) {
      return trouble(peer() + ": the server closed the session");
    }
    if (auto pumped = pump(deadline); !pumped) return tl::make_unexpected(pumped.error());
  }
}

void DotClient::close() {
  session_.close(*this);
  static_cast<void>(flush(deadline_in(std::chrono::milliseconds{200})));
}

dnschain::PresentedIdentity DotClient::presented() const {
  return {session_.peer_certificates(), session_.peer_raw_public_key(), {}};
}

void DotClient::on_ciphertext(tlsext::ByteView octets) {
  to_send_.insert(to_send_.end(), octets.begin(), octets.end());
}

void DotClient::on_plaintext(tlsext::ByteView octets) {
  received_.feed(octets);
}

std::string version_name(tlsext::Version version) {
  return version == tlsext::Version::tls12 ? "TLS 1.2" : "TLS 1.3";
}

}  // namespace mooring::tools
