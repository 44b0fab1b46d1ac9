// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/rollover.hpp"

#include <algorithm>

#include "dnschain/dane/tlsa_history.hpp"
#include "tools/base/time_text.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::TlsaRecord;
using dnschain::WallTime;

bool contains(const std::vector<TlsaRecord>& records, const TlsaRecord& record) {
  return std::ranges::find(records, record) != records.end();
}

std::vector<TlsaRecord> both(const RolloverPlan& plan) {
  std::vector<TlsaRecord> records = plan.old_records;
  for (const TlsaRecord& record : plan.new_records) {
    if (!contains(records, record)) records.push_back(record);
  }
  return records;
}

std::string zone_lines(const std::vector<TlsaRecord>& records, const dnschain::Service& service,
                       std::uint32_t ttl) {
  std::string out;
  for (const TlsaRecord& record : records) out += "   " + zone_line(service, ttl, record) + "\n";
  return out;
}

std::string publish_step(const RolloverPlan& plan, const dnschain::Service& service) {
  const std::string lines = zone_lines(both(plan), service, plan.ttl);
  if (plan.new_is_there) {
    return "1. The new record is published already; leave both as they are:\n" + lines;
  }
  return "1. Publish the new record beside the old one, on every name server of the zone:\n" +
         lines;
}

}  // namespace

Outcome<RolloverPlan> plan_rollover(const RolloverInput& input) {
  RolloverPlan plan;
  for (const TlsaForm form : input.forms) {
    auto old_record = make_record(input.old_keys, form);
    if (!old_record) return trouble("old key: " + old_record.error().text);
    auto new_record = make_record(input.new_keys, form);
    if (!new_record) return trouble("new key: " + new_record.error().text);
    plan.old_records.push_back(*std::move(old_record));
    plan.new_records.push_back(*std::move(new_record));
  }
  plan.same_key = plan.old_records == plan.new_records;
  plan.new_is_there = std::ranges::all_of(plan.new_records, [&](const TlsaRecord& record) {
    return contains(input.already_there, record);
  });
  plan.ttl = input.ttl;
  plan.published_at = input.published_at;
  plan.new_key_from = dnschain::new_key_from(input.published_at, std::chrono::seconds{input.ttl});
  if (plan.same_key) plan.new_key_from = input.published_at;
  return plan;
}

std::string rollover_text(const RolloverPlan& plan, const dnschain::Service& service,
                          WallTime now) {
  if (plan.same_key) {
    return "The published records match the new one too: its key is the same. Nothing has to be\n"
           "published, and it may be used at once:\n" +
           zone_lines(plan.old_records, service, plan.ttl);
  }
  const auto wait = plan.new_key_from - plan.published_at;
  std::string out = publish_step(plan, service);
  out += "2. Wait two TTLs (" + format_span(wait) + ") from " + format_time(plan.published_at) +
         " on, so that no cache holds the old set.\n   The new key may be used from " +
         format_until(plan.new_key_from, now) + ".\n";
  out +=
      "3. Then switch the server to the new key, and see that it works:\n   mooring tlsa check " +
      service.text() + " --server HOST\n";
  out += "4. The old record may go as soon as no server uses the old key, not before " +
         format_time(plan.new_key_from) + ". This stays:\n" +
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
          {"publish", list(both(plan))},
          {"published_at", format_time(plan.published_at)},
          {"new_key_from", format_time(plan.new_key_from)},
          {"old_record_until", format_time(plan.new_key_from)}};
}

std::vector<TlsaForm> forms_in_use(const std::vector<TlsaRecord>& published,
                                   const std::vector<KeyMaterial>& old_keys) {
  std::vector<TlsaForm> forms;
  for (const TlsaRecord& record : published) {
    const TlsaForm form{record.usage, record.selector, record.matching};
    const auto of_old = make_record(old_keys, form);
    if (!of_old || *of_old != record) continue;
    if (std::ranges::find(forms, form) == forms.end()) forms.push_back(form);
  }
  return forms;
}

}  // namespace mooring::tools
