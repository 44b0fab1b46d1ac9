// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace mooring::server {

namespace {

constexpr std::size_t kMostFile = 1U << 20U;

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::error_code fault;
  const auto status = std::filesystem::status(path, fault);
  // To open a pipe could take for ever.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return failure("it is no regular file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(kMostFile + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.gcount() == 0 && !in.eof()) {
    return failure(errno == 0 ? "read error" : std::string(std::strerror(errno)));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostFile) return failure("it is larger than 1 MiB");
  return text;
}

}  // namespace mooring::server
