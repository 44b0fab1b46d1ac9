// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "dnschain/base/bytes.hpp"
#include "tools/benchmark/loader_options.hpp"
#include "tools/benchmark/tls_client.hpp"

namespace mooring::benchmark {

/// What one connection is to do.
struct Task {
  bool resume = false;           ///< it is a failure when the server does not resume the session
  bool wait_for_ticket = false;  ///< ends only after a session to resume from has arrived
  bool stay = false;             ///< stays open once it has done the rest
  bool require_chain = false;    ///< it is a failure when a full handshake brings no chain
  dnschain::Bytes question;      ///< DNS message with its length in front; empty: asks nothing
};

/// A question for the A records of `name`, with a length in front as on TCP (RFC 7766, 8). Throws
/// std::runtime_error when `name` is not a domain name.
[[nodiscard]] dnschain::Bytes make_question(const std::string& name);

/// One client connection on a non-blocking socket, from connect to close_notify. Must not move:
/// OpenSSL holds a pointer into it.
class Connection {
 public:
  enum class State : std::uint8_t { waiting, held, done, failed };

  /// Starts to connect from `source` (nothing: any address). `task` must outlive it.
  Connection(TlsClient& client, const Task& task, const Address& target,
             const std::optional<Address>& source);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Goes as far as the socket allows; to be called whenever it is readable or writable. Once done
  /// or failed it must not be called again.
  State advance();

  [[nodiscard]] int fd() const { return fd_; }
  /// Open and silent, with nothing left to do.
  [[nodiscard]] bool held() const { return step_ == Step::hold; }
  /// Why it failed, in words that group equal failures.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] bool resumed() const { return resumed_; }
  /// The size of the chain that arrived; 0: none.
  [[nodiscard]] std::size_t chain_octets() const { return chain_octets_; }
  [[nodiscard]] std::chrono::steady_clock::duration duration() const { return ended_ - started_; }

 private:
  enum class Step : std::uint8_t { handshake, ask, answer, ticket, hold, close, over };

  bool step();
  bool handshake();
  bool ask();
  bool take_answer();
  bool take_ticket();
  bool hold();
  bool wait_or_fail(int result, const char* what);
  bool fail(std::string why);
  [[nodiscard]] std::optional<std::string> judge_answer() const;

  TlsClient& client_;
  const Task& task_;
  int fd_ = -1;
  SslPtr ssl_;
  Step step_ = Step::handshake;
  std::size_t chain_octets_ = 0;
  bool resumed_ = false;
  dnschain::Bytes answer_;
  std::string failure_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point ended_;
};

}  // namespace mooring::benchmark
