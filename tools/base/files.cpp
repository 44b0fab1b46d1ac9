// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace mooring::tools {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin && file != stdout) std::fclose(file);
  }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

std::string errno_text(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

}  // namespace

Outcome<std::string> read_text_file(const std::string& path) {
  static constexpr std::size_t kMost = 16U << 20U;
  const FilePtr file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) return trouble(errno_text(path));
  std::string text;
  std::array<char, 65536> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), got);
    if (text.size() > kMost) return trouble(path + ": larger than 16 MB");
  }
  if (std::ferror(file.get()) != 0) return trouble(errno_text(path));
  return text;
}

Outcome<dnschain::Bytes> read_file(const std::string& path) {
  return read_text_file(path).map([](const std::string& text) {
    const auto octets = std::as_bytes(std::span(text));
    return dnschain::Bytes(octets.begin(), octets.end());
  });
}

Outcome<void> write_file(const std::string& path, dnschain::ByteView octets) {
  FilePtr file(path == "-" ? stdout : std::fopen(path.c_str(), "wb"));
  if (!file) return trouble(errno_text(path));
  const bool written = std::fwrite(octets.data(), 1, octets.size(), file.get()) == octets.size() &&
                       std::fflush(file.get()) == 0;
  if (!written) return trouble(errno_text(path));
  return {};
}

}  // namespace mooring::tools
