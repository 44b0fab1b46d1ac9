// SPDX-License-Identifier: GPL-3.0-or-later
//
// [server], [upstream], [limits], [tls], [log] and [control].
#include "server/config/sections.hpp"

#include <sys/un.h>

#include <algorithm>
#include <thread>

namespace mooring::server {

namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

constexpr const char* kEndpoint =
    R"(expected an address and a port such as "192.0.2.1:853" or "[2001:db8::1]:853")";

}  // namespace

void read_endpoints(Section& section, std::string_view key, std::vector<Endpoint>& into,
                    std::vector<Place>& places, bool any_port) {
  section.texts(key, [&](const std::string& text, const Place& place) {
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint || (endpoint->port == 0 && !any_port)) {
      return section.error(place, kEndpoint + (", found \"" + text + "\""));
    }
    if (endpoint->port != 0 && std::ranges::find(into, *endpoint) != into.end()) {
      return section.error(place, "\"" + text + "\" stands here twice");
    }
    into.push_back(*endpoint);
    places.push_back(place);
  });
  section.require(key, R"(an array of addresses with ports such as ["127.0.0.1:53"])");
  const auto* array = section.array(key);
  if (array != nullptr && array->empty()) {
    section.error(section.place(key), "expected at least one address and port");
  }
}

void read_server(Reading& reading, ListenConfig& server) {
  server.workers = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
  Section section = reading.section("server");
  read_endpoints(section, "listen", server.listen, server.places, true);
  section.number("workers", server.workers, 1, 256);
  section.number("backlog", server.backlog, 1, 65'535);
  section.duration("drain_time", server.drain_time, 0ms, 10min);
  section.finish();
}

void read_upstream(Reading& reading, UpstreamConfig& upstream) {
  Section section = reading.section("upstream");
  read_endpoints(section, "servers", upstream.servers, upstream.places, false);
  section.number("connections", upstream.connections, 1, 4'096);
  section.number("in_flight", upstream.in_flight, 1, 4'096);
  section.duration("query_timeout", upstream.query_timeout, 100ms, 60s);
  section.duration("connect_timeout", upstream.connect_timeout, 100ms, 60s);
  section.duration("idle_timeout", upstream.idle_timeout, 1s, 1h);
  section.finish();
}

void read_limits(Reading& reading, LimitsConfig& limits) {
  Section section = reading.section("limits");
  section.number("connections", limits.connections, 1, 10'000'000);
  section.number("connections_per_client", limits.connections_per_client, 1, 10'000'000);
  section.number("client_prefix_v4", limits.client_prefix_v4, 8, 32);
  section.number("client_prefix_v6", limits.client_prefix_v6, 16, 128);
  limits.exempt = {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("::1")};
  if (section.has("exempt")) limits.exempt.clear();
  section.texts("exempt", [&](const std::string& text, const Place& place) {
    const auto prefix = IpPrefix::parse(text);
    if (prefix) return limits.exempt.push_back(*prefix);
    section.error(
        place, "expected an address or a prefix such as \"192.0.2.0/24\", found \"" + text + "\"");
  });
  section.number("in_flight", limits.in_flight, 1, 65'535);
  section.number("write_buffer", limits.write_buffer, 131'072, 16'777'216);
  section.number("message_memory", limits.message_memory, 4'194'304, std::int64_t{1} << 40U);
  section.duration("handshake_timeout", limits.handshake_timeout, 100ms, 5min);
  section.duration("idle_timeout", limits.idle_timeout, 100ms, 1h);
  section.duration("write_timeout", limits.write_timeout, 100ms, 5min);
  section.duration("sleep_after", limits.sleep_after, 0ms, 1h);
  section.finish();
}

void read_tls(Reading& reading, TlsConfig& tls) {
  Section section = reading.section("tls");
  section.choice<tlsext::Version>(
      "minimum_version", tls.minimum,
      {{"1.2", tlsext::Version::tls12}, {"1.3", tlsext::Version::tls13}});
  section.flag("tickets", tls.tickets);
  // RFC 8446, 4.6.1: no ticket lives longer than seven days.
  section.duration("ticket_lifetime", tls.ticket_lifetime, 1s, hours{7 * 24});
  section.duration("ticket_rotation", tls.ticket_rotation, 1s, hours{7 * 24});
  section.finish();
}

void read_log(Reading& reading, LogConfig& log) {
  Section section = reading.section("log");
  section.choice<LogLevel>("level", log.level,
                           {{"debug", LogLevel::debug},
                            {"info", LogLevel::info},
                            {"warning", LogLevel::warning},
                            {"error", LogLevel::error}});
  section.finish();
}

void read_control(Reading& reading, ControlConfig& control) {
  // unix(7), with room for the null at its end.
  constexpr std::size_t kMostPath = sizeof(sockaddr_un::sun_path) - 1;
  Section section = reading.section("control");
  if (section.text("socket", control.socket)) {
    control.place = section.place("socket");
    control.socket = reading.path_of(control.socket);
    if (control.socket.size() > kMostPath) {
      section.error(control.place, "control.socket: \"" + control.socket + "\" has more than " +
                                       std::to_string(kMostPath) +
                                       " octets, too many for a UNIX socket");
    }
  }
  section.finish();
}

}  // namespace mooring::server
