// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// The state directory for this process alone, for as long as this lives: two that write to it
/// would each undo what the other has promised. The system releases it when the process ends,
/// however it does.
class StateLock {
 public:
  /// Locks the file "lock" in the directory, and makes both when they are missing. An error names
  /// the path, and the process that has the lock.
  [[nodiscard]] static Result<StateLock> take(const std::string& directory);

 private:
  explicit StateLock(OwnedFd file) : file_(std::move(file)) {}
  OwnedFd file_;
};

}  // namespace mooring::server
