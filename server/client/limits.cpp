// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/limits.hpp"

#include <utility>

namespace mooring::server {

Admission::Admission(Admission&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)),
      network_(other.network_),
      exempt_(other.exempt_) {}

Admission& Admission::operator=(Admission&& other) noexcept {
  if (this != &other) {
    if (limits_ != nullptr) limits_->release(network_);
    limits_ = std::exchange(other.limits_, nullptr);
    network_ = other.network_;
    exempt_ = other.exempt_;
  }
  return *this;
}

Admission::~Admission() {
  if (limits_ != nullptr) limits_->release(network_);
}

ClientLimits::ClientLimits(ClientLimitSettings settings) : settings_(settings) {}

AdmissionVerdict ClientLimits::admit(const ClientAddress& address, Admission& place, bool exempt) {
  Admission taken;
  {
    const std::lock_guard lock(mutex_);
    if (connections_ >= settings_.connections) return AdmissionVerdict::total_reached;
    const auto network = address.network(settings_.v4_prefix, settings_.v6_prefix);
    const auto entry = by_network_.find(network);
    const std::size_t has = entry == by_network_.end() ? 0 : entry->second;
    if (!exempt && has >= settings_.connections_per_client) {
      return AdmissionVerdict::per_client_reached;
    }
    taken = count(network, exempt);
  }
  place = std::move(taken);  // may give back the place that it held, which takes the lock
  return AdmissionVerdict::admitted;
}

Admission ClientLimits::readmit(const ClientAddress& address, bool exempt) {
  const std::lock_guard lock(mutex_);
  return count(address.network(settings_.v4_prefix, settings_.v6_prefix), exempt);
}

Admission ClientLimits::count(const ClientAddress& network, bool exempt) {
  ++by_network_[network];
  ++connections_;
  return {*this, network, exempt};
}

void ClientLimits::set(ClientLimitSettings settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
}

std::size_t ClientLimits::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::size_t ClientLimits::clients() const {
  const std::lock_guard lock(mutex_);
  return by_network_.size();
}

void ClientLimits::release(const ClientAddress& network) {
  const std::lock_guard lock(mutex_);
  const auto entry = by_network_.find(network);
  if (--entry->second == 0) by_network_.erase(entry);
  --connections_;
}

}  // namespace mooring::server
