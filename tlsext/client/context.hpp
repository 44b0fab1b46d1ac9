// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

struct ClientSettings {
  std::vector<std::string> alpn{"dot"};
  Version minimum = Version::tls12;
  Version maximum = Version::tls13;
};

struct ClientState;

/// What client sessions share. It judges no certificate: whoever uses it looks at what the server
/// presented before anything is sent.
class ClientContext {
 public:
  /// Fails (configuration) when the settings cannot be used.
  [[nodiscard]] static Result<std::shared_ptr<ClientContext>> create(
      const ClientSettings& settings);

 private:
  friend class ClientSession;
  explicit ClientContext(std::shared_ptr<ClientState> state);
  std::shared_ptr<ClientState> state_;
};

}  // namespace mooring::tlsext
