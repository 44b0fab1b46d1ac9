// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/state_saver.hpp"

namespace mooring::server {

namespace {

/// Between two attempts to store the state.
constexpr std::chrono::seconds kPause{5};

}  // namespace

bool StateSaver::ready(TimePoint now) {
  if (again_at_ && now < *again_at_) return false;
  again_at_.reset();
  return true;
}

bool StateSaver::save(const dnschain::KeeperState& state, TimePoint now) {
  const Result<void> saved = save_ ? save_(state) : Result<void>();
  if (!saved) again_at_ = now + kPause;
  note(saved ? "" : saved.error().context);
  return saved.has_value();
}

void StateSaver::note(const std::string& fault) {
  if (fault == fault_) return;
  fault_ = fault;
  if (fault.empty()) return log_.info("state", {{"result", "stored"}, {"file", file_}});
  log_.error("state", {{"result", "failed"},
                       {"error", fault},
                       {"detail",
                        "it is tried again; until then no support lifetime is announced "
                        "beyond what is stored"}});
}

}  // namespace mooring::server
