// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/admission.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace mooring::server {

namespace {

ClientAddress client_address(const IpAddress& address) {
  const auto octets = std::as_bytes(std::span(address.octets));
  return address.family == IpFamily::v4 ? ClientAddress::v4(octets.first<4>())
                                        : ClientAddress::v6(octets.first<16>());
}

}  // namespace

AdmissionControl::AdmissionControl(ClientLimits& limits, std::vector<IpPrefix> exempt,
                                   ConnectionCounters& counters)
    : limits_(limits), exempt_(std::move(exempt)), counters_(counters) {}

tl::expected<Admitted, AdmissionVerdict> AdmissionControl::admit(const Arrival& arrival) {
  Admitted out;
  const AdmissionVerdict verdict = run(arrival, out);
  count(verdict);
  if (verdict != AdmissionVerdict::admitted) return tl::make_unexpected(verdict);
  return out;
}

Admitted AdmissionControl::readmit(const Peer& peer) {
  const bool exempt = access_of(peer) == Access::exempt;
  return {peer, limits_.readmit(client_address(peer.address.address), exempt)};
}

AdmissionVerdict AdmissionControl::run(const Arrival& arrival, Admitted& out) {
  if (!arrival.remote) return AdmissionVerdict::peer_unknown;
  out.peer = resolve_proxy(Peer{*arrival.remote, arrival.listener});
  const bool exempt = access_of(out.peer) == Access::exempt;
  return limits_.admit(client_address(out.peer.address.address), out.place, exempt);
}

/// Every client speaks for itself: no listener takes the word of a proxy.
Peer AdmissionControl::resolve_proxy(Peer peer) {
  return peer;
}

AdmissionControl::Access AdmissionControl::access_of(const Peer& peer) const {
  const bool listed = std::ranges::any_of(
      exempt_, [&](const IpPrefix& prefix) { return prefix.contains(peer.address.address); });
  return listed ? Access::exempt : Access::bounded;
}

void AdmissionControl::count(AdmissionVerdict verdict) {
  switch (verdict) {
    case AdmissionVerdict::total_reached:
      return counters_.refused_total.add();
    case AdmissionVerdict::per_client_reached:
      return counters_.refused_per_client.add();
    case AdmissionVerdict::admitted:  // its session counts it when the handshake has ended
    case AdmissionVerdict::peer_unknown:
      return;
  }
}

}  // namespace mooring::server
