// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/service.hpp"

#include "dnschain/dns/host_name.hpp"

namespace mooring::dnschain {

Result<Service> Service::create(std::string_view base_domain, Port port) {
  auto name = Name::parse(base_domain);
  if (!name) return tl::unexpected(std::move(name.error()));
  const auto refused = [&](const std::string& why) {
    return tl::unexpected(Error{ErrorCode::unusable, "'" + std::string(base_domain) +
                                                         "' cannot be a TLSA base domain: " + why});
  };
  if (name->is_root()) return refused("it is the root");
  if (const auto fault = host_name_fault(base_domain)) return refused(*fault);
  const Name lower = name->lower();
  const auto under_transport = lower.with_label("_tcp");
  const auto owner =
      under_transport
          ? under_transport->with_label("_" + std::to_string(static_cast<unsigned>(port)))
          : std::nullopt;
  if (!owner) return refused("it leaves no room for the port and the transport in front of it");
  Service service;
  service.base_domain_ = lower.text();
  service.base_domain_.pop_back();
  service.port_ = port;
  service.tlsa_owner_ = *owner;
  return service;
}

std::string Service::text() const {
  return base_domain_ + ":" + std::to_string(static_cast<unsigned>(port_));
}

}  // namespace mooring::dnschain
