// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/base/bytes.hpp"
#include "server/base/endpoint.hpp"
#include "server/base/owned_fd.hpp"
#include "server/io/loop.hpp"

namespace mooring::server {

/// What a stream tells its owner, from the loop. The owner may give the stream up in here, but must
/// not destroy it before the call has returned.
class StreamOwner {
 public:
  /// connect() has ended; 0 or libuv's error.
  virtual void on_connected(int status) { static_cast<void>(status); }
  /// Valid during the call.
  virtual void on_read(ByteView octets) = 0;
  /// The peer has ended the stream (UV_EOF), or it broke. Nothing more will be read.
  virtual void on_read_end(int error) = 0;
  /// All that write() kept has gone to the kernel.
  virtual void on_written() = 0;

 protected:
  ~StreamOwner() = default;
};

class Listener;

/// A TCP connection with TCP_NODELAY. After its destruction no call comes to the owner.
class TcpStream {
 public:
  TcpStream(Loop& loop, StreamOwner& owner);
  ~TcpStream() = default;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  /// Takes a connection that the listener has; 0 or libuv's error.
  [[nodiscard]] int accept(Listener& listener);
  /// Starts to connect; 0, or libuv's error and then on_connected() does not come.
  [[nodiscard]] int connect(const Endpoint& to);
  [[nodiscard]] std::optional<Endpoint> peer() const;

  void set_reading(bool on);
  /// Writes what the kernel takes at once and keeps a copy of the rest, which goes as soon as it
  /// can; returns the size of the copy. An error shows as the end of what can be read, or is of no
  /// interest: the connection is gone.
  std::size_t write(ByteView octets);
  /// Octets of copies that the kernel has not taken yet.
  [[nodiscard]] std::size_t waiting() const;
  /// Has the kernel acknowledge at once what was received, in place of waiting for something to
  /// send.
  void acknowledge();
  /// Sends FIN after all that has been written.
  void shut_down();
  [[nodiscard]] bool writing() const { return kept_writes_ > 0; }

 private:
  struct Write;
  struct Connect;
  struct Shutdown;
  [[nodiscard]] std::size_t keep(ByteView octets);
  void written();

  StreamOwner& owner_;
  std::uint32_t kept_writes_ = 0;
  UvPtr<uv_tcp_t> handle_;
};

/// A socket that listens already; takes it over.
class Listener {
 public:
  /// `on_connection` is called when TcpStream::accept() will find a connection; it must accept it.
  Listener(Loop& loop, OwnedFd socket, std::function<void(Listener&)> on_connection);

  /// Begins to accept; the backlog is set again, as libuv has no other way. 0 or libuv's error.
  [[nodiscard]] int start(int backlog);

 private:
  friend class TcpStream;
  std::function<void(Listener&)> on_connection_;
  int open_error_ = 0;
  UvPtr<uv_tcp_t> handle_;
};

}  // namespace mooring::server
