// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/state_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "dnschain/state_file.hpp"

namespace mooring::dnschain {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 256U << 20;

/// An open file; closed with it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  bool close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

tl::unexpected<Error> failed(const fs::path& path, const char* what, int error = errno) {
  return tl::unexpected(Error{ErrorCode::unusable, path.string() + ": " + what + ": " +
                                                       std::generic_category().message(error)});
}

/// The whole file; nothing when there is none.
Result<std::optional<Bytes>> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return failed(path, "cannot be opened");
  }
  Bytes out;
  std::array<std::byte, 65536> chunk;
  while (out.size() <= kMaxFile) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read");
    if (got == 0) return std::optional<Bytes>(std::move(out));
    out.insert(out.end(), chunk.begin(), chunk.begin() + got);
  }
  return failed(path, "cannot be read", EFBIG);
}

bool write_all(int fd, ByteView octets) {
  while (!octets.empty()) {
    const ssize_t put = ::write(fd, octets.data(), octets.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

Result<void> write_synced(const fs::path& path, ByteView octets) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                         S_IRUSR | S_IWUSR));
  if (!file.valid()) return failed(path, "cannot be made");
  if (!write_all(file.get(), octets) || ::fsync(file.get()) != 0 || !file.close())
    return failed(path, "cannot be written");
  return {};
}

/// A rename is on disk only when the directory is.
Result<void> sync_directory(const fs::path& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return failed(path, "cannot be synced");
  return {};
}

fs::path with_ending(fs::path path, const char* ending) {
  path += ending;
  return path;
}

}  // namespace

Result<StateStore::Loaded> StateStore::load() const {
  std::error_code error;
  fs::create_directory(directory_, error);
  if (error) return failed(directory_, "cannot be made", error.value());
  const auto octets = read_file(file());
  if (!octets) return tl::unexpected(octets.error());
  if (!*octets) return Loaded{};
  auto state = decode_state(**octets);
  if (state) return Loaded{std::move(*state), {}};
  const fs::path aside = with_ending(file(), ".damaged");
  fs::rename(file(), aside, error);
  if (error) return failed(file(), "is of no use and cannot be renamed", error.value());
  return Loaded{{},
                file().string() + ": " + state.error().context + "; it is set aside as " +
                    aside.filename().string()};
}

Result<void> StateStore::save(const KeeperState& state) const {
  const fs::path fresh = with_ending(file(), ".new");
  auto done = write_synced(fresh, encode_state(state));
  if (done && ::rename(fresh.c_str(), file().c_str()) != 0)
    done = failed(fresh, "cannot be renamed");
  if (done) return sync_directory(directory_);
  ::unlink(fresh.c_str());
  return done;
}

}  // namespace mooring::dnschain
