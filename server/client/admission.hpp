// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "server/base/endpoint.hpp"
#include "server/client/limits.hpp"
#include "server/client/peer.hpp"
#include "server/observe/metrics.hpp"

namespace mooring::server {

/// A connection just accepted, as its socket tells.
struct Arrival {
  std::optional<Endpoint> remote;  ///< none: it is broken already
  std::uint16_t listener = 0;      ///< as in Peer
};

/// A connection that was let in: what its session is made with.
struct Admitted {
  Peer peer;
  Admission place;  ///< to be kept for as long as the connection lasts
};

/// Lets connections in, in stages: the peer that the socket tells, the address that a proxy tells,
/// access, limits. What passes them all is given a session. Used by one thread; the limits are
/// those of all workers.
class AdmissionControl {
 public:
  /// `limits` and `counters` must outlive this; the limit for one client does not apply to those in
  /// `exempt`.
  AdmissionControl(ClientLimits& limits, std::vector<IpPrefix> exempt,
                   ConnectionCounters& counters);

  void set_exempt(std::vector<IpPrefix> exempt) { exempt_ = std::move(exempt); }
  /// Or the verdict of the stage that stands against it, which is counted here and nowhere else.
  [[nodiscard]] tl::expected<Admitted, AdmissionVerdict> admit(const Arrival& arrival);
  /// A connection that was let in before, with its peer as it was found then: it is not refused.
  [[nodiscard]] Admitted readmit(const Peer& peer);

 private:
  enum class Access : std::uint8_t { bounded, exempt };
  [[nodiscard]] static Peer resolve_proxy(Peer peer);
  [[nodiscard]] Access access_of(const Peer& peer) const;
  [[nodiscard]] AdmissionVerdict run(const Arrival& arrival, Admitted& out);
  void count(AdmissionVerdict verdict);

  ClientLimits& limits_;
  std::vector<IpPrefix> exempt_;
  ConnectionCounters& counters_;
};

}  // namespace mooring::server
