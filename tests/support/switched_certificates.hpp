// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "dnschain/dane/tlsa_history.hpp"
#include "dnschain/keep/chain_table.hpp"
#include "server/config/config.hpp"
#include "support/certificates.hpp"

namespace mooring::test {

inline constexpr dnschain::WallTime kNow{std::chrono::seconds{1'800'000'000}};

inline dnschain::Service service() {
  return dnschain::Service::create("dot.example", dnschain::Port(853)).value();
}

/// "3 0 0": the certificate itself.
inline dnschain::TlsaRecord record_of(const Certificate& certificate) {
  dnschain::TlsaRecord out{3, 0, 0, {}};
  out.data.resize(certificate.der.size());
  std::memcpy(out.data.data(), certificate.der.data(), out.data.size());
  return out;
}

/// A configuration whose one identity has this certificate.
inline server::Config with(const Certificate& certificate) {
  server::Config config;
  server::IdentityConfig identity;
  identity.name = "dot.example";
  identity.certificate_pem = certificate.certificate_pem;
  identity.private_key_pem = certificate.private_key_pem;
  identity.services = {service()};
  config.identities = {identity};
  return config;
}

using Records = std::vector<dnschain::TlsaRecord>;

inline dnschain::ChainTable table_of(const dnschain::TlsaHistory& history) {
  dnschain::PublishedChain chain{.service = service(), .history = history.seen()};
  return dnschain::ChainTable({}, {std::move(chain)});
}

/// `records` are published, and have been for long.
inline dnschain::ChainTable chains(Records records) {
  dnschain::TlsaHistory history;
  history.saw(std::move(records), std::chrono::hours{1}, kNow - std::chrono::hours{24});
  return table_of(history);
}

/// One in use, and the next.
struct Certificates {
  Certificate old_one = make_certificate("dot.example");
  Certificate new_one = make_certificate("dot.example");
};

}  // namespace mooring::test
