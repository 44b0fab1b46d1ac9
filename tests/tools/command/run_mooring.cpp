// SPDX-License-Identifier: GPL-3.0-or-later
#include "run_mooring.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tools/command/command.hpp"

namespace mooring::test {

Ran run_mooring(const std::vector<std::string>& arguments, dnschain::WallTime now, bool utf8) {
  std::ostringstream out;
  std::ostringstream err;
  tools::Environment environment{out, err, [now] { return now; }, utf8, false};
  const int status = tools::run_mooring(arguments, environment);
  return {status, out.str(), err.str()};
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mooring-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::write(const std::string& name, std::string_view text) const {
  std::ofstream file(path(name), std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path(name));
  return path(name);
}

std::string ScratchDirectory::write(const std::string& name, dnschain::ByteView octets) const {
  std::string text;
  for (const std::byte octet : octets) text += static_cast<char>(octet);
  return write(name, std::string_view(text));
}

}  // namespace mooring::test
