// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "dnschain/base/time_text.hpp"
#include "dnschain/dane/certificate_files.hpp"
#include "dnschain/dane/pem.hpp"
#include "dnschain/dane/x509_path.hpp"

namespace mooring::dnschain {
namespace {

constexpr int kPrudentRsaBits = 2048;

std::vector<X509Ptr> certificates_in(std::string_view file) {
  std::vector<X509Ptr> out;
  for (const Bytes& der : certificates_in_pem(file))
    if (X509Ptr certificate = parse_certificate(der)) out.push_back(std::move(certificate));
  return out;
}

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return to_text(WallTime(std::chrono::seconds(timegm(&parts))));
}

/// A date that cannot be read is no finding: it is as it is for every client.
void check_dates(const X509& certificate, const std::string& which, WallTime now,
                 std::vector<std::string>& findings) {
  const auto at = static_cast<std::time_t>(now.time_since_epoch().count());
  const ASN1_TIME* from = X509_get0_notBefore(&certificate);
  const ASN1_TIME* to = X509_get0_notAfter(&certificate);
  if (ASN1_TIME_cmp_time_t(to, at) == -1) {
    findings.push_back(which + " has expired at " + date_text(to));
  } else if (ASN1_TIME_cmp_time_t(from, at) == 1) {
    findings.push_back(which + " is not valid before " + date_text(from));
  }
}

bool has_issued(x509_st& issuer, x509_st& certificate) {
  EVP_PKEY* key = X509_get0_pubkey(&issuer);
  const bool yes = X509_check_issued(&issuer, &certificate) == X509_V_OK && key != nullptr &&
                   X509_verify(&certificate, key) == 1;
  ERR_clear_error();
  return yes;
}

/// A root that issues servers' certificates itself need not be sent (RFC 8446, 4.4.2), and nothing
/// in a file tells it from an authority below a root: the finding says both.
void check_issuer(const std::vector<X509Ptr>& file, std::vector<std::string>& findings) {
  x509_st& own = *file.front();
  if (std::ranges::any_of(file, [&](const X509Ptr& one) { return has_issued(*one, own); })) return;
  findings.push_back(file.size() == 1
                         ? "the certificate of its issuer is not in the file, and clients need it "
                           "unless they have it as a root"
                         : "none of the certificates after it is its issuer's");
}

void check_key(const X509& certificate, std::vector<std::string>& findings) {
  EVP_PKEY* key = X509_get0_pubkey(&certificate);
  if (key == nullptr) return;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA_PSS) {
    return;
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kPrudentRsaBits) {
    findings.push_back("its RSA key has " + std::to_string(bits) + " bits, fewer than 2048");
  }
}

}  // namespace

std::vector<std::string> pkix_findings(std::string_view certificates, const std::string& name,
                                       WallTime now) {
  std::vector<std::string> findings;
  const auto file = certificates_in(certificates);
  for (std::size_t i = 0; i < file.size(); ++i) {
    check_dates(*file[i], i == 0 ? "it" : "certificate " + std::to_string(i + 1) + " in the file",
                now, findings);
  }
  if (file.empty()) return findings;
  if (!holds_name(*file.front(), name)) findings.push_back("it is not for " + name);
  check_issuer(file, findings);
  check_key(*file.front(), findings);
  return findings;
}

}  // namespace mooring::dnschain
