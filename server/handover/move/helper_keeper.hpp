// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "server/handover/helper/helper.hpp"

namespace mooring::server {

/// A helper that is started anew when it has died.
class HelperKeeper {
 public:
  /// `start` gives one that is ready for use.
  explicit HelperKeeper(std::function<Result<Helper>()> start) : start_(std::move(start)) {}

  /// What `ask` returns when it is given the helper; once more, with a new one, when the first one
  /// has died of it or before. An error also when none can be started.
  template <class Ask>
  auto ask(const Ask& ask) -> decltype(ask(std::declval<Helper&>())) {
    for (int left = 1;; --left) {
      if (!helper_ || !helper_->alive()) {
        auto started = start_();
        if (!started) return tl::unexpected(std::move(started.error()));
        helper_ = std::move(*started);
      }
      auto answer = ask(*helper_);
      if (answer || helper_->alive() || left == 0) return answer;
    }
  }
  /// Starts it, so that what is missing is known early.
  [[nodiscard]] Result<void> begin() {
    return ask([](Helper&) { return Result<void>(); });
  }

 private:
  std::function<Result<Helper>()> start_;
  std::optional<Helper> helper_;
};

}  // namespace mooring::server
