// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/extension_pins.hpp"

#include <algorithm>

#include "dnschain/dns/stored.hpp"

namespace mooring::dnschain {
namespace {

tl::unexpected<Error> malformed(const char* why) {
  return tl::unexpected(Error{ErrorCode::malformed, why});
}

}  // namespace

ExtensionPins::ExtensionPins(std::chrono::hours longest, std::vector<ExtensionPin> stored,
                             WallTime now)
    : longest_(longest) {
  for (const ExtensionPin& pin : stored)
    if (pin.until > now) set(pin.service, std::min(pin.until, now + longest_));
}

void ExtensionPins::authenticated(const Service& service, std::chrono::hours lifetime,
                                  WallTime now) {
  if (lifetime.count() == 0)
    denied(service);
  else
    set(service, now + std::min(lifetime, longest_));
}

void ExtensionPins::denied(const Service& service) {
  pins_.erase({service.base_domain(), service.port()});
}

void ExtensionPins::clock_set(std::chrono::seconds step) {
  for (auto& [key, pin] : pins_) pin.until += step;
}

bool ExtensionPins::requires_extension(const Service& service, WallTime now) const {
  const auto found = pins_.find({service.base_domain(), service.port()});
  return found != pins_.end() && now < found->second.until;
}

std::vector<ExtensionPin> ExtensionPins::pins() const {
  std::vector<ExtensionPin> out;
  for (const auto& [key, pin] : pins_) out.push_back(pin);
  return out;
}

void ExtensionPins::set(const Service& service, WallTime until) {
  const Key key(service.base_domain(), service.port());
  if (pins_.size() >= kMost && !pins_.contains(key))
    pins_.erase(
        std::ranges::min_element(pins_, {}, [](const auto& entry) { return entry.second.until; }));
  pins_.insert_or_assign(key, ExtensionPin{service, until});
}

Bytes encode_pins(const std::vector<ExtensionPin>& pins) {
  Bytes out;
  WireWriter writer(out);
  writer.u16(static_cast<std::uint16_t>(pins.size()));
  for (const ExtensionPin& pin : pins) {
    write_service(pin.service, writer);
    write_time(pin.until, writer);
  }
  return out;
}

Result<std::vector<ExtensionPin>> decode_pins(ByteView octets) {
  WireReader reader(octets);
  const auto count = reader.u16();
  if (!count) return malformed("the count of pins is missing");
  if (*count > ExtensionPins::kMost) return malformed("there are too many pins");
  std::vector<ExtensionPin> pins;
  for (std::uint16_t i = 0; i < *count; ++i) {
    auto service = read_service(reader);
    if (!service) return tl::unexpected(std::move(service.error()));
    const auto until = read_time(reader);
    if (!until) return malformed("a pin is cut");
    pins.push_back({std::move(*service), *until});
  }
  if (!reader.empty()) return malformed("octets are left over");
  return pins;
}

}  // namespace mooring::dnschain
