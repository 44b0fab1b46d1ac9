// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "support/scripted_answers.hpp"

namespace mooring::test {

// The service whose chain is built, by the script of a ScriptedResolver.

inline const std::string kOwner = "_853._tcp.dns.example.com.";
inline const Record kTlsa = tlsa(kOwner);

inline dnschain::Service service() {
  return dnschain::Service::create("dns.example.com", dnschain::Port{853}).value();
}

inline Records signed_soa(std::string_view zone) {
  return with_rrsig({soa(zone)}, zone);
}

/// Nothing from here down is signed.
inline void unsign(ScriptedResolver& resolver, std::initializer_list<std::string_view> names) {
  for (const std::string_view at : names) resolver.set(at, RrType::ds, {}, {soa(at)});
}

}  // namespace mooring::test
