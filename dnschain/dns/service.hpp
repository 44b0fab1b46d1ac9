// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"
#include "dnschain/dns/name.hpp"

namespace mooring::dnschain {

/// What a chain is about: a TLSA base domain, never CNAME-expanded (RFC 9102, 3), and the port in
/// its owner name.
class Service {
 public:
  /// `base_domain` is a host name as in SNI, with or without a final dot; letters are lower-cased.
  /// An error when it is no host name, or leaves no space for "_<port>._tcp.".
  [[nodiscard]] static Result<Service> create(std::string_view base_domain, Port port);

  /// Lower case, without the final dot: as SNI carries it.
  [[nodiscard]] const std::string& base_domain() const { return base_domain_; }
  [[nodiscard]] Port port() const { return port_; }
  /// "_<port>._tcp.<base domain>." (RFC 6698, 3).
  [[nodiscard]] const Name& tlsa_owner() const { return tlsa_owner_; }
  /// "<base domain>:<port>", for a person.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Service& a, const Service& b) {
    return a.port_ == b.port_ && a.base_domain_ == b.base_domain_;
  }

 private:
  Service() = default;

  std::string base_domain_;
  Port port_{};
  Name tlsa_owner_;
};

}  // namespace mooring::dnschain
