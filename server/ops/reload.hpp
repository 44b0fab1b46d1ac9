// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dnschain/keep/chain_table.hpp"
#include "server/chain/certificate_switch.hpp"
#include "server/config/config.hpp"
#include "server/ops/listening.hpp"
#include "server/ops/workers.hpp"

namespace mooring::server {

/// Reads the configuration again and judges it as a start would, but for what is in use by this
/// process itself.
[[nodiscard]] ConfigResult<Config> load_for_reload(const std::string& file);

/// What a reload starts from.
struct ReloadBase {
  const Config& config;  ///< in use
  const dnschain::ChainTable& chains;
  dnschain::WallTime now;
  std::function<Result<Workers::Contexts>(const Config& next)> make_contexts;
  std::function<Result<std::vector<ListeningSockets>>(const Config& next)> bind_added;
};

/// All that a reload needs and that can fail; nothing is changed yet.
struct PreparedReload {
  Config config;                              ///< with the certificates that stay in use for now
  CertificateSwitch certificates;             ///< those that wait
  std::vector<CertificateSwitch::Held> held;  ///< the same, for the log
  Workers::Contexts contexts;
  std::vector<ListeningSockets> added;
  std::string
      kept;  ///< names of settings that stay as they are until a restart, with commas between
};

/// Or why there will be no reload, one line.
[[nodiscard]] Result<PreparedReload> prepare_reload(Config next, const ReloadBase& base);

}  // namespace mooring::server
