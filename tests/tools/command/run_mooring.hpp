// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"

namespace mooring::test {

struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

/// The program `mooring` with these arguments, at this time, without UTF-8 and colours unless told.
[[nodiscard]] Ran run_mooring(const std::vector<std::string>& arguments,
                              dnschain::WallTime now = {}, bool utf8 = false);

/// A directory of its own for one test, removed with everything in it at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file in it and gives its path.
  std::string write(const std::string& name, std::string_view text) const;
  std::string write(const std::string& name, dnschain::ByteView octets) const;

 private:
  std::string path_;
};

}  // namespace mooring::test
