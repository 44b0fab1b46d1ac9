// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

struct ldns_struct_rr;
struct ldns_struct_buffer;
struct ldns_struct_output_format;

namespace mooring::dnschain {

// Owning pointers to ldns objects. The types are only declared here, so that no header of this
// room brings ldns along.

struct LdnsRrDeleter {
  void operator()(ldns_struct_rr* rr) const noexcept;
};
struct LdnsBufferDeleter {
  void operator()(ldns_struct_buffer* buffer) const noexcept;
};
/// For what ldns allocated with malloc: text and octets.
struct LdnsMemoryDeleter {
  void operator()(void* memory) const noexcept;
};

using LdnsRr = std::unique_ptr<ldns_struct_rr, LdnsRrDeleter>;
using LdnsBuffer = std::unique_ptr<ldns_struct_buffer, LdnsBufferDeleter>;
using LdnsText = std::unique_ptr<char, LdnsMemoryDeleter>;
using LdnsOctets = std::unique_ptr<unsigned char, LdnsMemoryDeleter>;

}  // namespace mooring::dnschain
