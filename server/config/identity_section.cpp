// SPDX-License-Identifier: GPL-3.0-or-later
//
// [[identity]]
#include <algorithm>

#include "server/config/sections.hpp"

namespace mooring::server {

namespace {

void read_ports(Section& section, IdentityConfig& identity) {
  std::vector<std::int64_t> ports{853};
  if (section.has("ports")) ports.clear();
  section.numbers("ports", 1, 65'535, [&](std::int64_t port, const Place& place) {
    if (std::ranges::find(ports, port) != ports.end()) {
      return section.error(place, "port " + std::to_string(port) + " stands here twice");
    }
    ports.push_back(port);
  });
  // The name is judged even when it has no port.
  const bool none = ports.empty();
  if (none) ports.push_back(853);
  for (const std::int64_t port : ports) {
    auto service = dnschain::Service::create(identity.name, dnschain::Port(port));
    if (!service) {
      const std::string& why = service.error().context;
      return section.error(section.place("name"), "expected a host name, as in SNI: " + why);
    }
    identity.name = service->base_domain();
    if (!none) identity.services.push_back(std::move(*service));
  }
}

void read_identity(Reading& reading, Section section, std::vector<IdentityConfig>& identities) {
  IdentityConfig identity;
  std::string key_file;
  const bool named = section.text("name", identity.name);
  const auto certificate = reading.file_of(section, "certificate", identity.certificate_file);
  const auto key = reading.file_of(section, "key", key_file);
  section.require("name", "the host name that clients ask for");
  section.require("certificate", "a file with the certificate and those between it and the root");
  section.require("key", "a file with the certificate's private key");
  identity.certificate_pem = certificate.value_or("");
  identity.private_key_pem = key.value_or("");
  identity.certificate_place = section.place("certificate");
  identity.key_place = section.place("key");
  identity.key_file = key_file;
  if (named) read_ports(section, identity);
  section.known("ports");
  section.finish();
  const auto same = [&](const IdentityConfig& other) { return other.name == identity.name; };
  if (named && std::ranges::any_of(identities, same)) {
    section.error(section.place("name"),
                  "there is another identity named \"" + identity.name + "\"");
  }
  identities.push_back(std::move(identity));
}

}  // namespace

void read_identities(Reading& reading, std::vector<IdentityConfig>& identities) {
  Section& top = reading.top();
  constexpr const char* expected = "[[identity]] with name, certificate and key";
  top.known("identity");
  if (!top.has("identity")) {
    return top.error(top.place(), std::string("no identity: expected ") + expected);
  }
  const toml::array* tables = top.array("identity");
  if (tables == nullptr || tables->empty() || !tables->is_homogeneous<toml::table>()) {
    return top.error(top.place("identity"), std::string("identity: expected ") + expected);
  }
  for (const toml::node& item : *tables) {
    read_identity(reading, top.item(*item.as_table(), "identity"), identities);
  }
}

}  // namespace mooring::server
