// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/owned_fd.hpp"

#include <unistd.h>

namespace mooring::server {

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace mooring::server
