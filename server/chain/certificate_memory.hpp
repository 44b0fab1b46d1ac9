// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnschain/keep/keeper_state.hpp"
#include "server/chain/certificate_store.hpp"
#include "server/chain/certificate_switch.hpp"
#include "server/observe/log.hpp"

namespace mooring::server {

/// Knows over restarts which certificates are in use, so that a restart does not take at once what
/// a reload would hold back.
class CertificateMemory {
 public:
  /// `directory`: the state's; empty when nothing is kept. `log` must outlive this.
  CertificateMemory(const std::string& directory, Log& log);

  /// At the start: puts into `config` the certificates that were in use before and must stay so,
  /// by what `state` tells of their TLSA records, and returns those that wait. What cannot be read
  /// is logged, and the start goes on without.
  [[nodiscard]] CertificateSwitch restore(Config& config, const dnschain::KeeperState& state,
                                          dnschain::WallTime now);
  /// The same with what a predecessor has in use, whatever is kept.
  [[nodiscard]] CertificateSwitch inherit(Config& config,
                                          const std::vector<KeptCertificate>& in_use,
                                          const dnschain::KeeperState& state,
                                          dnschain::WallTime now) const;

  /// Stores what is in use when that has changed, or removes it when it is not to be kept. What
  /// fails is logged and tried again at the next call.
  void remember(const Config& config);

 private:
  void note(const std::string& fault);

  Log& log_;
  std::optional<CertificateStore> store_;
  std::optional<std::vector<KeptCertificate>> stored_;
  std::string fault_;  ///< the last one logged; empty while storing goes well
};

/// Says which certificates wait, and for what.
void log_held(const std::vector<CertificateSwitch::Held>& held, Log& log);

}  // namespace mooring::server
