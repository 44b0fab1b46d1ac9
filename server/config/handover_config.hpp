// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/endpoint.hpp"

namespace mooring::server {

/// A host of [handover].
struct HandoverPeer {
  std::string name;
  std::array<std::byte, 32> pin{};  ///< SHA-256 of its key's SubjectPublicKeyInfo
  std::optional<Endpoint> address;  ///< where it takes sessions
  std::uint32_t weight = 1;

  bool operator==(const HandoverPeer&) const = default;
};

/// [handover]
struct HandoverConfig {
  std::string certificate_pem;  ///< empty: there is no such section
  std::string private_key_pem;
  std::vector<Endpoint> listen;
  std::string interface;  ///< where clients' packets come in
  std::string helper;     ///< path of the privileged helper; empty: beside this program
  std::uint32_t capacity = 16'384;
  std::vector<HandoverPeer> peers;
  std::vector<std::string> take_from;  ///< names of peers
  std::vector<std::string> backends;   ///< names of peers with addresses

  [[nodiscard]] bool on() const { return !certificate_pem.empty(); }
  bool operator==(const HandoverConfig&) const = default;
};

}  // namespace mooring::server
