// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "dnschain/base/error.hpp"
#include "dnschain/keep/keeper_state.hpp"

namespace mooring::dnschain {

/// Keeps a keeper's state in a file of a directory. A crash at any moment leaves the old file or
/// the new one, never a part.
class StateStore {
 public:
  /// What was found at the start.
  struct Loaded {
    KeeperState state;      ///< empty when there was no file, or none of use
    std::string set_aside;  ///< one line when a file was of no use and has been renamed; else empty
  };

  explicit StateStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Reads the file. One that is damaged, or of another program, is renamed to end in ".damaged".
  /// Makes the directory when it is missing. An error when the directory or the file cannot be
  /// read or renamed.
  [[nodiscard]] Result<Loaded> load() const;

  /// Writes the file and has it on disk when it returns (fsync of file and directory). On failure
  /// the old file is untouched.
  [[nodiscard]] Result<void> save(const KeeperState& state) const;

  /// The file's path.
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "chains.state"; }

 private:
  std::filesystem::path directory_;
};

}  // namespace mooring::dnschain
