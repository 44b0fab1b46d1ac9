// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"

namespace mooring::dnschain {

/// The content of a sealed file: a magic, a version, the length, the content, and a SHA-256 digest
/// over all of it. The digest tells damage; it is no protection from someone who means to deceive.
struct Sealed {
  std::uint16_t version = 0;
  Bytes content;
};

[[nodiscard]] Bytes seal(std::string_view magic, std::uint16_t version, ByteView content);

/// An error, in one line for a person, for what seal() did not make with this magic, or with a
/// version after `newest`.
[[nodiscard]] Result<Sealed> unseal(std::string_view magic, std::uint16_t newest, ByteView octets);

/// The whole file, of at most 256 MiB; nothing when there is none.
[[nodiscard]] Result<std::optional<Bytes>> read_whole(const std::filesystem::path& path);

/// Writes a file that its owner alone may read, and has it on disk when it returns (fsync of file
/// and directory). A crash at any moment leaves the old file or the new one, never a part; on
/// failure the old one is untouched.
[[nodiscard]] Result<void> replace_file(const std::filesystem::path& path, ByteView octets);

/// Renames a file of no use to end in ".damaged", and says so in one line; `why` is the cause.
[[nodiscard]] Result<std::string> set_aside(const std::filesystem::path& path,
                                            const std::string& why);

}  // namespace mooring::dnschain
