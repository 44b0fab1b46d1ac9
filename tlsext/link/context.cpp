// SPDX-License-Identifier: GPL-3.0-or-later
#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include <exception>

#include "tlsext/link/key_pin.hpp"
#include "tlsext/link/link.hpp"
#include "tlsext/link/link_state.hpp"
#include "tlsext/record/context_settings.hpp"

namespace mooring::tlsext {
namespace {

int on_certificate(int /*verified*/, WOLFSSL_X509_STORE_CTX* store) noexcept try {
  auto& session = *static_cast<LinkSession::Impl*>(store->userCtx);
  if (store->totalCerts < 1) return 0;
  // Of what was sent the first is the one whose key signs the handshake (RFC 8446, 4.4.2). Dates,
  // names and issuers say nothing here.
  const auto* der = reinterpret_cast<const std::byte*>(store->certs[0].buffer);
  return session.takes_certificate({der, store->certs[0].length}) ? 1 : 0;
} catch (...) {
  return 0;
}

Result<SslContextPtr> make_context(WOLFSSL_METHOD* method, const LinkSettings& settings) {
  SslContextPtr context(wolfSSL_CTX_new(method));
  if (!context || !set_up(context.get(), Version::tls13)) {
    return failure(ErrorCode::configuration, "TLS cannot start");
  }
  if (auto used = use_certificate(context.get(), "the link", settings.certificate_pem,
                                  settings.private_key_pem);
      !used) {
    return tl::unexpected(std::move(used.error()));
  }
  wolfSSL_CTX_set_verify(context.get(), WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         on_certificate);
  return context;
}

Result<void> check_peers(const std::vector<LinkPeer>& peers) {
  if (peers.empty()) return failure(ErrorCode::configuration, "a link needs a peer");
  for (std::size_t i = 0; i < peers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (peers[i].name == peers[j].name) {
        return failure(ErrorCode::configuration, "two peers are called " + peers[i].name);
      }
      if (peers[i].pin == peers[j].pin) {
        return failure(ErrorCode::configuration,
                       peers[j].name + " and " + peers[i].name + " have the same key");
      }
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<LinkContext>> LinkContext::create(LinkSettings settings) try {
  init_wolfssl();
  if (settings.protocol.empty()) {
    return failure(ErrorCode::configuration, "a link needs a protocol");
  }
  if (auto checked = check_peers(settings.peers); !checked) {
    return tl::unexpected(std::move(checked.error()));
  }
  auto connecting = make_context(wolfTLSv1_3_client_method(), settings);
  if (!connecting) return tl::unexpected(std::move(connecting.error()));
  auto accepting = make_context(wolfTLSv1_3_server_method(), settings);
  if (!accepting) return tl::unexpected(std::move(accepting.error()));
  auto state = std::make_shared<LinkState>();
  state->peers = std::move(settings.peers);
  state->alpn = std::move(settings.protocol);
  state->connecting = std::move(*connecting);
  state->accepting = std::move(*accepting);
  return std::shared_ptr<LinkContext>(new LinkContext(std::move(state)));
} catch (const std::exception& error) {
  return failure(ErrorCode::configuration, error.what());
}

LinkContext::LinkContext(std::shared_ptr<LinkState> state) : state_(std::move(state)) {}

}  // namespace mooring::tlsext
