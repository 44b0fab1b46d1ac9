// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/listener.hpp"

#include <sys/socket.h>

#include <utility>

#include "server/io/uv/stream.hpp"

namespace mooring::server {

namespace {

/// The socket may have another descriptor, and is to take no clients for it.
tl::unexpected<Error> give_up(int descriptor, int status) {
  ::shutdown(descriptor, SHUT_RDWR);
  return tl::make_unexpected(uv_error(status));
}

}  // namespace

Result<std::unique_ptr<Listener>> UvListener::create(UvLoop& loop, OwnedFd socket, int backlog,
                                                     OnConnection on_connection) {
  auto listener = std::make_unique<UvListener>(loop, std::move(on_connection));
  // Without a socket libuv would make one of its own, on a port that nobody knows.
  const int descriptor = socket.get();
  int status = uv_tcp_open(listener->handle_.get(), descriptor);
  if (status != 0) return give_up(descriptor, status);
  static_cast<void>(socket.release());
  status = uv_listen(as_stream(listener->handle_), backlog,
                     [](uv_stream_t* handle, int waiting) noexcept {
                       auto* owner = static_cast<UvListener*>(handle->data);
                       if (owner != nullptr) owner->on_waiting(waiting);
                     });
  if (status != 0) return give_up(descriptor, status);
  return listener;
}

UvListener::UvListener(UvLoop& loop, OnConnection on_connection)
    : loop_(loop), on_connection_(std::move(on_connection)), handle_(make_uv_tcp(loop, this)) {}

void UvListener::on_waiting(int status) {
  // Without descriptors libuv has used its reserve to turn the connection away; others of its
  // errors concern a connection that is gone already.
  if (status != 0) return on_connection_(tl::make_unexpected(uv_error(status)));
  on_connection_(UvStream::accept(loop_, as_stream(handle_)));
}

}  // namespace mooring::server
