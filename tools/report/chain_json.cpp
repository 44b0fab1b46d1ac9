// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/chain_json.hpp"

#include "dnschain/base/hex.hpp"
#include "dnschain/base/time_text.hpp"
#include "dnschain/dns/rdata.hpp"
#include "tools/report/chain_tree.hpp"
#include "tools/report/dns_names.hpp"

namespace mooring::tools {

namespace {

Json zone_to_json(const dnschain::ZoneStep& step) {
  Json keys = Json::array();
  for (const auto& key : step.keys) {
    keys.push_back({{"tag", key.tag},
                    {"flags", key.flags},
                    {"role", key_role(key.flags)},
                    {"algorithm", key.algorithm},
                    {"algorithm_name", algorithm_name(key.algorithm)},
                    {"anchored", key.anchored}});
  }
  Json signatures = Json::array();
  for (const auto& signature : step.signatures) {
    signatures.push_back({{"owner", signature.owner.text()},
                          {"type", dnschain::to_text(signature.covered)},
                          {"key_tag", signature.key_tag},
                          {"algorithm", signature.algorithm},
                          {"inception", dnschain::to_text(signature.inception)},
                          {"expiration", dnschain::to_text(signature.expiration)}});
  }
  return {
      {"zone", step.zone.text()}, {"keys", std::move(keys)}, {"signatures", std::move(signatures)}};
}

}  // namespace

Json to_json(const dnschain::TlsaRecord& record) {
  return {{"usage", record.usage},
          {"selector", record.selector},
          {"matching", record.matching},
          {"data", dnschain::to_hex(record.data)},
          {"text", dnschain::to_text(record)}};
}

Json to_json(const dnschain::Verdict& verdict, const dnschain::Service& service) {
  const bool bogus = verdict.kind == dnschain::VerdictKind::bogus;
  Json tlsa = Json::array();
  for (const auto& record : verdict.tlsa) tlsa.push_back(to_json(record));
  Json zones = Json::array();
  for (const auto& step : verdict.zones) zones.push_back(zone_to_json(step));
  return {{"name", service.base_domain()},
          {"port", static_cast<std::uint16_t>(service.port())},
          {"verdict", verdict_name(verdict.kind)},
          {"reason", verdict.reason},
          {"until", bogus ? Json() : Json(dnschain::to_text(holds_until(verdict)))},
          {"ttl", verdict.ttl},
          {"tlsa", std::move(tlsa)},
          {"tlsa_ttl", verdict.tlsa_ttl},
          {"zones", std::move(zones)},
          {"proof", to_json(verdict.proof)}};
}

Json to_json(const std::vector<dnschain::Record>& records) {
  Json lines = Json::array();
  for (const auto& record : records) lines.push_back(dnschain::to_text(record));
  return lines;
}

std::string dump(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mooring::tools
