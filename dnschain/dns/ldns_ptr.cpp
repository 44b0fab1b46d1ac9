// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/ldns_ptr.hpp"

#include <ldns/ldns.h>

#include <cstdlib>

namespace mooring::dnschain {

void LdnsRrDeleter::operator()(ldns_struct_rr* rr) const noexcept {
  ldns_rr_free(rr);
}

void LdnsBufferDeleter::operator()(ldns_struct_buffer* buffer) const noexcept {
  ldns_buffer_free(buffer);
}

void LdnsMemoryDeleter::operator()(void* memory) const noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): ldns took it from malloc
}

}  // namespace mooring::dnschain
