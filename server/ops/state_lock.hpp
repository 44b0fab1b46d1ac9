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

  /// The lock that a predecessor has handed over, when it is for this directory; else as take().
  /// Both processes have it then, and the one that ends last releases it.
  [[nodiscard]] static Result<StateLock> adopt(OwnedFd file, const std::string& directory);
  /// Notes in the file that this process has it, for people and for the error above.
  void sign() const;
  /// To be handed over.
  [[nodiscard]] OwnedFd copy() const;

 private:
  explicit StateLock(OwnedFd file) : file_(std::move(file)) {}
  OwnedFd file_;
};

}  // namespace mooring::server
