// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mooring::server {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v6(const std::uint8_t* octets) {
  IpAddress out;
  if (std::equal(kMapped.begin(), kMapped.end(), octets)) {
    std::copy_n(octets + kMapped.size(), 4, out.octets.begin());
    return out;
  }
  out.family = IpFamily::v6;
  std::copy_n(octets, 16, out.octets.begin());
  return out;
}

/// A decimal number without sign or leading zeros.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || end != text.data() + text.size() || leading_zero) return {};
  return value;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return {};
  std::array<std::uint8_t, 16> octets{};
  if (inet_pton(AF_INET6, copy.c_str(), octets.data()) == 1) return from_v6(octets.data());
  IpAddress out;
  if (inet_pton(AF_INET, copy.c_str(), out.octets.data()) == 1) return out;
  return {};
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(family == IpFamily::v4 ? AF_INET : AF_INET6, octets.data(), out.data(), out.size());
  return out.data();
}

IpAddress IpAddress::masked(unsigned bits) const {
  IpAddress out = *this;
  for (unsigned i = 0; i < out.octets.size(); ++i) {
    const unsigned kept = bits > i * 8 ? std::min(8U, bits - i * 8) : 0U;
    out.octets[i] = static_cast<std::uint8_t>(out.octets[i] & (0xff00U >> kept));
  }
  return out;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return {};
  IpPrefix out{*address, address->width()};
  if (slash == std::string_view::npos) return out;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > out.bits || address->masked(*bits) != *address) return {};
  out.bits = *bits;
  return out;
}

bool IpPrefix::contains(const IpAddress& other) const {
  return other.family == address.family && other.masked(bits) == address;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  // "::1:853" could be read in two ways: an IPv6 address stands in brackets, no other does.
  if (!address || !port || brackets != (host.find(':') != std::string_view::npos)) return {};
  return Endpoint{*address, *port};
}

std::optional<Endpoint> Endpoint::from(const sockaddr& address) {
  Endpoint out;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(out.address.octets.data(), &v4.sin_addr, 4);
    out.port = ntohs(v4.sin_port);
    return out;
  }
  if (address.sa_family != AF_INET6) return {};
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  out.address = from_v6(v6.sin6_addr.s6_addr);
  out.port = ntohs(v6.sin6_port);
  return out;
}

std::string Endpoint::text() const {
  const std::string host = address.text();
  return (address.family == IpFamily::v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

unsigned Endpoint::to(sockaddr_storage& out) const {
  out = {};
  if (address.family == IpFamily::v4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.octets.data(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(v6.sin6_addr.s6_addr, address.octets.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

}  // namespace mooring::server
