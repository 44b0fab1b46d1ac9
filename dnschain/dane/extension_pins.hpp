// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dnschain/dns/service.hpp"

namespace mooring::dnschain {

/// A server's promise to send the dnssec_chain extension, as a client holds it.
struct ExtensionPin {
  Service service;
  WallTime until{};  ///< from here on the promise holds no longer

  bool operator==(const ExtensionPin&) const = default;
};

/// The pins of a client (RFC 9102, 7): from which servers, by name and port, the extension must
/// come or the connection be given up. What a server keeps of its own promises is PinLedger.
class ExtensionPins {
 public:
  /// Servers beyond this take the place of the pin that ends first.
  static constexpr std::size_t kMost = 4096;

  /// No pin lasts longer than `longest`, whatever is announced (RFC 9102, 10). `stored` is what
  /// pins() gave earlier: what is over is dropped, and what ends too late, for a clock that was
  /// ahead, is shortened.
  explicit ExtensionPins(std::chrono::hours longest = std::chrono::hours(65535),
                         std::vector<ExtensionPin> stored = {}, WallTime now = {});

  /// A handshake has been authenticated by the TLSA RRset of the chain that the server sent with
  /// this support lifetime. It takes the place of any that was announced before, also a longer one;
  /// 0 clears the pin.
  void authenticated(const Service& service, std::chrono::hours lifetime, WallTime now);
  /// It was proven that the TLSA RRset does not exist or lies in an unsigned zone, by a chain or
  /// otherwise: clears the pin.
  void denied(const Service& service);
  /// The clock was set by `step`: promises last as long as before all the same.
  void clock_set(std::chrono::seconds step);

  /// The server must send the extension, with a chain that is a proof.
  [[nodiscard]] bool requires_extension(const Service& service, WallTime now) const;
  /// All pins, by name and port.
  [[nodiscard]] std::vector<ExtensionPin> pins() const;

 private:
  using Key = std::pair<std::string, Port>;

  void set(const Service& service, WallTime until);

  std::chrono::hours longest_;
  std::map<Key, ExtensionPin> pins_;
};

/// Pins as octets, to be kept; see dns/stored.hpp.
[[nodiscard]] Bytes encode_pins(const std::vector<ExtensionPin>& pins);
/// Reads them back. An error for anything that encode_pins() did not make of at most
/// ExtensionPins::kMost pins.
[[nodiscard]] Result<std::vector<ExtensionPin>> decode_pins(ByteView octets);

}  // namespace mooring::dnschain
