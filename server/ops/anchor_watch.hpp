// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "server/config/config.hpp"
#include "server/observe/log.hpp"

namespace mooring::server {

/// Reads the trust anchor again when its file has changed.
class AnchorWatch {
 public:
  /// `log` must outlive this.
  AnchorWatch(FileReader read, Log& log) : read_(std::move(read)), log_(log) {}

  /// Looks at the file of `chain`, whose anchor is another one when this returns true. What cannot
  /// be read or used is logged, once, and the one that was read last stays.
  [[nodiscard]] bool look(ChainConfig& chain);

 private:
  void note(const std::string& fault, const std::string& file);

  FileReader read_;
  Log& log_;
  std::string fault_;  ///< why it could not be read; empty when it could
};

}  // namespace mooring::server
