// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// What is wrong with the files of one identity, each in words that follow the file's name.
struct FileFaults {
  std::optional<std::string> certificate;
  std::optional<std::string> key;
};

/// Judges a server's certificates (PEM, its own first) and their private key (PEM, not encrypted)
/// before TLS is given them: it takes P-256, P-384, Ed25519 and RSA of 1024 to 4096 bits.
[[nodiscard]] FileFaults judge_files(std::string_view certificates, std::string_view key);

/// What is there instead of a certificate or a public key: "is empty", "holds a private key", ...
[[nodiscard]] std::string what_it_holds(std::string_view file);

/// What clients that check certificates (PKIX, or a TLSA record of usage 2) would refuse `name` for
/// at `now`, or not be able to follow: dates, names, a missing certificate, a weak key. DANE-EE(3)
/// looks at none of it. `certificates` is a file that judge_files() finds nothing wrong with.
[[nodiscard]] std::vector<std::string> pkix_findings(std::string_view certificates,
                                                     const std::string& name, WallTime now);

}  // namespace mooring::dnschain
