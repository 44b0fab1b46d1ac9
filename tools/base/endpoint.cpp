// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/endpoint.hpp"

#include <arpa/inet.h>

#include <array>

#include "dnschain/dns/host_name.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

bool is_ipv6(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  // A scope ("fe80::1%eth0") is getaddrinfo's to judge.
  return ::inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), address.data()) == 1;
}

bool is_ipv4(const std::string& text) {
  std::array<unsigned char, sizeof(in_addr)> address{};
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1;
}

Outcome<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number(text, 65535);
  if (!port || *port == 0) {
    return trouble("\"" + std::string(text) + "\" is no port: a number from 1 to 65535 is needed");
  }
  return static_cast<std::uint16_t>(*port);
}

/// A host alone; brackets may stand around an IPv6 address.
Outcome<std::string> parse_host(std::string_view text) {
  const bool brackets = text.size() > 2 && text.starts_with('[') && text.ends_with(']');
  std::string host(brackets ? text.substr(1, text.size() - 2) : text);
  if (is_ipv6(host) || (!host.empty() && host.find_first_of(":[]@#") == std::string::npos)) {
    return host;
  }
  return trouble("\"" + std::string(text) + "\" is no host that a port could follow");
}

Outcome<Endpoint> with_port(std::string_view host, std::string_view port) {
  return parse_port(port).map([&](std::uint16_t number) {
    return Endpoint{std::string(host), number};
  });
}

Outcome<Endpoint> split_endpoint(std::string_view text, std::uint16_t default_port) {
  // As Unbound and kdig write it.
  if (const auto mark = text.find_last_of("@#"); mark != std::string_view::npos) {
    const auto host = parse_host(text.substr(0, mark));
    if (!host) return tl::make_unexpected(host.error());
    return with_port(*host, text.substr(mark + 1));
  }
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(std::string(text.substr(1, close - 1)))) {
      return trouble("\"" + std::string(text) + "\": [...] must hold an IPv6 address");
    }
    const auto host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (rest.empty()) return Endpoint{std::string(host), default_port};
    if (rest.front() != ':') {
      return trouble("\"" + std::string(text) + "\": only :PORT may follow [...]");
    }
    return with_port(host, rest.substr(1));
  }
  if (is_ipv6(std::string(text))) return Endpoint{std::string(text), default_port};
  const auto colon = text.find(':');
  if (colon == 0 || text.empty()) {
    return trouble("\"" + std::string(text) + "\": an address or a host name is missing");
  }
  if (colon == std::string_view::npos) return Endpoint{std::string(text), default_port};
  return with_port(text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace

bool Endpoint::is_address() const {
  return is_ipv4(host) || is_ipv6(host);
}

std::string Endpoint::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Outcome<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  auto endpoint = split_endpoint(text, default_port);
  if (!endpoint) return endpoint;
  auto host = dnschain::to_a_labels(endpoint->host);
  if (!host) return trouble("\"" + endpoint->host + "\" is no host: " + host.error().context);
  endpoint->host = *std::move(host);
  return endpoint;
}

Outcome<dnschain::Service> parse_service(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || is_ipv6(std::string(text)))
    return make_service(text, kDotPort);
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return tl::make_unexpected(port.error());
  return make_service(text.substr(0, colon), *port);
}

Outcome<dnschain::Service> make_service(std::string_view name, std::uint16_t port) {
  const auto labels = dnschain::to_a_labels(name);
  auto service =
      dnschain::Service::create(labels.value_or(std::string(name)), dnschain::Port{port});
  if (!service) return trouble("\"" + std::string(name) + "\": " + service.error().context);
  return *std::move(service);
}

}  // namespace mooring::tools
