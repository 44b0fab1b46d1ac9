// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "server/base/client_address.hpp"

namespace mooring::server {

struct ClientLimitSettings {
  std::size_t connections = 100'000;
  std::size_t connections_per_client = 1'000;  ///< loose: many clients may share one address
  unsigned v4_prefix = 32;                     ///< what counts as one client, in bits
  unsigned v6_prefix = 64;                     ///< a host has at least a /64 to choose from
};

class ClientLimits;

/// A place among the admitted connections, given back when this is destroyed. The limits must live
/// longer.
class Admission {
 public:
  Admission() = default;  ///< holds no place
  Admission(Admission&& other) noexcept;
  Admission& operator=(Admission&& other) noexcept;
  ~Admission();

  /// Whose connection it is, for what clients share fairly: the network. None: an exempt client's;
  /// it may speak for many, so that each of its connections is a client of its own.
  [[nodiscard]] std::optional<ClientAddress> client() const {
    return limits_ == nullptr || exempt_ ? std::nullopt : std::optional(network_);
  }

 private:
  friend class ClientLimits;
  Admission(ClientLimits& limits, const ClientAddress& network, bool exempt)
      : limits_(&limits), network_(network), exempt_(exempt) {}

  ClientLimits* limits_ = nullptr;
  ClientAddress network_{};
  bool exempt_ = false;
};

/// What becomes of a connection that was accepted.
enum class AdmissionVerdict : std::uint8_t {
  admitted,
  peer_unknown,        ///< it broke before it was looked at
  total_reached,       ///< as many connections as all workers may have
  per_client_reached,  ///< as many as one client may have
};

/// Bounds the connections in total and by client network (RFC 9210, 4.2), for all workers together:
/// the kernel spreads one client's connections over the workers, so a count in each would bound
/// nothing exactly. Thread safe; a lock is held for one look-up at the start and at the end of a
/// connection, never for a query.
class ClientLimits {
 public:
  explicit ClientLimits(ClientLimitSettings settings);
  ClientLimits(const ClientLimits&) = delete;
  ClientLimits& operator=(const ClientLimits&) = delete;

  /// Takes a place for a connection from `address` and puts it into `place`, or says which limit
  /// stands against it and leaves `place` alone.
  /// The bound for one client does not apply to an `exempt` one.
  [[nodiscard]] AdmissionVerdict admit(const ClientAddress& address, Admission& place,
                                       bool exempt = false);
  /// A place for a connection that was let in before, by us or by somebody whom we go on for:
  /// whatever the limits say.
  [[nodiscard]] Admission readmit(const ClientAddress& address, bool exempt);
  /// Other bounds from now on; connections that exist stay, also above the new bounds. Changed
  /// prefixes apply to new connections.
  void set(ClientLimitSettings settings);

  [[nodiscard]] std::size_t connections() const;
  /// Distinct client networks with at least one connection.
  [[nodiscard]] std::size_t clients() const;

 private:
  friend class Admission;
  /// Under the lock.
  [[nodiscard]] Admission count(const ClientAddress& network, bool exempt);
  void release(const ClientAddress& network);

  mutable std::mutex mutex_;
  ClientLimitSettings settings_;
  std::size_t connections_ = 0;
  std::unordered_map<ClientAddress, std::size_t, ClientAddressHash> by_network_;
};

}  // namespace mooring::server
