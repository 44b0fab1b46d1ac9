// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/certificate_memory.hpp"

#include <utility>

#include "dnschain/keep/chain_table.hpp"

namespace mooring::server {

namespace {

bool is_kept(const Config& config) {
  return config.chain.wait_for_tlsa && config.chain.keep_certificate;
}

}  // namespace

CertificateMemory::CertificateMemory(const std::string& directory, Log& log) : log_(log) {
  if (!directory.empty()) store_.emplace(directory);
}

CertificateSwitch CertificateMemory::restore(Config& config, const dnschain::KeeperState& state,
                                             dnschain::WallTime now) {
  CertificateSwitch out;
  if (!store_ || !is_kept(config)) return out;
  auto loaded = store_->load();
  if (!loaded) {
    log_.error("state", {{"result", "unreadable"}, {"error", loaded.error().context}});
    return out;
  }
  if (!loaded->set_aside.empty())
    log_.warning("state", {{"result", "set_aside"}, {"detail", loaded->set_aside}});
  out = inherit(config, loaded->certificates, state, now);
  stored_ = std::move(loaded->certificates);
  return out;
}

CertificateSwitch CertificateMemory::inherit(Config& config,
                                             const std::vector<KeptCertificate>& in_use,
                                             const dnschain::KeeperState& state,
                                             dnschain::WallTime now) const {
  CertificateSwitch out;
  if (!config.chain.wait_for_tlsa) return out;
  const Config before = with_kept(config, in_use);
  log_held(out.hold(config, before, dnschain::remembered_chains(state), now), log_);
  return out;
}

void CertificateMemory::remember(const Config& config) {
  if (!store_) return;
  if (!is_kept(config)) {
    stored_.reset();
    return store_->clear();
  }
  auto in_use = certificates_in_use(config);
  if (stored_ == in_use) return;
  const auto saved = store_->save(in_use);
  if (saved) stored_ = std::move(in_use);
  note(saved ? "" : saved.error().context);
}

void CertificateMemory::note(const std::string& fault) {
  if (fault == fault_) return;
  fault_ = fault;
  if (fault.empty())
    return log_.info("state", {{"result", "stored"}, {"file", store_->file().string()}});
  log_.error("state", {{"result", "failed"},
                       {"error", fault},
                       {"detail",
                        "it is tried again; a restart meanwhile would take a new "
                        "certificate at once"}});
}

void log_held(const std::vector<CertificateSwitch::Held>& held, Log& log) {
  for (const auto& one : held) {
    log.warning("certificate", {{"name", one.name}, {"state", "held"}, {"detail", one.why}});
  }
}

}  // namespace mooring::server
