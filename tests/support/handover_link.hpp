// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/handover/protocol/giver.hpp"
#include "server/handover/protocol/taker.hpp"

namespace mooring::test {

inline constexpr server::HostId kFront{std::byte{1}};
inline constexpr server::HostId kBackend{std::byte{2}};
inline constexpr server::TimePoint kBegin{std::chrono::hours{1}};

[[nodiscard]] inline server::ByteView octets_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string text_of(server::ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// A parcel without a descriptor, whose octets are that text.
[[nodiscard]] inline server::Parcel parcel_of(std::string_view text) {
  static server::SecretArena arena;
  auto octets = arena.take(text.size());
  if (!octets) throw std::runtime_error("no memory for a parcel");
  std::ranges::copy(octets_of(text), octets->data());
  return {std::move(*octets), {}};
}

/// Keeps what an end says, message by message.
struct KeptOutput final : server::LinkOutput {
  std::vector<std::vector<std::byte>> messages;

  void send(server::ByteView octets) override {
    messages.emplace_back(octets.begin(), octets.end());
  }
};

/// What a giver told.
struct GiverNotes final : server::GiverObserver {
  std::vector<server::OfferId> taken;
  std::map<server::OfferId, std::pair<std::string, std::string>> back;  ///< octets, why
  std::vector<server::OfferId> ended;
  std::string program;

  void on_welcome(const server::Welcome& welcome) override { program = welcome.program; }
  void on_taken(server::OfferId id) override { taken.push_back(id); }
  void on_back(server::OfferId id, server::Parcel parcel, const std::string& why) override {
    if (!back.emplace(id, std::pair{text_of(parcel.octets.view()), why}).second) {
      throw std::logic_error("a session came back twice");
    }
  }
  void on_ended(server::OfferId id) override { ended.push_back(id); }
};

/// What a taker told.
struct TakerNotes final : server::TakerObserver {
  std::map<server::OfferId, std::string> offered;  ///< and neither released nor withdrawn
  std::map<server::OfferId, std::string> going_on;
  std::set<server::OfferId> withdrawn;
  std::string program;

  void on_hello(const server::Hello& hello) override { program = hello.program; }
  void on_offer(server::Offer offer) override {
    offered[offer.id] = text_of(offer.tcp) + "|" + text_of(offer.parcel.view());
  }
  void on_released(server::OfferId id) override {
    going_on[id] = offered.at(id);
    offered.erase(id);
  }
  void on_withdrawn(server::OfferId id) override {
    if (offered.erase(id) != 1) throw std::logic_error("one was withdrawn that is not there");
    withdrawn.insert(id);
  }
};

/// Both ends of a link, joined in memory: nothing is carried by itself.
struct HandoverLink {
  explicit HandoverLink(server::TakerSettings settings = {}, server::Load load = {0, 100})
      : taker({}, with_host(std::move(settings)), from_taker, takes) {
    taker.start(load, now);
    giver.start("mooring 1.0", now);
  }

  /// Whether both ends were content with all that was said.
  bool carry() {
    bool good = true;
    while (!from_giver.messages.empty() || !from_taker.messages.empty()) {
      good = carry_one(from_giver, taker) && good;
      good = carry_one(from_taker, giver) && good;
    }
    return good;
  }
  /// The first message of an end, if there is one, to the other.
  template <class End>
  bool carry_one(KeptOutput& from, End& to) {
    if (from.messages.empty()) return true;
    const std::vector<std::byte> message = std::move(from.messages.front());
    from.messages.erase(from.messages.begin());
    return to.receive(message, now).has_value();
  }

  server::TimePoint now = kBegin;
  KeptOutput from_giver;
  KeptOutput from_taker;
  GiverNotes gives;
  TakerNotes takes;
  server::Giver giver{{}, kFront, from_giver, gives};
  server::Taker taker;

 private:
  static server::TakerSettings with_host(server::TakerSettings settings) {
    settings.own = kBackend;
    settings.program = "mooring 1.1";
    return settings;
  }
};

}  // namespace mooring::test
