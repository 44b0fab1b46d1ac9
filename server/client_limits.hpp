// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>

namespace mooring::server {

/// The address of a client without its port. IPv4, and IPv6 that carries IPv4 (::ffff:0:0/96), are
/// the same address.
class ClientAddress {
 public:
  [[nodiscard]] static ClientAddress v4(std::span<const std::byte, 4> octets);
  [[nodiscard]] static ClientAddress v6(std::span<const std::byte, 16> octets);

  [[nodiscard]] bool is_v4() const;
  /// The network that the address is in; the bits beyond the prefix are zero. `v4_bits` is at most
  /// 32, `v6_bits` at most 128.
  [[nodiscard]] ClientAddress network(unsigned v4_bits, unsigned v6_bits) const;
  /// 16 octets of IPv6; IPv4 as ::ffff:a.b.c.d.
  [[nodiscard]] const std::array<std::byte, 16>& octets() const { return octets_; }

  friend bool operator==(const ClientAddress&, const ClientAddress&) = default;

 private:
  std::array<std::byte, 16> octets_{};
};

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

 private:
  friend class ClientLimits;
  Admission(ClientLimits& limits, const ClientAddress& network)
      : limits_(&limits), network_(network) {}

  ClientLimits* limits_ = nullptr;
  ClientAddress network_{};
};

enum class AdmissionVerdict : std::uint8_t { admitted, total_reached, per_client_reached };

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
  /// Other bounds from now on; connections that exist stay, also above the new bounds. Changed
  /// prefixes apply to new connections.
  void set(ClientLimitSettings settings);

  [[nodiscard]] std::size_t connections() const;
  /// Distinct client networks with at least one connection.
  [[nodiscard]] std::size_t clients() const;

 private:
  friend class Admission;
  /// Keyed, so that nobody can choose addresses that collide.
  struct Hash {
    std::uint64_t key;
    std::size_t operator()(const ClientAddress& address) const;
  };
  void release(const ClientAddress& network);

  mutable std::mutex mutex_;
  ClientLimitSettings settings_;
  std::size_t connections_ = 0;
  std::unordered_map<ClientAddress, std::size_t, Hash> by_network_;
};

}  // namespace mooring::server
