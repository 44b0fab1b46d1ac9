// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "dnschain/keep/chain_table.hpp"
#include "server/chain/certificate_switch.hpp"
#include "server/config/config.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/ops/workers.hpp"

namespace mooring::server {

/// Puts certificates that wait for their TLSA records to use when these are there.
class CertificateRelease {
 public:
  /// What the service has, and what is done to it. Called on the loop, from a turn of its own.
  struct Service {
    std::function<const Config&()> config;  ///< in use
    std::function<dnschain::WallTime()> now;
    std::function<std::shared_ptr<const dnschain::ChainTable>()> chains;
    std::function<Result<Workers::Contexts>(const Config& next)> make_contexts;
    std::function<void(Config next, const Workers::Contexts& contexts)> use;
  };

  /// `loop` and `log` must outlive this.
  CertificateRelease(Loop& loop, Log& log, Service service);

  /// What waits from now on, in place of what waited before.
  void hold(CertificateSwitch held) { held_ = std::move(held); }
  [[nodiscard]] bool empty() const { return held_.empty(); }
  [[nodiscard]] std::size_t size() const { return held_.size(); }

  /// The chains are others: sees soon, not from in here, what need not wait any more. What cannot
  /// be put to use then is logged and tried again.
  void look();

 private:
  void release();

  Loop& loop_;
  Log& log_;
  Service service_;
  CertificateSwitch held_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
