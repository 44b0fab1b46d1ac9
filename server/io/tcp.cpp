// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/tcp.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace mooring::server {

namespace {

TcpStream* stream_of(uv_stream_t* handle) {
  return static_cast<TcpStream*>(handle->data);
}

template <class Handle>
uv_stream_t* as_stream(const UvPtr<Handle>& handle) {
  return reinterpret_cast<uv_stream_t*>(handle.get());
}

void lend_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto& octets = static_cast<Loop*>(handle->loop->data)->read_buffer();
  *buffer = uv_buf_init(octets.data(), static_cast<unsigned>(octets.size()));
}

uv_buf_t as_buffer(ByteView octets) {
  // libuv does not write to what it sends; its type has no const.
  auto* base = const_cast<char*>(reinterpret_cast<const char*>(octets.data()));
  return uv_buf_init(base, static_cast<unsigned>(octets.size()));
}

UvPtr<uv_tcp_t> make_tcp(Loop& loop, void* owner) {
  auto handle =
      make_uv<uv_tcp_t>(owner, [&](uv_tcp_t* tcp) { return uv_tcp_init(loop.raw(), tcp); });
  if (!handle) throw std::runtime_error("out of memory for a TCP handle");
  return handle;
}

}  // namespace

/// Requests outlive the stream when it is given up: they own what they need, and find the stream
/// by the handle, whose `data` is null by then.
struct TcpStream::Write {
  uv_write_t request{};
  std::vector<std::byte> octets;
};
struct TcpStream::Connect {
  uv_connect_t request{};
};
struct TcpStream::Shutdown {
  uv_shutdown_t request{};
};

TcpStream::TcpStream(Loop& loop, StreamOwner& owner)
    : owner_(owner), handle_(make_tcp(loop, this)) {}

int TcpStream::accept(Listener& listener) {
  const int status = uv_accept(as_stream(listener.handle_), as_stream(handle_));
  if (status == 0) uv_tcp_nodelay(handle_.get(), 1);
  return status;
}

int TcpStream::connect(const Endpoint& to) {
  sockaddr_storage address{};
  to.to(address);
  auto connect = std::make_unique<Connect>();
  connect->request.data = connect.get();
  const auto done = [](uv_connect_t* request, int status) noexcept {
    const std::unique_ptr<Connect> owned(static_cast<Connect*>(request->data));
    TcpStream* stream = stream_of(request->handle);
    if (stream == nullptr) return;
    if (status == 0) uv_tcp_nodelay(stream->handle_.get(), 1);
    stream->owner_.on_connected(status);
  };
  const int status = uv_tcp_connect(&connect->request, handle_.get(),
                                    reinterpret_cast<const sockaddr*>(&address), done);
  if (status == 0) static_cast<void>(connect.release());
  return status;
}

std::optional<Endpoint> TcpStream::peer() const {
  sockaddr_storage address{};
  int length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getpeername(handle_.get(), generic, &length) != 0) return {};
  return Endpoint::from(*generic);
}

void TcpStream::set_reading(bool on) {
  if (!on) {
    uv_read_stop(as_stream(handle_));
    return;
  }
  uv_read_start(as_stream(handle_), lend_buffer,
                [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) noexcept {
                  TcpStream* stream = stream_of(handle);
                  if (stream == nullptr || count == 0) return;
                  if (count < 0) {
                    uv_read_stop(handle);
                    return stream->owner_.on_read_end(static_cast<int>(count));
                  }
                  const auto* octets = reinterpret_cast<const std::byte*>(buffer->base);
                  stream->owner_.on_read({octets, static_cast<std::size_t>(count)});
                });
}

std::size_t TcpStream::write(ByteView octets) {
  if (kept_writes_ == 0) {
    const uv_buf_t buffer = as_buffer(octets);
    const int count = uv_try_write(as_stream(handle_), &buffer, 1);
    // A broken connection takes nothing more: what was to be sent is as good as gone.
    if (count < 0 && count != UV_EAGAIN) return 0;
    if (count > 0) octets = octets.subspan(static_cast<std::size_t>(count));
    if (octets.empty()) return 0;
  }
  return keep(octets);
}

std::size_t TcpStream::waiting() const {
  return uv_stream_get_write_queue_size(reinterpret_cast<const uv_stream_t*>(handle_.get()));
}

/// 0 when the connection is gone.
std::size_t TcpStream::keep(ByteView octets) {
  auto write = std::make_unique<Write>();
  write->octets.assign(octets.begin(), octets.end());
  write->request.data = write.get();
  const uv_buf_t buffer = as_buffer(write->octets);
  const auto done = [](uv_write_t* request, int) noexcept {
    const std::unique_ptr<Write> owned(static_cast<Write*>(request->data));
    TcpStream* stream = stream_of(request->handle);
    if (stream != nullptr) stream->written();
  };
  if (uv_write(&write->request, as_stream(handle_), &buffer, 1, done) != 0) return 0;
  static_cast<void>(write.release());
  ++kept_writes_;
  return octets.size();
}

void TcpStream::written() {
  if (--kept_writes_ == 0) owner_.on_written();
}

void TcpStream::acknowledge() {
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &fd) != 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void TcpStream::shut_down() {
  auto shutdown = std::make_unique<Shutdown>();
  shutdown->request.data = shutdown.get();
  const auto done = [](uv_shutdown_t* request, int) noexcept {
    delete static_cast<Shutdown*>(request->data);
  };
  if (uv_shutdown(&shutdown->request, as_stream(handle_), done) == 0) {
    static_cast<void>(shutdown.release());
  }
}

Listener::Listener(Loop& loop, OwnedFd socket, std::function<void(Listener&)> on_connection)
    : on_connection_(std::move(on_connection)), handle_(make_tcp(loop, this)) {
  open_error_ = uv_tcp_open(handle_.get(), socket.get());
  if (open_error_ == 0) static_cast<void>(socket.release());
}

int Listener::start(int backlog) {
  // Without a socket libuv would make one of its own, on a port that nobody knows.
  if (open_error_ != 0) return open_error_;
  return uv_listen(as_stream(handle_), backlog, [](uv_stream_t* handle, int status) noexcept {
    auto* listener = static_cast<Listener*>(handle->data);
    // Without descriptors libuv has used its reserve to turn the connection away; others of its
    // errors concern a connection that is gone already.
    if (listener != nullptr && status == 0) listener->on_connection_(*listener);
  });
}

}  // namespace mooring::server
