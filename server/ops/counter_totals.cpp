// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/counter_totals.hpp"

#include <span>

#include "dnschain/dns/wire.hpp"

namespace mooring::server {

namespace {

std::string key_of(const MetricValues& group, const MetricInfo& info) {
  return std::string(group.group) + "." + std::string(info.name);
}

}  // namespace

CounterTotals totals_of(const std::vector<MetricValues>& groups) {
  CounterTotals out;
  for (const MetricValues& group : groups) {
    for (const auto& [info, value] : group.metrics) {
      if (info.kind == MetricKind::counter) out[key_of(group, info)] = value;
    }
  }
  return out;
}

void add_totals(const CounterTotals& before, std::vector<MetricValues>& groups) {
  for (MetricValues& group : groups) {
    for (auto& [info, value] : group.metrics) {
      const auto found = before.find(key_of(group, info));
      if (info.kind == MetricKind::counter && found != before.end()) value += found->second;
    }
  }
}

dnschain::Bytes encode_totals(const CounterTotals& totals) {
  dnschain::Bytes out;
  dnschain::WireWriter writer(out);
  for (const auto& [name, value] : totals) {
    writer.u8(static_cast<std::uint8_t>(name.size()));
    writer.append(std::as_bytes(std::span(name)).first(name.size() & 0xFFU));
    writer.u32(static_cast<std::uint32_t>(value >> 32U));
    writer.u32(static_cast<std::uint32_t>(value));
  }
  return out;
}

std::optional<CounterTotals> decode_totals(ByteView octets) {
  CounterTotals out;
  dnschain::WireReader reader(octets);
  while (!reader.empty()) {
    const auto length = reader.u8();
    const auto name = length ? reader.take(*length) : std::nullopt;
    const auto high = name ? reader.u32() : std::nullopt;
    const auto low = high ? reader.u32() : std::nullopt;
    if (!low) return std::nullopt;
    out[std::string(reinterpret_cast<const char*>(name->data()), name->size())] =
        std::uint64_t{*high} << 32U | *low;
  }
  return out;
}

}  // namespace mooring::server
