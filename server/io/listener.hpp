// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "server/io/stream.hpp"

namespace mooring::server {

/// Takes connections for as long as it lives; closes its socket then. Its loop must outlive it.
class Listener {
 public:
  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
};

/// Is given each connection, or why it could not be accepted: then it is gone, and the listener
/// goes on. Nothing is told of one that was turned away for want of descriptors. The listener must
/// not be destroyed in here.
using OnConnection = std::function<void(Result<std::unique_ptr<Stream>>)>;

}  // namespace mooring::server
