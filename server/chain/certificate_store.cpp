// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/certificate_store.hpp"

#include <algorithm>
#include <optional>

#include "dnschain/dns/wire.hpp"
#include "dnschain/keep/sealed_file.hpp"
#include "server/chain/identities.hpp"

namespace mooring::server {

namespace {

using dnschain::Bytes;
using dnschain::WireReader;
using dnschain::WireWriter;

constexpr std::string_view kMagic = "mooring certs\n\x1a\x04";
constexpr std::uint16_t kVersion = 1;

void write_text(const std::string& text, WireWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(text.size()));
  writer.append(std::as_bytes(std::span(text)));
}

std::optional<std::string> read_text(WireReader& reader) {
  const auto length = reader.u32();
  const auto octets = length ? reader.take(*length) : std::nullopt;
  if (!octets) return {};
  return std::string(reinterpret_cast<const char*>(octets->data()), octets->size());
}

/// Why they cannot be used; empty when they can.
std::string fault_of(const std::vector<KeptCertificate>& kept) {
  Config config;
  for (const KeptCertificate& each : kept) {
    IdentityConfig identity;
    identity.name = each.name;
    identity.certificate_pem = each.certificate_pem;
    identity.private_key_pem = each.private_key_pem;
    config.identities.push_back(std::move(identity));
  }
  const auto errors = check_identities(config);
  return errors.empty() ? "" : "what it holds cannot be used: " + errors.front().what;
}

}  // namespace

Bytes encode_certificates(const std::vector<KeptCertificate>& kept) {
  Bytes content;
  WireWriter writer(content);
  for (const KeptCertificate& each : kept) {
    write_text(each.name, writer);
    write_text(each.certificate_pem, writer);
    write_text(each.private_key_pem, writer);
  }
  return dnschain::seal(kMagic, kVersion, content);
}

Result<std::vector<KeptCertificate>> decode_certificates(dnschain::ByteView octets) {
  const auto sealed = dnschain::unseal(kMagic, kVersion, octets);
  if (!sealed) return failure(sealed.error().context);
  std::vector<KeptCertificate> out;
  WireReader reader(sealed->content);
  while (!reader.empty()) {
    auto name = read_text(reader);
    auto certificate = read_text(reader);
    auto key = read_text(reader);
    if (!name || !certificate || !key) return failure("an entry is cut");
    out.push_back({std::move(*name), std::move(*certificate), std::move(*key)});
  }
  return out;
}

std::vector<KeptCertificate> certificates_in_use(const Config& config) {
  std::vector<KeptCertificate> out;
  for (const IdentityConfig& identity : config.identities) {
    if (identity.services.empty()) continue;
    out.push_back({identity.name, identity.certificate_pem, identity.private_key_pem});
  }
  return out;
}

Config with_kept(Config config, const std::vector<KeptCertificate>& kept) {
  for (IdentityConfig& identity : config.identities) {
    const auto found = std::ranges::find(kept, identity.name, &KeptCertificate::name);
    if (found == kept.end()) continue;
    identity.certificate_pem = found->certificate_pem;
    identity.private_key_pem = found->private_key_pem;
  }
  return config;
}

Result<CertificateStore::Loaded> CertificateStore::load() const {
  const auto octets = dnschain::read_whole(file());
  if (!octets) return failure(octets.error().context);
  if (!*octets) return Loaded{};
  auto kept = decode_certificates(**octets);
  const std::string fault = kept ? fault_of(*kept) : kept.error().context;
  if (fault.empty()) return Loaded{std::move(*kept), {}};
  auto set_aside = dnschain::set_aside(file(), fault);
  if (!set_aside) return failure(set_aside.error().context);
  return Loaded{{}, std::move(*set_aside)};
}

Result<void> CertificateStore::save(const std::vector<KeptCertificate>& kept) const {
  const auto replaced = dnschain::replace_file(file(), encode_certificates(kept));
  if (!replaced) return failure(replaced.error().context);
  return {};
}

void CertificateStore::clear() const {
  std::error_code ignored;
  std::filesystem::remove(file(), ignored);
}

}  // namespace mooring::server
