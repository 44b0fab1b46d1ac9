// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

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
