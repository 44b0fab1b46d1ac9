// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <openssl/sha.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/tls_fixture.hpp"
#include "tlsext/link/link.hpp"

namespace mooring::test {

inline constexpr const char* kLinkProtocol = "mooring-handover/1";

[[nodiscard]] inline tlsext::KeyPin sha256_of(std::string_view octets) {
  tlsext::KeyPin digest{};
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

/// A host of the links in these tests: its certificate is made once for each name.
[[nodiscard]] inline tlsext::LinkPeer link_peer(const std::string& name,
                                                KeyType key = KeyType::p256) {
  return {name, must(tlsext::key_pin_of(certificate_of(name, key).certificate_pem))};
}

[[nodiscard]] inline tlsext::LinkSettings link_settings(const std::string& name,
                                                        std::vector<tlsext::LinkPeer> peers,
                                                        KeyType key = KeyType::p256) {
  const Certificate& own = certificate_of(name, key);
  return {own.certificate_pem, own.private_key_pem, kLinkProtocol, std::move(peers)};
}

[[nodiscard]] inline std::shared_ptr<tlsext::LinkContext> link_context(
    tlsext::LinkSettings settings) {
  return must(tlsext::LinkContext::create(std::move(settings)));
}

using LinkPipe = SessionPipe<tlsext::LinkSession, tlsext::LinkSession>;

/// The first context connects to `peer` of its peers, the second accepts.
[[nodiscard]] inline LinkPipe join_link(tlsext::LinkContext& connecting,
                                        tlsext::LinkContext& accepting,
                                        const std::string& peer = "backend",
                                        std::size_t piece = SIZE_MAX) {
  return {must(tlsext::LinkSession::connect(connecting, peer)),
          must(tlsext::LinkSession::accept(accepting)), piece};
}

}  // namespace mooring::test
