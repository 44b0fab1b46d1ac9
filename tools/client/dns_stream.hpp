// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "dnschain/base/bytes.hpp"

namespace mooring::tools {

/// `message` with its two-octet length in front, to leave in one write (RFC 7766, 8). At most
/// 65535 octets.
[[nodiscard]] dnschain::Bytes framed(dnschain::ByteView message);

/// Cuts a stream into the messages in it, however it was cut before.
class MessageSplitter {
 public:
  void feed(dnschain::ByteView octets);
  /// The next whole message without its length, once it is there.
  [[nodiscard]] std::optional<dnschain::Bytes> next();

 private:
  dnschain::Bytes pending_;
};

/// The ID of a message; 0 when it is too short to have one.
[[nodiscard]] std::uint16_t message_id(dnschain::ByteView message);

}  // namespace mooring::tools
