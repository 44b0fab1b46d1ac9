// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client_limits.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace mooring::server {
namespace {

constexpr std::array<std::byte, 12> kV4Mapped{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

std::uint64_t random_key() {
  std::random_device device;  // the kernel's generator in libstdc++
  return (std::uint64_t{device()} << 32U) | device();
}

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33U;
  value *= 0xff51afd7ed558ccdU;
  value ^= value >> 33U;
  value *= 0xc4ceb9fe1a85ec53U;
  return value ^ (value >> 33U);
}

}  // namespace

ClientAddress ClientAddress::v4(std::span<const std::byte, 4> octets) {
  ClientAddress address;
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), address.octets_.begin());
  std::copy(octets.begin(), octets.end(), address.octets_.begin() + kV4Mapped.size());
  return address;
}

ClientAddress ClientAddress::v6(std::span<const std::byte, 16> octets) {
  ClientAddress address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

bool ClientAddress::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), octets_.begin());
}

ClientAddress ClientAddress::network(unsigned v4_bits, unsigned v6_bits) const {
  const unsigned bits = is_v4() ? 96 + std::min(v4_bits, 32U) : std::min(v6_bits, 128U);
  ClientAddress result = *this;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits > 8 * i ? std::min(bits - 8 * i, 8U) : 0;
    result.octets_[i] &= std::byte((0xffU << (8U - kept)) & 0xffU);
  }
  return result;
}

Admission::Admission(Admission&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)), network_(other.network_) {}

Admission& Admission::operator=(Admission&& other) noexcept {
  if (this != &other) {
    if (limits_ != nullptr) limits_->release(network_);
    limits_ = std::exchange(other.limits_, nullptr);
    network_ = other.network_;
  }
  return *this;
}

Admission::~Admission() {
  if (limits_ != nullptr) limits_->release(network_);
}

std::size_t ClientLimits::Hash::operator()(const ClientAddress& address) const {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), address.octets().data(), sizeof(words));
  return mix(mix(words[0] ^ key) + words[1]);
}

ClientLimits::ClientLimits(ClientLimitSettings settings)
    : settings_(settings), by_network_(0, Hash{random_key()}) {}

AdmissionVerdict ClientLimits::admit(const ClientAddress& address, Admission& place, bool exempt) {
  Admission taken;
  {
    const std::lock_guard lock(mutex_);
    if (connections_ >= settings_.connections) return AdmissionVerdict::total_reached;
    const auto network = address.network(settings_.v4_prefix, settings_.v6_prefix);
    const auto entry = by_network_.try_emplace(network, 0).first;
    if (!exempt && entry->second >= settings_.connections_per_client) {
      if (entry->second == 0) by_network_.erase(entry);  // a limit of none at all
      return AdmissionVerdict::per_client_reached;
    }
    ++entry->second;
    ++connections_;
    taken = Admission(*this, network);
  }
  place = std::move(taken);  // may give back the place that it held, which takes the lock
  return AdmissionVerdict::admitted;
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
