// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/certificates.hpp"
#include "support/tls_pipe.hpp"
#include "tlsext/client/context.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::test {

inline constexpr const char* kName = "dot.example.net";
inline constexpr std::uint16_t kPort = 853;

/// Made once: a key costs time, above all with sanitizers.
inline const Certificate& certificate_of(std::string_view name, KeyType key = KeyType::p256) {
  static std::map<std::pair<std::string, KeyType>, Certificate> made;
  const std::pair wanted{std::string(name), key};
  auto found = made.find(wanted);
  if (found == made.end()) {
    found = made.emplace(wanted, make_certificate(wanted.first, {key, false, false, {}})).first;
  }
  return found->second;
}

inline tlsext::Identity identity_of(const std::string& name, KeyType key = KeyType::p256) {
  const Certificate& made = certificate_of(name, key);
  return {name, made.certificate_pem, made.private_key_pem};
}

/// A body of `size` octets, no two of which near each other are alike.
inline tlsext::ChainBytes chain_of(std::size_t size) {
  tlsext::Bytes octets(size);
  for (std::size_t i = 0; i < size; ++i)
    octets[i] = static_cast<std::byte>((i * 7 + i / 251) & 255);
  return std::make_shared<const tlsext::Bytes>(std::move(octets));
}

/// A source that has `chain` for kName and kPort alone.
inline tlsext::ChainSource source_of(tlsext::ChainBytes chain) {
  return [chain](std::string_view name, std::uint16_t port) {
    return name == kName && port == kPort ? chain : nullptr;
  };
}

inline tlsext::ServerSettings server_settings(tlsext::ChainBytes chain = nullptr) {
  tlsext::ServerSettings settings;
  settings.identities = {identity_of(kName)};
  if (chain) settings.chain_source = source_of(std::move(chain));
  return settings;
}

/// The value; a test that needs it ends here without it.
template <class T>
T must(tlsext::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  return std::move(*result);
}

inline std::shared_ptr<tlsext::ServerContext> server_context(tlsext::ServerSettings settings) {
  auto context = tlsext::ServerContext::create(std::move(settings));
  return must(std::move(context));
}

inline std::shared_ptr<tlsext::ClientContext> client_context(
    tlsext::Version maximum = tlsext::Version::tls13, tlsext::ClientSettings settings = {}) {
  settings.maximum = maximum;
  auto context = tlsext::ClientContext::create(std::move(settings));
  return must(std::move(context));
}

/// A pipe whose client asks for `name` and, unless it is 0, for the chain of `port`.
inline TlsPipe join(tlsext::ServerContext& server, tlsext::ClientContext& client,
                    const std::string& name = kName, std::uint16_t port = kPort,
                    std::size_t piece = SIZE_MAX,
                    std::shared_ptr<const tlsext::Bytes> ticket = nullptr) {
  tlsext::ClientRequest request;
  request.server_name = name;
  if (port != 0) request.chain_port = port;
  request.resumption = std::move(ticket);
  auto connecting = must(tlsext::ClientSession::connect(client, std::move(request)));
  auto accepting = must(tlsext::ServerSession::accept(server));
  return {std::move(connecting), std::move(accepting), piece};
}

}  // namespace mooring::test
