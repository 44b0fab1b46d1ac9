// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/server/context.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <exception>

#include "tlsext/extension/codec.hpp"
#include "tlsext/record/context_settings.hpp"
#include "tlsext/server/chain_extension.hpp"
#include "tlsext/server/server_state.hpp"

namespace mooring::tlsext {
namespace {

constexpr std::chrono::seconds kMaxTicketLifetime = std::chrono::hours{24 * 7};

Result<SslContextPtr> make_ssl_context(const Identity& identity, const ServerSettings& settings,
                                       TicketSealer& sealer) {
  SslContextPtr context(wolfSSL_CTX_new(wolfSSLv23_server_method()));
  if (!context || !set_up(context.get(), settings.minimum)) {
    return failure(ErrorCode::configuration, "TLS cannot start");
  }
  if (auto used = use_certificate(context.get(), identity.name, identity.certificate_pem,
                                  identity.private_key_pem);
      !used) {
    return tl::unexpected(std::move(used.error()));
  }
  const auto lifetime = static_cast<int>(settings.ticket_lifetime.count());
  wolfSSL_CTX_set_timeout(context.get(), static_cast<unsigned>(lifetime));
  wolfSSL_CTX_set_TicketHint(context.get(), lifetime);
  sealer.install(context.get());
  install_chain_extension(context.get());
  install_identity_selection(context.get());
  return context;
}

}  // namespace

WOLFSSL_CTX* ServerState::find(std::string_view name) const {
  const auto found = std::find_if(identities.begin(), identities.end(),
                                  [&](const NamedContext& entry) { return entry.name == name; });
  return found == identities.end() ? nullptr : found->ssl.get();
}

Result<std::shared_ptr<ServerContext>> ServerContext::create(ServerSettings settings) try {
  init_wolfssl();
  if (settings.identities.empty()) {
    return failure(ErrorCode::configuration, "a server needs an identity");
  }
  if (settings.ticket_lifetime < std::chrono::seconds{1} ||
      settings.ticket_lifetime > kMaxTicketLifetime) {  // RFC 8446, 4.6.1
    return failure(ErrorCode::configuration,
                   "a ticket's lifetime is between one second and seven days");
  }
  auto state = std::make_shared<ServerState>();
  state->sealer = std::make_unique<TicketSealer>(settings.ticket_keys);
  for (const Identity& identity : settings.identities) {
    auto context = make_ssl_context(identity, settings, *state->sealer);
    if (!context) return tl::unexpected(std::move(context.error()));
    state->identities.push_back({canonical_name(identity.name), std::move(*context)});
  }
  state->chain_source = std::move(settings.chain_source);
  state->alpn = alpn_list(settings.alpn);
  state->tickets = settings.ticket_keys != nullptr;
  return std::shared_ptr<ServerContext>(new ServerContext(std::move(state)));
} catch (const std::exception& error) {
  return failure(ErrorCode::configuration, error.what());
}

ServerContext::ServerContext(std::shared_ptr<ServerState> state) : state_(std::move(state)) {}

void ServerContext::set_ticket_keys(const std::shared_ptr<const TicketKeySet>& keys) {
  state_->tickets = keys != nullptr;
  state_->sealer->set_keys(keys);
}

const ServerCounters& ServerContext::counters() const {
  return state_->counters;
}

}  // namespace mooring::tlsext
