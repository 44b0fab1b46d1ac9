// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "server/io/stream.hpp"
#include "server/io/uv/loop.hpp"

namespace mooring::server {

/// libuv's handle of a TCP socket, in a cell of its loop's.
struct TcpHandle : uv_tcp_t, InCells {};

/// A TCP handle for something that owns it; throws std::runtime_error when there is none to be had.
[[nodiscard]] UvPtr<TcpHandle> make_uv_tcp(UvLoop& loop, void* owner);

template <class Handle>
[[nodiscard]] uv_stream_t* as_stream(const UvPtr<Handle>& handle) {
  return reinterpret_cast<uv_stream_t*>(handle.get());
}

/// A TCP connection on a loop of libuv.
class UvStream final : public Stream, public InCells {
 public:
  /// Takes the connection that a listening handle says it has.
  [[nodiscard]] static Result<std::unique_ptr<Stream>> accept(UvLoop& loop, uv_stream_t* listening);
  /// As Loop::connect() and Loop::adopt().
  [[nodiscard]] static Result<std::unique_ptr<Stream>> connect(UvLoop& loop, const Endpoint& to,
                                                               StreamOwner& owner);
  [[nodiscard]] static Result<std::unique_ptr<Stream>> adopt(UvLoop& loop, StreamState& state);
  [[nodiscard]] static std::unique_ptr<UvStream> create(UvLoop& loop) {
    return std::unique_ptr<UvStream>(new (loop.streams()) UvStream(loop));
  }

  [[nodiscard]] std::optional<Endpoint> peer() const override;
  void set_reading(bool on) override;
  std::size_t write(ByteView octets) override;
  [[nodiscard]] std::size_t waiting() const override;
  [[nodiscard]] bool writing() const override { return !kept_.empty(); }
  void acknowledge() override;
  void shut_down() override;
  [[nodiscard]] Result<StreamState> release() override;

 private:
  explicit UvStream(UvLoop& loop) : handle_(make_uv_tcp(loop, this)) {}
  struct Write;
  struct Connect;
  struct Shutdown;
  /// What is to be read before the socket is, in a turn of its own.
  struct Unread {
    std::vector<std::byte> octets;
    UvPtr<uv_timer_t> turn;
  };
  [[nodiscard]] static UvStream* of(uv_stream_t* handle);
  [[nodiscard]] std::size_t keep(std::vector<std::byte> octets);
  void on_kept_written(const Write& write);
  void read_socket();
  void ended(int status);
  void deliver_unread();
  [[nodiscard]] std::vector<std::byte> unwritten() const;

  UvPtr<TcpHandle> handle_;
  std::vector<const Write*> kept_;  ///< what libuv has to write, in order; it owns itself
  std::unique_ptr<Unread> unread_;  ///< of an adopted connection
};

}  // namespace mooring::server
