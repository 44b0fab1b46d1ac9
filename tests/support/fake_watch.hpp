// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <poll.h>

#include <functional>

#include "support/fake_io.hpp"

namespace mooring::test {

/// A watch of a fake loop, on a real descriptor.
class FakeWatch final : public server::Watch {
 public:
  FakeWatch(FakeLoop& loop, int descriptor, std::function<void()> act)
      : action(std::move(act)), loop_(loop), wanted_{descriptor, 0, 0} {
    loop_.watches_.push_back(this);
  }
  ~FakeWatch() override { std::erase(loop_.watches_, this); }
  void set(bool readable, bool writable) override {
    wanted_.events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  }
  [[nodiscard]] bool ready() { return wanted_.events != 0 && ::poll(&wanted_, 1, 0) == 1; }

  std::function<void()> action;

 private:
  FakeLoop& loop_;
  pollfd wanted_;
};

inline server::Result<std::unique_ptr<server::Watch>> FakeLoop::watch(
    int descriptor, std::function<void()> action) {
  if (refuses) return tl::make_unexpected(*refuses);
  return std::make_unique<FakeWatch>(*this, descriptor, std::move(action));
}

}  // namespace mooring::test
