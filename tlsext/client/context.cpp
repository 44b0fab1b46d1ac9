// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/client/context.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <exception>

#include "tlsext/client/chain_extension.hpp"
#include "tlsext/client/client_state.hpp"
#include "tlsext/record/context_settings.hpp"

namespace mooring::tlsext {
namespace {

WOLFSSL_METHOD* method_of(const ClientSettings& settings) {
  if (settings.maximum == Version::tls12) return wolfTLSv1_2_client_method();
  return settings.minimum == Version::tls13 ? wolfTLSv1_3_client_method()
                                            : wolfSSLv23_client_method();
}

}  // namespace

Result<std::shared_ptr<ClientContext>> ClientContext::create(const ClientSettings& settings) try {
  init_wolfssl();
  auto state = std::make_shared<ClientState>();
  if (settings.minimum > settings.maximum) {
    return failure(ErrorCode::configuration, "no TLS version is left");
  }
  state->ssl.reset(wolfSSL_CTX_new(method_of(settings)));
  if (!state->ssl || !set_up(state->ssl.get(), settings.minimum)) {
    return failure(ErrorCode::configuration, "TLS cannot start");
  }
  state->alpn = alpn_list(settings.alpn);
  state->maximum = settings.maximum;
  install_chain_request(state->ssl.get());
  install_certificate_capture(state->ssl.get());
  return std::shared_ptr<ClientContext>(new ClientContext(std::move(state)));
} catch (const std::exception& error) {
  return failure(ErrorCode::configuration, error.what());
}

ClientContext::ClientContext(std::shared_ptr<ClientState> state) : state_(std::move(state)) {}

}  // namespace mooring::tlsext
