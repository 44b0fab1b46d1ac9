// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dnschain/keep/keeper_state.hpp"
#include "server/base/bytes.hpp"
#include "server/base/result.hpp"
#include "server/observe/log.hpp"

namespace mooring::server {

/// Stores the keeper's state. What fails is logged, once for each fault, and may be tried again
/// after a pause.
class StateSaver {
 public:
  using Save = std::function<Result<void>(const dnschain::KeeperState&)>;

  /// `save` has the state on disk when it returns, in `file`; null: nothing is kept, which counts
  /// as stored. `log` must outlive this.
  StateSaver(Save save, std::string file, Log& log)
      : save_(std::move(save)), file_(std::move(file)), log_(log) {}

  /// Whether there is no fault whose pause lasts still.
  [[nodiscard]] bool ready(TimePoint now);
  /// Returns whether the state is stored.
  [[nodiscard]] bool save(const dnschain::KeeperState& state, TimePoint now);
  /// The end of the pause; none: there is none.
  [[nodiscard]] std::optional<TimePoint> again_at() const { return again_at_; }

 private:
  void note(const std::string& fault);

  Save save_;
  std::string file_;
  Log& log_;
  std::string fault_;  ///< the last one logged; empty while storing goes well
  std::optional<TimePoint> again_at_;
};

}  // namespace mooring::server
