// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "server/io/loop.hpp"
#include "server/io/uv/uv_ptr.hpp"
#include "server/memory/cell_pool.hpp"

namespace mooring::server {

/// A loop of libuv, with the buffer that everything on it reads into.
class UvLoop final : public Loop {
 public:
  /// Throws std::runtime_error when there is no loop to be had.
  UvLoop();
  ~UvLoop() override;

  void run() override;
  void stop() override;
  [[nodiscard]] TimePoint now() const override;
  void at_end_of_turn(std::function<void()> action) override;

  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> action) override;
  [[nodiscard]] std::unique_ptr<Signal> make_signal(int number,
                                                    std::function<void()> action) override;
  [[nodiscard]] std::unique_ptr<WakeUp> make_wake_up(std::function<void()> action) override;
  [[nodiscard]] Result<std::unique_ptr<Stream>> connect(const Endpoint& to,
                                                        StreamOwner& owner) override;
  [[nodiscard]] Result<std::unique_ptr<Stream>> adopt(StreamState& state) override;
  [[nodiscard]] Result<std::unique_ptr<Listener>> listen(OwnedFd socket, int backlog,
                                                         OnConnection on_connection) override;
  [[nodiscard]] Result<std::unique_ptr<Watch>> watch(int descriptor,
                                                     std::function<void()> action) override;

  [[nodiscard]] uv_loop_t* raw() { return &loop_; }
  [[nodiscard]] std::array<char, 65536>& read_buffer() { return *read_buffer_; }
  /// Where streams live, and their handles: there is one of each for every client.
  [[nodiscard]] CellPool& streams() { return streams_; }
  [[nodiscard]] CellPool& handles() { return handles_; }
  /// Of one of libuv's.
  [[nodiscard]] static UvLoop& of(const uv_loop_t* loop) {
    return *static_cast<UvLoop*>(loop->data);
  }

 private:
  CellPool streams_;
  CellPool handles_;
  uv_loop_t loop_{};
  std::unique_ptr<std::array<char, 65536>> read_buffer_;
  std::function<void()> end_of_turn_;
  UvPtr<uv_prepare_t> prepare_;
  UvPtr<uv_check_t> check_;
};

}  // namespace mooring::server
