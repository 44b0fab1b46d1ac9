// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/tls_context.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <exception>

#include "tlsext/chain_extension.hpp"
#include "tlsext/context_state.hpp"
#include "tlsext/extension/codec.hpp"

namespace mooring::tlsext {
namespace {

// Forward secrecy and AEAD only (RFC 9325, 4.2). The order is the server's preference.
constexpr const char* kCiphers =
    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr std::chrono::seconds kMaxTicketLifetime = std::chrono::hours{24 * 7};

tl::unexpected<Error> unusable(std::string what, ErrorCode code = ErrorCode::configuration) {
  return tl::unexpected(Error{code, std::nullopt, std::move(what)});
}

std::string reason(int code) {
  const char* text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  return text != nullptr ? text : "error " + std::to_string(code);
}

const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

// Settings that both roles share.
bool set_up(WOLFSSL_CTX* context, Version minimum) {
  int groups[] = {WOLFSSL_X25519MLKEM768, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1,
                  WOLFSSL_ECC_SECP384R1};
  bool good = wolfSSL_CTX_set_cipher_list(context, kCiphers) == WOLFSSL_SUCCESS &&
              wolfSSL_CTX_set_groups(context, groups, std::size(groups)) == WOLFSSL_SUCCESS &&
              wolfSSL_CTX_new_rng(context) == WOLFSSL_SUCCESS;
  const int version = minimum == Version::tls13 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;
  good = good && wolfSSL_CTX_SetMinVersion(context, version) == WOLFSSL_SUCCESS;
  // Forward secrecy on resumption too. A context of TLS 1.2 alone does not take it, nor need it.
  wolfSSL_CTX_only_dhe_psk(context);
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  install_chain_extension(context);
  return good;
}

Result<SslContextPtr> server_ssl(const Identity& identity, const ServerSettings& settings,
                                 TicketSealer& sealer) {
  SslContextPtr context(wolfSSL_CTX_new(wolfSSLv23_server_method()));
  if (!context || !set_up(context.get(), settings.minimum)) return unusable("TLS cannot start");
  const std::string& certificate = identity.certificate_pem;
  const std::string& key = identity.private_key_pem;
  int code = wolfSSL_CTX_use_certificate_chain_buffer(context.get(), octets(certificate),
                                                      static_cast<long>(certificate.size()));
  if (code != WOLFSSL_SUCCESS) {
    return unusable("certificate of " + identity.name + ": " + reason(code));
  }
  code = wolfSSL_CTX_use_PrivateKey_buffer(context.get(), octets(key),
                                           static_cast<long>(key.size()), WOLFSSL_FILETYPE_PEM);
  if (code != WOLFSSL_SUCCESS) {
    return unusable("private key of " + identity.name + ": " + reason(code),
                    ErrorCode::private_key);
  }
  if (wolfSSL_CTX_check_private_key(context.get()) != WOLFSSL_SUCCESS) {
    return unusable("private key of " + identity.name + " is not that of its certificate",
                    ErrorCode::private_key);
  }
  const auto lifetime = static_cast<int>(settings.ticket_lifetime.count());
  wolfSSL_CTX_set_timeout(context.get(), static_cast<unsigned>(lifetime));
  wolfSSL_CTX_set_TicketHint(context.get(), lifetime);
  sealer.install(context.get());
  return context;
}

WOLFSSL_METHOD* client_method(const ClientSettings& settings) {
  if (settings.maximum == Version::tls12) return wolfTLSv1_2_client_method();
  return settings.minimum == Version::tls13 ? wolfTLSv1_3_client_method()
                                            : wolfSSLv23_client_method();
}

}  // namespace

WOLFSSL_CTX* ServerState::find(std::string_view name) const {
  const auto found = std::find_if(identities.begin(), identities.end(),
                                  [&](const NamedContext& entry) { return entry.name == name; });
  return found == identities.end() ? nullptr : found->ssl.get();
}

Result<std::shared_ptr<ServerContext>> ServerContext::create(ServerSettings settings) try {
  init_wolfssl();
  if (settings.identities.empty()) return unusable("a server needs an identity");
  if (settings.ticket_lifetime < std::chrono::seconds{1} ||
      settings.ticket_lifetime > kMaxTicketLifetime) {  // RFC 8446, 4.6.1
    return unusable("a ticket's lifetime is between one second and seven days");
  }
  auto state = std::make_shared<ServerState>();
  state->sealer = std::make_unique<TicketSealer>(settings.ticket_keys);
  for (const Identity& identity : settings.identities) {
    auto context = server_ssl(identity, settings, *state->sealer);
    if (!context) return tl::unexpected(context.error());
    state->identities.push_back({canonical_name(identity.name), std::move(*context)});
    install_identity_selection(state->identities.back().ssl.get());
  }
  state->chain_source = std::move(settings.chain_source);
  state->alpn = joined(settings.alpn);
  state->tickets = settings.ticket_keys != nullptr;
  return std::shared_ptr<ServerContext>(
      new ServerContext(std::make_unique<Impl>(Impl{std::move(state)})));
} catch (const std::exception& error) {
  return unusable(error.what());
}

ServerContext::ServerContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerContext::~ServerContext() = default;

void ServerContext::set_ticket_keys(const std::shared_ptr<const TicketKeySet>& keys) {
  impl_->state->tickets = keys != nullptr;
  impl_->state->sealer->set_keys(keys);
}

const ServerCounters& ServerContext::counters() const {
  return impl_->state->counters;
}

Result<std::shared_ptr<ClientContext>> ClientContext::create(const ClientSettings& settings) try {
  init_wolfssl();
  auto state = std::make_shared<ClientState>();
  if (settings.minimum > settings.maximum) return unusable("no TLS version is left");
  state->ssl.reset(wolfSSL_CTX_new(client_method(settings)));
  if (!state->ssl || !set_up(state->ssl.get(), settings.minimum)) {
    return unusable("TLS cannot start");
  }
  WOLFSSL_CTX* context = state->ssl.get();
  state->alpn = joined(settings.alpn);
  state->maximum = settings.maximum;
  install_certificate_capture(context);
  return std::shared_ptr<ClientContext>(
      new ClientContext(std::make_unique<Impl>(Impl{std::move(state)})));
} catch (const std::exception& error) {
  return unusable(error.what());
}

ClientContext::ClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientContext::~ClientContext() = default;

}  // namespace mooring::tlsext
