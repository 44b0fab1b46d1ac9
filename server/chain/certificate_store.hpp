// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/base/result.hpp"
#include "server/config/config.hpp"

namespace mooring::server {

/// Certificates with their keys as they were in use.
struct KeptCertificate {
  std::string name;  ///< of the identity
  std::string certificate_pem;
  std::string private_key_pem;

  bool operator==(const KeptCertificate&) const = default;
};

/// Those of the identities that have a chain, for which alone it matters.
[[nodiscard]] std::vector<KeptCertificate> certificates_in_use(const Config& config);

/// `config` with the certificates that are kept in place of its own, where there are some.
[[nodiscard]] Config with_kept(Config config, const std::vector<KeptCertificate>& kept);

/// As octets with a digest, and back. An error, one line, for what encode_certificates() has not
/// made. What the certificates are worth is for check_identities() to say.
[[nodiscard]] dnschain::Bytes encode_certificates(const std::vector<KeptCertificate>& kept);
[[nodiscard]] Result<std::vector<KeptCertificate>> decode_certificates(dnschain::ByteView octets);

/// Keeps the certificates that are in use, and their keys, in a file of a directory that its owner
/// alone may read, so that a restart can go on with what clients know.
class CertificateStore {
 public:
  struct Loaded {
    std::vector<KeptCertificate> certificates;
    std::string set_aside;  ///< one line when a file was of no use and has been renamed; else empty
  };

  explicit CertificateStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// A file that is damaged, or whose certificates and keys are of no use, is set aside.
  [[nodiscard]] Result<Loaded> load() const;
  /// Has them on disk when it returns; on failure what was there before is untouched.
  [[nodiscard]] Result<void> save(const std::vector<KeptCertificate>& kept) const;
  /// Leaves no key behind.
  void clear() const;

  [[nodiscard]] std::filesystem::path file() const { return directory_ / "certificates.state"; }

 private:
  std::filesystem::path directory_;
};

}  // namespace mooring::server
