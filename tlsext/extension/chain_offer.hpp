// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <utility>

#include "tlsext/base/types.hpp"
#include "tlsext/extension/codec.hpp"

namespace mooring::tlsext {

/// The dnssec_chain extension of one handshake while wolfSSL writes the message that it goes with:
/// keeps its body, which is not copied before. Not moved: wolfSSL is given its address.
class ChainOffer {
 public:
  /// `body` of at most kMaxChainSize octets.
  explicit ChainOffer(ChainBytes body)
      : body_(std::move(body)),
        extension_{kDnssecChainType, static_cast<unsigned short>(body_->size()),
                   reinterpret_cast<const unsigned char*>(body_->data())} {}
  ChainOffer(const ChainOffer&) = delete;
  ChainOffer& operator=(const ChainOffer&) = delete;

  [[nodiscard]] const WOLFSSL_CUSTOM_EXT& extension() const { return extension_; }

 private:
  ChainBytes body_;
  WOLFSSL_CUSTOM_EXT extension_;
};

/// What a callback for a received extension returns for one that is not ours, and for one that is.
inline constexpr int kLeaveToWolfssl = 0;
inline constexpr int kTaken = 1;

}  // namespace mooring::tlsext
