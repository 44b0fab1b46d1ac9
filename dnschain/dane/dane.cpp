// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/dane.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <span>

#include "dnschain/dane/x509_path.hpp"

namespace mooring::dnschain {
namespace {

enum Usage : std::uint8_t { kPkixTa, kPkixEe, kDaneTa, kDaneEe };
enum Selector : std::uint8_t { kCert, kSpki };
enum Matching : std::uint8_t { kFull, kSha256, kSha512 };

constexpr std::size_t kMaxRecords = 64;
// Of paths and of signatures under a bare key: an RSA key can be made as slow as one likes.
constexpr std::size_t kMaxPathChecks = 8;
constexpr std::size_t kMaxKeyChecks = 32;

Bytes digest(Matching matching, ByteView data) {
  const auto* in = reinterpret_cast<const unsigned char*>(data.data());
  Bytes out(matching == kSha256 ? SHA256_DIGEST_LENGTH : SHA512_DIGEST_LENGTH);
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  if (matching == kSha256)
    SHA256(in, data.size(), to);
  else
    SHA512(in, data.size(), to);
  return out;
}

/// A certificate as a record may speak of it.
struct Subject {
  Bytes der;   ///< empty for a raw public key
  Bytes spki;  ///< empty when the certificate cannot be read
};

Subject subject_of(const Bytes& der) {
  const X509Ptr certificate = parse_certificate(der);
  return {der, certificate ? public_key_of(*certificate) : Bytes()};
}

bool matches(const TlsaRecord& record, const Subject& subject) {
  const Bytes& selected = record.selector == kCert ? subject.der : subject.spki;
  if (selected.empty()) return false;
  if (record.matching == kFull) return record.data == selected;
  return record.data == digest(Matching{record.matching}, selected);
}

std::vector<TlsaRecord> usable(const std::vector<TlsaRecord>& records) {
  std::vector<TlsaRecord> out;
  for (const TlsaRecord& record : records)
    if (out.size() < kMaxRecords && is_usable(record)) out.push_back(record);
  return out;
}

/// Digest agility (RFC 7671, 9): of one usage and selector only the strongest digest counts, beside
/// those without a digest.
std::vector<TlsaRecord> with_strongest_digest(const std::vector<TlsaRecord>& records) {
  std::vector<TlsaRecord> out;
  std::ranges::copy_if(records, std::back_inserter(out), [&](const TlsaRecord& record) {
    return record.matching == kFull || std::ranges::none_of(records, [&](const TlsaRecord& other) {
             return other.usage == record.usage && other.selector == record.selector &&
                    other.matching > record.matching;
           });
  });
  return out;
}

/// One attempt to authenticate what a server presented.
class Authentication {
 public:
  Authentication(const PresentedIdentity& presented, const Service& service, WallTime now)
      : presented_(presented), service_(service), now_(now) {
    if (presented.certificates.empty() && !presented.raw_public_key.empty())
      subjects_.push_back({{}, presented.raw_public_key});
    for (const Bytes& der : first_few(presented.certificates)) subjects_.push_back(subject_of(der));
    for (const Bytes& der : first_few(presented.pkix_path)) pkix_.push_back(subject_of(der));
  }

  DaneResult run(const std::vector<TlsaRecord>& records);

 private:
  static std::span<const Bytes> first_few(const std::vector<Bytes>& certificates) {
    return std::span(certificates).first(std::min(certificates.size(), kMaxCertificates));
  }
  [[nodiscard]] bool is_raw() const { return presented_.certificates.empty(); }
  bool try_record(const TlsaRecord& record);
  bool end_entity(const TlsaRecord& record, const std::vector<Subject>& subjects);
  bool pkix_anchor(const TlsaRecord& record);
  bool dane_anchor(const TlsaRecord& record);
  bool absent_anchor(const TlsaRecord& record);
  bool check_path(const TlsaRecord& record, x509_st& anchor, std::size_t depth);
  bool succeed(const TlsaRecord& record, std::size_t depth, const std::string& what);
  void parse_certificates();

  const PresentedIdentity& presented_;
  const Service& service_;
  WallTime now_;
  std::vector<Subject> subjects_;
  std::vector<Subject> pkix_;
  X509Ptr leaf_;
  std::vector<X509Ptr> others_;
  std::size_t path_checks_left_ = kMaxPathChecks;
  std::size_t key_checks_left_ = kMaxKeyChecks;
  DaneResult result_;
};

DaneResult Authentication::run(const std::vector<TlsaRecord>& records) {
  for (const std::uint8_t usage : {kDaneEe, kDaneTa, kPkixEe, kPkixTa})
    for (const TlsaRecord& record : records)
      if (record.usage == usage && try_record(record)) return result_;
  if (result_.reason.empty())
    result_.reason = is_raw() ? "no \"3 1 x\" record matches the server's raw public key"
                              : "no TLSA record matches the server's certificate";
  return result_;
}

bool Authentication::try_record(const TlsaRecord& record) {
  if (is_raw() && (record.usage != kDaneEe || record.selector != kSpki)) return false;
  switch (record.usage) {
    case kDaneEe:
      return end_entity(record, subjects_);
    case kDaneTa:
      return dane_anchor(record);
    case kPkixEe:
      return end_entity(record, pkix_);
    default:
      return pkix_anchor(record);
  }
}

bool Authentication::succeed(const TlsaRecord& record, std::size_t depth, const std::string& what) {
  result_.authenticated = true;
  result_.matched = record;
  result_.depth = depth;
  result_.reason = "TLSA " + std::to_string(record.usage) + ' ' + std::to_string(record.selector) +
                   ' ' + std::to_string(record.matching) + " matches " + what;
  return true;
}

bool Authentication::end_entity(const TlsaRecord& record, const std::vector<Subject>& subjects) {
  if (subjects.empty() || !matches(record, subjects.front())) return false;
  return succeed(record, 0,
                 is_raw()                   ? "the server's raw public key"
                 : record.selector == kCert ? "the server's certificate"
                                            : "the public key of the server's certificate");
}

bool Authentication::pkix_anchor(const TlsaRecord& record) {
  for (std::size_t depth = 1; depth < pkix_.size(); ++depth)
    if (matches(record, pkix_[depth]))
      return succeed(record, depth, "a certificate authority on the server's PKIX path");
  return false;
}

void Authentication::parse_certificates() {
  if (leaf_ || !others_.empty()) return;
  const auto certificates = first_few(presented_.certificates);
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    X509Ptr certificate = parse_certificate(certificates[i]);
    if (i == 0)
      leaf_ = std::move(certificate);
    else if (certificate)
      others_.push_back(std::move(certificate));
  }
}

bool Authentication::check_path(const TlsaRecord& record, x509_st& anchor, std::size_t depth) {
  if (path_checks_left_ == 0) return false;
  --path_checks_left_;
  const auto path = find_path(*leaf_, others_, {&anchor}, service_.base_domain(), now_);
  if (path) return succeed(record, depth, "the server's certificate authority");
  result_.reason = "the path to the authority that TLSA " + std::to_string(record.usage) + ' ' +
                   std::to_string(record.selector) + ' ' + std::to_string(record.matching) +
                   " names: " + path.error().context;
  return false;
}

/// RFC 7671, 5.2: the authority is a certificate that the server sent, or the record holds it.
bool Authentication::dane_anchor(const TlsaRecord& record) {
  parse_certificates();
  if (!leaf_) return false;
  for (std::size_t depth = 1; depth < subjects_.size(); ++depth) {
    if (!matches(record, subjects_[depth])) continue;
    const X509Ptr anchor = parse_certificate(subjects_[depth].der);
    if (anchor && check_path(record, *anchor, depth)) return true;
  }
  return record.matching == kFull && absent_anchor(record);
}

/// RFC 7671, 5.2.2 and 5.2.3: the authority in full is in the record alone.
bool Authentication::absent_anchor(const TlsaRecord& record) {
  if (record.selector == kCert) {
    const X509Ptr anchor = parse_certificate(record.data);
    return anchor && check_path(record, *anchor, subjects_.size());
  }
  const EvpPkeyPtr key = parse_public_key(record.data);
  if (!key || !is_fit_for_path(*key)) return false;
  const auto signed_by_key = [&](x509_st& certificate) {
    if (key_checks_left_ == 0) return false;
    --key_checks_left_;
    return is_signed_by(certificate, *key);
  };
  if (signed_by_key(*leaf_)) return check_path(record, *leaf_, 1);
  // Any of them can be the right one: an authority has signed others too, and some have expired.
  for (std::size_t i = 0; i < others_.size(); ++i)
    if (signed_by_key(*others_[i]) && check_path(record, *others_[i], i + 2)) return true;
  return false;
}

}  // namespace

bool is_usable(const TlsaRecord& record) {
  if (record.usage > kDaneEe || record.selector > kSpki) return false;
  switch (record.matching) {
    case kFull:
      return record.selector == kCert ? parse_certificate(record.data) != nullptr
                                      : parse_public_key(record.data) != nullptr;
    case kSha256:
      return record.data.size() == SHA256_DIGEST_LENGTH;
    case kSha512:
      return record.data.size() == SHA512_DIGEST_LENGTH;
    default:
      return false;
  }
}

DaneResult dane_authenticate(const std::vector<TlsaRecord>& records,
                             const PresentedIdentity& presented, const Service& service,
                             WallTime now) {
  const auto candidates = with_strongest_digest(usable(records));
  if (!candidates.empty()) return Authentication(presented, service, now).run(candidates);
  DaneResult result;
  result.reason = "no TLSA record is usable";
  return result;
}

}  // namespace mooring::dnschain
