// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mooring::server {

namespace {

tl::unexpected<Error> failed(const std::string& path, const char* what, int error) {
  return failure(path + ": " + what + ": " + std::strerror(error), error);
}

/// " (process 123)", by what the file says; empty when it says nothing.
std::string holder(int file) {
  std::array<char, 16> text{};
  const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
  const std::string number(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto end = number.find_first_not_of("0123456789");
  return end == 0 || number.empty() ? "" : " (process " + number.substr(0, end) + ")";
}

}  // namespace

Result<StateLock> StateLock::take(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directory(directory, error);
  if (error) return failed(directory, "cannot be made", error.value());
  const std::string path = std::filesystem::path(directory) / "lock";
  OwnedFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.get() < 0) return failed(path, "cannot be made", errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(path, "cannot be locked", errno);
    return failure(path + ": another mooringd" + holder(file.get()) +
                   " uses this state directory; each needs its own");
  }
  StateLock out(std::move(file));
  out.sign();
  return out;
}

Result<StateLock> StateLock::adopt(OwnedFd file, const std::string& directory) {
  struct stat handed {};
  struct stat wanted {};
  const std::string path = std::filesystem::path(directory) / "lock";
  const bool same = ::fstat(file.get(), &handed) == 0 && ::stat(path.c_str(), &wanted) == 0 &&
                    handed.st_dev == wanted.st_dev && handed.st_ino == wanted.st_ino;
  if (!same) return take(directory);
  return StateLock(std::move(file));
}

// Without it the lock holds as well.
void StateLock::sign() const {
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0) return;
  static_cast<void>(!::pwrite(file_.get(), number.data(), number.size(), 0));
}

OwnedFd StateLock::copy() const {
  return OwnedFd(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace mooring::server
