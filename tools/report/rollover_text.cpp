// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/rollover_text.hpp"

#include "dnschain/base/time_text.hpp"
#include "tools/base/time_text.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::TlsaRecord;
using dnschain::WallTime;

std::string zone_lines(const std::vector<TlsaRecord>& records, const dnschain::Service& service,
                       std::uint32_t ttl) {
  std::string out;
  for (const TlsaRecord& record : records) out += "   " + zone_line(service, ttl, record) + "\n";
  return out;
}

std::string publish_step(const RolloverPlan& plan, const dnschain::Service& service) {
  const std::string lines = zone_lines(records_to_publish(plan), service, plan.ttl);
  if (plan.new_is_there) {
    return "1. The new record is published already; leave both as they are:\n" + lines;
  }
  return "1. Publish the new record beside the old one, on every name server of the zone:\n" +
         lines;
}

}  // namespace

std::string rollover_text(const RolloverPlan& plan, const dnschain::Service& service,
                          WallTime now) {
  if (plan.same_key) {
    return "The published records match the new one too: its key is the same. Nothing has to be\n"
           "published, and it may be used at once:\n" +
           zone_lines(plan.old_records, service, plan.ttl);
  }
  const auto wait = plan.new_key_from - plan.published_at;
  std::string out = publish_step(plan, service);
  out += "2. Wait two TTLs (" + format_span(wait) + ") from " +
         dnschain::to_text(plan.published_at) +
         " on, so that no cache holds the old set.\n   The new key may be used from " +
         format_until(plan.new_key_from, now) + ".\n";
  out +=
      "3. Then switch the server to the new key, and see that it works:\n   mooring tlsa check " +
      service.text() + " --server HOST\n";
  out += "4. The old record may go as soon as no server uses the old key, not before " +
         dnschain::to_text(plan.new_key_from) + ". This stays:\n" +
         zone_lines(plan.new_records, service, plan.ttl);
  return out;
}

Json rollover_json(const RolloverPlan& plan, const dnschain::Service& service) {
  const auto list = [](const std::vector<TlsaRecord>& records) {
    Json out = Json::array();
    for (const TlsaRecord& record : records) out.push_back(to_json(record));
    return out;
  };
  return {{"name", service.base_domain()},
          {"port", static_cast<std::uint16_t>(service.port())},
          {"owner", service.tlsa_owner().text()},
          {"ttl", plan.ttl},
          {"same_key", plan.same_key},
          {"new_is_published", plan.new_is_there},
          {"old_records", list(plan.old_records)},
          {"new_records", list(plan.new_records)},
          {"publish", list(records_to_publish(plan))},
          {"published_at", dnschain::to_text(plan.published_at)},
          {"new_key_from", dnschain::to_text(plan.new_key_from)},
          {"old_record_until", dnschain::to_text(plan.new_key_from)}};
}

}  // namespace mooring::tools
