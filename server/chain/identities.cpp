// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/identities.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "dnschain/dane/certificate_files.hpp"
#include "dnschain/dane/pem.hpp"

namespace mooring::server {

namespace {

tlsext::Identity tls_identity(const IdentityConfig& identity) {
  return {identity.name, identity.certificate_pem, identity.private_key_pem};
}

bool readable_by_others(const std::string& file) {
  struct stat found {};
  return stat(file.c_str(), &found) == 0 && (found.st_mode & (S_IROTH | S_IWOTH)) != 0;
}

}  // namespace

Findings check_identities(const Config& config) {
  Findings errors;
  for (const IdentityConfig& identity : config.identities) {
    const auto faults = dnschain::judge_files(identity.certificate_pem, identity.private_key_pem);
    const std::string certificate = "\"" + identity.certificate_file + "\"";
    const std::string key = "\"" + identity.key_file + "\"";
    if (faults.certificate)
      errors.push_back({identity.certificate_place, certificate + " " + *faults.certificate});
    if (faults.key) errors.push_back({identity.key_place, key + " " + *faults.key});
    if (faults.certificate || faults.key) continue;
    tlsext::ServerSettings settings;
    settings.identities = {tls_identity(identity)};
    const auto context = tlsext::ServerContext::create(std::move(settings));
    if (!context && context.error().code == tlsext::ErrorCode::private_key) {
      errors.push_back({identity.key_place, key + ": " + context.error().context});
    } else if (!context) {
      errors.push_back({identity.certificate_place, certificate + ": " + context.error().context});
    }
  }
  return errors;
}

Findings identity_warnings(const Config& config, dnschain::WallTime now) {
  Findings warnings;
  std::set<std::string> open_keys;
  for (const IdentityConfig& identity : config.identities) {
    std::string all;
    for (const auto& one : dnschain::pkix_findings(identity.certificate_pem, identity.name, now))
      all += (all.empty() ? "" : "; ") + one;
    if (!all.empty()) {
      warnings.push_back({identity.certificate_place,
                          "\"" + identity.certificate_file +
                              "\": clients that check certificates may refuse it for " +
                              identity.name +
                              " (those that go by a TLSA 3 x x record do not): " + all});
    }
    if (readable_by_others(identity.key_file) && open_keys.insert(identity.key_file).second) {
      warnings.push_back({identity.key_place, "\"" + identity.key_file +
                                                  "\" can be read by every user of this system"});
    }
  }
  return warnings;
}

Config with_stand_ins(Config config, const std::vector<std::string>& names) {
  if (config.identities.empty()) return config;
  for (const std::string& name : names) {
    const auto has = [&](const IdentityConfig& one) { return one.name == name; };
    if (std::ranges::any_of(config.identities, has)) continue;
    IdentityConfig stand_in = config.identities.front();
    stand_in.name = name;
    stand_in.services.clear();
    config.identities.push_back(std::move(stand_in));
  }
  return config;
}

tlsext::Result<std::shared_ptr<tlsext::ServerContext>> make_context(
    const Config& config, tlsext::ChainSource chains,
    std::shared_ptr<const tlsext::TicketKeySet> keys) {
  tlsext::ServerSettings settings;
  for (const IdentityConfig& identity : config.identities) {
    settings.identities.push_back(tls_identity(identity));
  }
  settings.chain_source = std::move(chains);
  if (config.tls.tickets) settings.ticket_keys = std::move(keys);
  settings.ticket_lifetime = config.tls.ticket_lifetime;
  settings.minimum = config.tls.minimum;
  return tlsext::ServerContext::create(std::move(settings));
}

dnschain::PresentedIdentity presented_identity(const IdentityConfig& identity) {
  dnschain::PresentedIdentity out;
  out.certificates = dnschain::certificates_in_pem(identity.certificate_pem);
  return out;
}

dnschain::KeeperSettings keeper_settings(const Config& config) {
  dnschain::KeeperSettings out;
  if (config.chain.anchor) out.anchor = *config.chain.anchor;
  for (const IdentityConfig& identity : config.identities) {
    const auto presented = presented_identity(identity);
    for (const dnschain::Service& service : identity.services) {
      out.services.push_back({service, config.chain.support_lifetime, presented});
    }
  }
  out.prefix = config.chain.prefix;
  out.forget = config.chain.forget;
  out.grace = config.chain.grace;
  // Behind the resolver's side, which knows what happened.
  out.ask_timeout =
      std::chrono::ceil<std::chrono::seconds>(config.chain.ask_timeout) + std::chrono::seconds{2};
  return out;
}

}  // namespace mooring::server
