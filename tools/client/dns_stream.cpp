// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/dns_stream.hpp"

#include "dnschain/dns/wire.hpp"

namespace mooring::tools {

dnschain::Bytes framed(dnschain::ByteView message) {
  dnschain::Bytes out;
  dnschain::WireWriter writer(out);
  writer.u16(static_cast<std::uint16_t>(message.size()));
  writer.append(message);
  return out;
}

void MessageSplitter::feed(dnschain::ByteView octets) {
  pending_.insert(pending_.end(), octets.begin(), octets.end());
}

std::optional<dnschain::Bytes> MessageSplitter::next() {
  dnschain::WireReader reader(pending_);
  const auto size = reader.u16();
  if (!size) return std::nullopt;
  const auto body = reader.take(*size);
  if (!body) return std::nullopt;
  dnschain::Bytes message(body->begin(), body->end());
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(reader.position()));
  return message;
}

std::uint16_t message_id(dnschain::ByteView message) {
  return dnschain::WireReader(message).u16().value_or(0);
}

}  // namespace mooring::tools
