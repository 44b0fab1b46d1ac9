// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tlsa/rollover.hpp"

#include <algorithm>

#include "dnschain/dane/tlsa_history.hpp"

namespace mooring::tools {

namespace {

using dnschain::TlsaRecord;

bool contains(const std::vector<TlsaRecord>& records, const TlsaRecord& record) {
  return std::ranges::find(records, record) != records.end();
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

std::vector<TlsaRecord> records_to_publish(const RolloverPlan& plan) {
  std::vector<TlsaRecord> records = plan.old_records;
  for (const TlsaRecord& record : plan.new_records) {
    if (!contains(records, record)) records.push_back(record);
  }
  return records;
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
