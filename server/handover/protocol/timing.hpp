// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/bytes.hpp"

namespace mooring::server {

/// When an end of a link loses patience.
struct LinkTiming {
  Milliseconds answer_within{1000};  ///< an offer that has no answer is taken back
  Milliseconds alive_every{1000};    ///< for whoever has said nothing else
  Milliseconds dead_after{5000};     ///< without a word the other end is taken for dead
};

/// Where messages go, in order.
class LinkOutput {
 public:
  /// To be encrypted at once: key material may be among them. Must not call back.
  virtual void send(ByteView octets) = 0;

 protected:
  ~LinkOutput() = default;
};

}  // namespace mooring::server
