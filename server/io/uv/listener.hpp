// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "server/io/listener.hpp"
#include "server/io/uv/stream.hpp"

namespace mooring::server {

/// A socket that listens.
class UvListener final : public Listener {
 public:
  /// As Loop::listen().
  [[nodiscard]] static Result<std::unique_ptr<Listener>> create(UvLoop& loop, OwnedFd socket,
                                                                int backlog,
                                                                OnConnection on_connection);
  explicit UvListener(UvLoop& loop, OnConnection on_connection);

 private:
  void on_waiting(int status);

  UvLoop& loop_;
  OnConnection on_connection_;
  UvPtr<TcpHandle> handle_;
};

}  // namespace mooring::server
