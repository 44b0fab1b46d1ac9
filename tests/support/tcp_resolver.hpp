// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "dnschain/build/builder.hpp"

namespace mooring::test {

/// A real resolver over one TCP connection, for builders: blocking, one at a time.
class TcpResolver {
 public:
  /// `endpoint` is "address:port", IPv4. A failure to connect fails the test.
  explicit TcpResolver(const std::string& endpoint);
  ~TcpResolver();
  TcpResolver(const TcpResolver&) = delete;
  TcpResolver& operator=(const TcpResolver&) = delete;

  /// Feeds `builder` until it is done, the questions of a round pipelined. Returns the number of
  /// rounds; `asked` counts all questions.
  std::size_t run(dnschain::Builder& builder, dnschain::WallTime now);
  [[nodiscard]] std::size_t asked() const { return asked_; }

 private:
  void send(const dnschain::Question& question, std::uint16_t id);
  [[nodiscard]] dnschain::Bytes receive();

  int socket_ = -1;
  std::size_t asked_ = 0;
};

}  // namespace mooring::test
