// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/sealed_file.hpp"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 256U << 20;

using Digest = std::array<std::byte, SHA256_DIGEST_LENGTH>;

Digest digest_of(ByteView octets) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

tl::unexpected<Error> bad(std::string why) {
  return tl::unexpected(Error{ErrorCode::malformed, std::move(why)});
}

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
  // What a crash left there may be readable by others.
  ::unlink(path.c_str());
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
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

Bytes seal(std::string_view magic, std::uint16_t version, ByteView content) {
  Bytes out;
  WireWriter writer(out);
  writer.append(std::as_bytes(std::span(magic)));
  writer.u16(version);
  writer.u32(static_cast<std::uint32_t>(content.size()));
  writer.append(content);
  const Digest digest = digest_of(out);
  writer.append(digest);
  return out;
}

Result<Sealed> unseal(std::string_view magic, std::uint16_t newest, ByteView octets) {
  WireReader reader(octets);
  const auto begin = reader.take(magic.size());
  if (!begin || !std::ranges::equal(*begin, std::as_bytes(std::span(magic))))
    return bad("it is no such file of Mooring's");
  const auto version = reader.u16();
  if (version && (*version == 0 || *version > newest))
    return bad("its version is " + std::to_string(*version) + ", and only those up to " +
               std::to_string(newest) + " are known");
  const auto length = reader.u32();
  const auto content = length ? reader.take(*length) : std::nullopt;
  const auto digest = content ? reader.take(sizeof(Digest)) : std::nullopt;
  if (!digest || !reader.empty()) return bad("it is cut, or octets were added");
  const Digest expected = digest_of(octets.first(octets.size() - sizeof(Digest)));
  if (!std::ranges::equal(*digest, expected)) return bad("its checksum is wrong");
  return Sealed{*version, Bytes(content->begin(), content->end())};
}

Result<std::optional<Bytes>> read_whole(const fs::path& path) {
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

Result<void> replace_file(const fs::path& path, ByteView octets) {
  const fs::path fresh = with_ending(path, ".new");
  auto done = write_synced(fresh, octets);
  if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = failed(fresh, "cannot be renamed");
  if (done) return sync_directory(path.parent_path());
  ::unlink(fresh.c_str());
  return done;
}

Result<std::string> set_aside(const fs::path& path, const std::string& why) {
  const fs::path aside = with_ending(path, ".damaged");
  std::error_code error;
  fs::rename(path, aside, error);
  if (error) return failed(path, "is of no use and cannot be renamed", error.value());
  return path.string() + ": " + why + "; it is set aside as " + aside.filename().string();
}

}  // namespace mooring::dnschain
