// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/stream.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mooring::server {

namespace {

void lend_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto& octets = UvLoop::of(handle->loop).read_buffer();
  *buffer = uv_buf_init(octets.data(), static_cast<unsigned>(octets.size()));
}

uv_buf_t as_buffer(ByteView octets) {
  // libuv does not write to what it sends; its type has no const.
  auto* base = const_cast<char*>(reinterpret_cast<const char*>(octets.data()));
  return uv_buf_init(base, static_cast<unsigned>(octets.size()));
}

}  // namespace

UvPtr<TcpHandle> make_uv_tcp(UvLoop& loop, void* owner) {
  auto handle = make_uv_in<TcpHandle>(loop.handles(), owner,
                                      [&](TcpHandle* tcp) { return uv_tcp_init(loop.raw(), tcp); });
  if (!handle) throw std::runtime_error("out of memory for a TCP handle");
  return handle;
}

/// Requests outlive the stream when it is given up: they own what they need, and find the stream
/// by the handle, whose `data` is null by then.
struct UvStream::Write {
  uv_write_t request{};
  std::vector<std::byte> octets;
};
struct UvStream::Connect {
  uv_connect_t request{};
};
struct UvStream::Shutdown {
  uv_shutdown_t request{};
};

UvStream* UvStream::of(uv_stream_t* handle) {
  return static_cast<UvStream*>(handle->data);
}

Result<std::unique_ptr<Stream>> UvStream::accept(UvLoop& loop, uv_stream_t* listening) {
  auto stream = create(loop);
  const int status = uv_accept(listening, as_stream(stream->handle_));
  if (status != 0) return tl::make_unexpected(uv_error(status));
  uv_tcp_nodelay(stream->handle_.get(), 1);
  return stream;
}

Result<std::unique_ptr<Stream>> UvStream::connect(UvLoop& loop, const Endpoint& to,
                                                  StreamOwner& owner) {
  auto stream = create(loop);
  stream->set_owner(owner);
  sockaddr_storage address{};
  to.to(address);
  auto connect = std::make_unique<Connect>();
  connect->request.data = connect.get();
  const auto done = [](uv_connect_t* request, int status) noexcept {
    const std::unique_ptr<Connect> owned(static_cast<Connect*>(request->data));
    UvStream* connected = of(request->handle);
    if (connected == nullptr) return;
    if (status != 0) return connected->owner()->on_broken(uv_error(status));
    uv_tcp_nodelay(connected->handle_.get(), 1);
    connected->owner()->on_connected();
  };
  const int status = uv_tcp_connect(&connect->request, stream->handle_.get(),
                                    reinterpret_cast<const sockaddr*>(&address), done);
  if (status != 0) return tl::make_unexpected(uv_error(status));
  static_cast<void>(connect.release());
  return stream;
}

Result<std::unique_ptr<Stream>> UvStream::adopt(UvLoop& loop, StreamState& state) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  // libuv would take any descriptor, and find out when it is too late.
  if (getpeername(state.descriptor.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    const int code = errno;
    return failure(std::strerror(code), code);
  }
  auto stream = create(loop);
  if (!state.unread.empty()) {
    auto turn = make_uv<uv_timer_t>(
        stream.get(), [&](uv_timer_t* timer) { return uv_timer_init(loop.raw(), timer); });
    stream->unread_ = std::make_unique<Unread>(Unread{{}, std::move(turn)});
  }
  const int status = uv_tcp_open(stream->handle_.get(), state.descriptor.get());
  if (status != 0) return tl::make_unexpected(uv_error(status));
  static_cast<void>(state.descriptor.release());
  uv_tcp_nodelay(stream->handle_.get(), 1);
  if (stream->unread_) stream->unread_->octets = std::move(state.unread);
  if (!state.unwritten.empty()) static_cast<void>(stream->keep(std::move(state.unwritten)));
  if (state.ends) stream->shut_down();
  state = {};
  return stream;
}

std::optional<Endpoint> UvStream::peer() const {
  sockaddr_storage address{};
  int length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_getpeername(handle_.get(), generic, &length) != 0) return {};
  return Endpoint::from(*generic);
}

void UvStream::set_reading(bool on) {
  if (!unread_) {
    if (on) return read_socket();
    uv_read_stop(as_stream(handle_));
  } else if (on) {
    const auto next_turn = [](uv_timer_t* timer) noexcept {
      if (timer->data != nullptr) static_cast<UvStream*>(timer->data)->deliver_unread();
    };
    uv_timer_start(unread_->turn.get(), next_turn, 0, 0);
  } else {
    uv_timer_stop(unread_->turn.get());
  }
}

void UvStream::read_socket() {
  uv_read_start(as_stream(handle_), lend_buffer,
                [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) noexcept {
                  UvStream* stream = of(handle);
                  if (stream == nullptr || count == 0) return;
                  if (count > 0) {
                    const auto* octets = reinterpret_cast<const std::byte*>(buffer->base);
                    stream->owner()->on_read({octets, static_cast<std::size_t>(count)});
                    return;
                  }
                  stream->ended(static_cast<int>(count));
                });
}

/// Apart from reading, which is quicker without it.
void UvStream::ended(int status) {
  uv_read_stop(as_stream(handle_));
  if (status == UV_EOF) return owner()->on_finished();
  owner()->on_broken(uv_error(status));
}

void UvStream::deliver_unread() {
  const auto unread = std::move(unread_);
  // First, so that the owner can switch it off.
  read_socket();
  owner()->on_read(unread->octets);
}

std::size_t UvStream::write(ByteView octets) {
  if (kept_.empty()) {
    const uv_buf_t buffer = as_buffer(octets);
    const int count = uv_try_write(as_stream(handle_), &buffer, 1);
    // A broken connection takes nothing more: what was to be sent is as good as gone.
    if (count < 0 && count != UV_EAGAIN) return 0;
    if (count > 0) octets = octets.subspan(static_cast<std::size_t>(count));
    if (octets.empty()) return 0;
  }
  return keep({octets.begin(), octets.end()});
}

std::size_t UvStream::waiting() const {
  return uv_stream_get_write_queue_size(as_stream(handle_));
}

/// 0 when the connection is gone.
std::size_t UvStream::keep(std::vector<std::byte> octets) {
  auto write = std::make_unique<Write>();
  write->octets = std::move(octets);
  write->request.data = write.get();
  const uv_buf_t buffer = as_buffer(write->octets);
  const auto done = [](uv_write_t* request, int) noexcept {
    const std::unique_ptr<Write> owned(static_cast<Write*>(request->data));
    UvStream* stream = of(request->handle);
    if (stream != nullptr) stream->on_kept_written(*owned);
  };
  if (uv_write(&write->request, as_stream(handle_), &buffer, 1, done) != 0) return 0;
  kept_.push_back(write.get());
  return write.release()->octets.size();
}

void UvStream::on_kept_written(const Write& write) {
  std::erase(kept_, &write);
  if (kept_.empty() && owner() != nullptr) owner()->on_written();
}

void UvStream::acknowledge() {
  uv_os_fd_t fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &fd) != 0) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void UvStream::shut_down() {
  auto shutdown = std::make_unique<Shutdown>();
  shutdown->request.data = shutdown.get();
  const auto done = [](uv_shutdown_t* request, int) noexcept {
    delete static_cast<Shutdown*>(request->data);
  };
  if (uv_shutdown(&shutdown->request, as_stream(handle_), done) == 0) {
    static_cast<void>(shutdown.release());
  }
}

Result<StreamState> UvStream::release() {
  if (!peer()) return failure("not connected", ENOTCONN);
  uv_os_fd_t fd = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(handle_.get()), &fd);
  // libuv has no way to let go of a descriptor but to close it: the connection lives on in a copy.
  OwnedFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (copy.get() < 0) {
    const int code = errno;
    return failure(std::strerror(code), code);
  }
  StreamState state{std::move(copy), {}, unwritten(), uv_is_writable(as_stream(handle_)) == 0};
  if (unread_) state.unread = std::move(unread_->octets);
  unread_.reset();
  kept_.clear();
  handle_.reset();
  return state;
}

/// They are written in order, so that what the kernel has not taken is the end of them all.
std::vector<std::byte> UvStream::unwritten() const {
  std::vector<std::byte> all;
  for (const Write* write : kept_)
    all.insert(all.end(), write->octets.begin(), write->octets.end());
  return {all.end() - static_cast<std::ptrdiff_t>(waiting()), all.end()};
}

}  // namespace mooring::server
