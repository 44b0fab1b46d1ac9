// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace mooring::tlsext {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

enum class ErrorCode : std::uint8_t {
  configuration,  ///< a certificate or setting of our own is unusable
  private_key,    ///< a private key of our own is unusable
  protocol,       ///< the peer broke TLS; our alert, if any, has been given to the sink
  peer_alert,     ///< the peer sent a fatal alert
  truncated,      ///< the transport ended without close_notify (for callers that report it)
  internal,       ///< out of memory and the like
};

struct Error {
  ErrorCode code{};
  std::optional<std::uint8_t> alert;  ///< sent by us (protocol) or by the peer (peer_alert)
  std::string context;                ///< one line for a person
};

/// An alert's name in IANA's registry, or its number.
[[nodiscard]] std::string alert_name(std::uint8_t alert);

template <class T>
using Result = tl::expected<T, Error>;

enum class Version : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

/// Octets of a ready-made extension body. Owned together by whoever publishes it and by every
/// handshake that is sending it.
using ChainBytes = std::shared_ptr<const Bytes>;

/// Gives the chain for (SNI as sent, lower-cased, no final dot; notional port), or null when there
/// is none (RFC 9102, 2.1). Called in the middle of a handshake: it must not block or throw.
using ChainSource = std::function<ChainBytes(std::string_view server_name, std::uint16_t port)>;

/// What a session gives back while it is being driven; called only from inside its member
/// functions, which must not be called again from in here. The views are valid during the call.
class SessionSink {
 public:
  virtual void on_ciphertext(ByteView octets) = 0;  ///< to be sent to the peer, in this order
  virtual void on_plaintext(ByteView octets) = 0;   ///< received, decrypted, in order

 protected:
  ~SessionSink() = default;
};

}  // namespace mooring::tlsext
