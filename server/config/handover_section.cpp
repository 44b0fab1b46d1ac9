// SPDX-License-Identifier: GPL-3.0-or-later
//
// [handover]
#include <algorithm>
#include <charconv>

#include "server/config/sections.hpp"

namespace mooring::server {

namespace {

constexpr const char* kPin =
    "expected the SHA-256 of the host's key in 64 hexadecimal digits, as \"mooring tlsa create\" "
    "prints it after \"3 1 1\"";

std::optional<std::array<std::byte, 32>> parse_pin(const std::string& text) {
  std::array<std::byte, 32> pin{};
  if (text.size() != 2 * pin.size()) return std::nullopt;
  for (std::size_t i = 0; i < pin.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return std::nullopt;
    pin.at(i) = static_cast<std::byte>(value);
  }
  return pin;
}

void read_peer(Section section, std::vector<HandoverPeer>& peers) {
  HandoverPeer peer;
  std::string pin;
  std::string address;
  const bool named = section.text("name", peer.name);
  if (section.text("pin", pin)) {
    const auto parsed = parse_pin(pin);
    if (!parsed) section.error(section.place("pin"), kPin);
    peer.pin = parsed.value_or(peer.pin);
  }
  if (section.text("address", address)) {
    peer.address = Endpoint::parse(address);
    if (!peer.address || peer.address->port == 0) {
      section.error(
          section.place("address"),
          "expected an address and a port such as \"192.0.2.11:8530\", found \"" + address + "\"");
    }
  }
  section.number("weight", peer.weight, 1, 1'000'000);
  section.require("name", "what the host is called in this file and in the log");
  section.require("pin", kPin);
  section.finish();
  const auto same = [&](const HandoverPeer& other) { return other.name == peer.name; };
  if (named && std::ranges::any_of(peers, same)) {
    section.error(section.place("name"), "there is another peer named \"" + peer.name + "\"");
  }
  peers.push_back(std::move(peer));
}

void read_peers(Section& section, std::vector<HandoverPeer>& peers) {
  section.known("peer");
  section.require("peer", "[[handover.peer]] with name and pin");
  const toml::array* tables = section.array("peer");
  if (tables == nullptr) return;
  if (tables->empty() || !tables->is_homogeneous<toml::table>()) {
    return section.error(section.place("peer"), "expected [[handover.peer]] with name and pin");
  }
  for (const toml::node& item : *tables) {
    read_peer(section.item(*item.as_table(), "handover.peer"), peers);
  }
}

/// Names of peers; those to whom something is given need an address.
void read_names(Section& section, std::string_view key, const std::vector<HandoverPeer>& peers,
                bool with_address, std::vector<std::string>& into) {
  section.texts(key, [&](const std::string& name, const Place& place) {
    const auto peer =
        std::ranges::find_if(peers, [&](const HandoverPeer& other) { return other.name == name; });
    if (peer == peers.end()) {
      return section.error(place, "there is no [[handover.peer]] named \"" + name + "\"");
    }
    if (with_address && !peer->address) {
      return section.error(place, "\"" + name + "\" has no address: where does it take sessions?");
    }
    if (std::ranges::find(into, name) != into.end()) {
      return section.error(place, "\"" + name + "\" stands here twice");
    }
    into.push_back(name);
  });
}

}  // namespace

void read_handover(Reading& reading, HandoverConfig& handover, Place& place) {
  if (!reading.top().has("handover")) return reading.top().known("handover");
  Section section = reading.section("handover");
  place = section.place("certificate");
  std::string path;
  handover.certificate_pem = reading.file_of(section, "certificate", path).value_or("");
  handover.private_key_pem = reading.file_of(section, "key", path).value_or("");
  section.require("certificate", "a file with this host's certificate for links");
  section.require("key", "a file with that certificate's private key");
  section.text("interface", handover.interface);
  section.require("interface", "the network interface at which clients' packets come in");
  if (section.text("helper", handover.helper)) handover.helper = reading.path_of(handover.helper);
  section.number("capacity", handover.capacity, 1, 10'000'000);
  read_peers(section, handover.peers);
  read_names(section, "take_from", handover.peers, false, handover.take_from);
  read_names(section, "backends", handover.peers, true, handover.backends);
  section.known("listen");
  std::vector<Place> places;
  if (section.has("listen") || !handover.take_from.empty()) {
    read_endpoints(section, "listen", handover.listen, places, false);
  }
  const bool gives = std::ranges::any_of(
      handover.peers, [](const HandoverPeer& peer) { return peer.address.has_value(); });
  if (handover.take_from.empty() && !gives) {
    section.error(section.place(),
                  "expected take_from or a peer with an address: who gives sessions to whom?");
  }
  section.finish();
}

}  // namespace mooring::server
