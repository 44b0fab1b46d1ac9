// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/handover/link/giving_links.hpp"
#include "server/handover/link/taking_links.hpp"
#include "support/handover_link.hpp"
#include "support/link_fixture.hpp"
#include "support/loopback.hpp"
#include "support/test_loop.hpp"

namespace mooring::test {

inline constexpr server::LinkTiming kQuick{server::Milliseconds{2000}, server::Milliseconds{50},
                                           server::Milliseconds{2000}};

/// A host that takes all that it is offered.
struct TakingHost final : server::TakingObserver {
  TakingHost(TestLoop& on, const std::string& own, std::vector<tlsext::LinkPeer> peers,
             server::TakerSettings taker = {})
      : name(own), world(on) {
    const Certificate& certificate = certificate_of(own);
    taker.own = {std::byte{9}, static_cast<std::byte>(own.size()),
                 static_cast<std::byte>(own.back())};
    taker.program = "mooring 1.1";
    settings = {certificate.certificate_pem, certificate.private_key_pem, std::move(peers), taker,
                kQuick};
    world.at_end.emplace_back([this] {
      if (links) links->end_turn();
    });
  }
  /// At the port where it was before, if it was.
  void begin() {
    auto bound = server::bind_sockets(at, 1);
    REQUIRE(bound);
    at = bound->bound;
    auto made =
        server::TakingLinks::create(*world.loop, settings, std::move(bound->sockets), *this);
    REQUIRE(made);
    links = std::move(*made);
    links->set_load(load);
  }

  void on_link_up(const std::string& peer, const server::Hello&) override { up.push_back(peer); }
  void on_link_down(const std::string& peer, const std::string& why) override {
    down.emplace_back(peer, why);
  }
  void on_stranger(const std::string& from, const std::string& why) override {
    strangers.emplace_back(from, why);
  }
  void on_offer(server::TakingOffer offer, const std::string& peer, server::Offer what) override {
    offered[offer] = peer + "|" + text_of(what.tcp) + "|" + text_of(what.parcel.view());
    if (takes) CHECK(links->taken(offer));
  }
  void on_released(server::TakingOffer offer) override {
    going_on.push_back(offered.at(offer));
    last = offer;
    offered.erase(offer);
  }
  void on_withdrawn(server::TakingOffer offer) override { withdrawn += offered.erase(offer); }

  std::string name;
  TestLoop& world;
  server::TakingSettings settings;
  server::Endpoint at = *server::Endpoint::parse("127.0.0.1:0");
  server::Load load{0, 10'000};
  bool takes = true;
  std::unique_ptr<server::TakingLinks> links;
  std::vector<std::string> up;
  std::vector<std::pair<std::string, std::string>> down;
  std::vector<std::pair<std::string, std::string>> strangers;
  std::map<server::TakingOffer, std::string> offered;
  std::vector<std::string> going_on;
  server::TakingOffer last;
  std::size_t withdrawn = 0;
};

/// A host that releases what was taken.
struct GivingHost final : server::GivingObserver {
  GivingHost(TestLoop& on, const std::string& own, std::vector<server::GivingPeer> peers)
      : world(on) {
    const Certificate& certificate = certificate_of(own);
    settings = {certificate.certificate_pem,
                certificate.private_key_pem,
                std::move(peers),
                kFront,
                "mooring 1.0",
                kQuick,
                server::Milliseconds{50}};
    world.at_end.emplace_back([this] {
      if (links) links->end_turn();
    });
  }
  void begin() {
    auto made = server::GivingLinks::create(*world.loop, settings, *this);
    REQUIRE(made);
    links = std::move(*made);
  }
  std::optional<server::GivingLinks::Offered> offer(const std::string& text,
                                                    std::optional<std::size_t> peer = {}) {
    server::Parcel parcel = parcel_of(text);
    return links->offer(peer, octets_of("tcp"), parcel);
  }

  void on_link_up(std::size_t peer, const server::Welcome&) override { up.push_back(peer); }
  void on_link_down(std::size_t peer, const std::string& why) override {
    down.emplace_back(peer, why);
  }
  void on_taken(std::size_t peer, server::OfferId id) override {
    if (releases && links->release({peer, id})) ++released;
  }
  void on_back(std::size_t, server::OfferId, server::Parcel parcel,
               const std::string& why) override {
    back.emplace_back(text_of(parcel.octets.view()), why);
  }
  void on_ended(std::size_t peer, server::OfferId id) override { ended.emplace_back(peer, id); }

  TestLoop& world;
  server::GivingSettings settings;
  bool releases = true;
  std::unique_ptr<server::GivingLinks> links;
  std::vector<std::size_t> up;
  std::vector<std::pair<std::size_t, std::string>> down;
  std::size_t released = 0;
  std::vector<std::pair<std::string, std::string>> back;
  std::vector<std::pair<std::size_t, server::OfferId>> ended;
};

/// How `host` is known to who gives to it.
[[nodiscard]] inline server::GivingPeer giving_peer(const TakingHost& host,
                                                    std::uint32_t weight = 1) {
  return {host.name, host.at, link_peer(host.name).pin, weight};
}

}  // namespace mooring::test
