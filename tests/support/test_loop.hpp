// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/io/uv/make_loop.hpp"

namespace mooring::test {

/// Whoever lives on a loop, and what is to be done at the end of each of its turns.
class TestLoop {
 public:
  TestLoop() {
    std::signal(SIGPIPE, SIG_IGN);
    loop->at_end_of_turn([this] {
      for (const auto& action : at_end) action();
      if (done_ && done_()) loop->stop();
    });
  }
  /// False when `done` has not come true in 20 s.
  [[nodiscard]] bool run_until(std::function<bool()> done) {
    bool late = false;
    const auto guard = loop->make_timer([&] {
      late = true;
      loop->stop();
    });
    guard->set(loop->now() + std::chrono::seconds(20));
    done_ = std::move(done);
    if (!done_()) loop->run();
    done_ = nullptr;
    return !late;
  }

  std::unique_ptr<server::Loop> loop = server::make_uv_loop();
  std::vector<std::function<void()>> at_end;

 private:
  std::function<bool()> done_;
};

}  // namespace mooring::test
