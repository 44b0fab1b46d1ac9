// SPDX-License-Identifier: GPL-3.0-or-later
//
// [chain]
#include <charconv>

#include "server/config/sections.hpp"

namespace mooring::server {

namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

constexpr const char* kDefaultAnchor = "/usr/share/dns/root.ds";

void read_anchor(Reading& reading, Section& section, bool has_port, ChainConfig& chain) {
  std::string path = kDefaultAnchor;
  std::optional<std::string> text;
  if (section.has("trust_anchor")) {
    text = reading.file_of(section, "trust_anchor", path);
  } else {
    section.known("trust_anchor");
    // Without a port there may still be pins, from before, whose chains are kept up.
    auto found = reading.read(path);
    if (found) text = std::move(*found);
    if (!found && has_port) {
      section.error(section.place(), "chain.trust_anchor is missing, and its default \"" + path +
                                         "\" cannot be read: " + found.error().context);
    }
  }
  if (!text) return;
  chain.anchor_file = path;
  chain.anchor_text = *text;
  auto anchor = dnschain::TrustAnchor::parse(*text, path);
  if (!anchor) return section.error(section.place("trust_anchor"), anchor.error().context);
  chain.anchor = std::move(*anchor);
}

/// Services that are not served any more, each as "name:port".
void read_forget(Section& section, ChainConfig& chain) {
  section.texts("forget", [&](const std::string& text, const Place& place) {
    const std::size_t colon = text.rfind(':');
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto number = colon == std::string::npos
                            ? std::from_chars_result{end, std::errc::invalid_argument}
                            : std::from_chars(text.data() + colon + 1, end, port);
    const bool whole = number.ec == std::errc() && number.ptr == end && port > 0;
    auto service = dnschain::Service::create(text.substr(0, colon), dnschain::Port(port));
    if (!whole || !service)
      return section.error(place,
                           "chain.forget: expected a host name and a port, as in "
                           "\"dot.example.net:853\"" +
                               (whole ? ": " + service.error().context : ""));
    chain.forget.push_back(std::move(*service));
  });
}

}  // namespace

void read_chain(Reading& reading, bool has_port, ChainConfig& chain) {
  Section section = reading.section("chain");
  read_anchor(reading, section, has_port, chain);
  section.duration("support_lifetime", chain.support_lifetime, 0ms, hours{65'535});
  section.duration("grace", chain.grace, 0ms, 60s);
  section.duration("ask_timeout", chain.ask_timeout, 100ms, 60s);
  section.duration("startup_wait", chain.startup_wait, 0ms, 60s);
  if (section.text("state_directory", chain.state_directory)) {
    chain.state_place = section.place("state_directory");
    chain.state_directory = reading.path_of(chain.state_directory);
  }
  read_forget(section, chain);
  section.flag("wait_for_tlsa", chain.wait_for_tlsa);
  section.flag("keep_certificate", chain.keep_certificate);
  bool prefix = false;
  section.flag("length_prefix", prefix);
  chain.prefix = prefix ? dnschain::ChainPrefix::present : dnschain::ChainPrefix::absent;
  section.finish();
}

}  // namespace mooring::server
