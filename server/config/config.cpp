// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/config.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "server/config/section.hpp"

namespace mooring::server {

namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

constexpr std::size_t kMostFile = 1U << 20U;
constexpr const char* kDefaultAnchor = "/usr/share/dns/root.ds";
constexpr const char* kEndpoint =
    R"(expected an address and a port such as "192.0.2.1:853" or "[2001:db8::1]:853")";

/// Everything that the sections have in common while one file is read.
class Reading {
 public:
  Reading(const toml::table& root, std::string file, const FileReader& read)
      : root_(root), file_(std::move(file)), read_(read), top_(root, "", {file_, 1, 1}, errors_) {}

  ConfigResult<Config> run();

 private:
  Section section(std::string_view name);
  void read_server();
  void read_identities();
  void read_identity(Section section);
  void read_ports(Section& section, IdentityConfig& identity);
  void read_chain();
  void read_forget(Section& section);
  void read_anchor(Section& section);
  void read_upstream();
  void read_limits();
  void read_tls();
  void read_log();
  std::optional<std::string> file_of(Section& section, std::string_view key, std::string& path);
  static void endpoints(Section& section, std::string_view key, std::vector<Endpoint>& into,
                        std::vector<Place>& places, bool any_port);

  const toml::table& root_;
  const std::string file_;
  const FileReader& read_;
  std::vector<ConfigError> errors_;
  Section top_;
  const toml::table none_;
  Config config_;
};

/// The table [name]; an empty one at the top of the file when it is absent or no table.
Section Reading::section(std::string_view name) {
  const toml::table* table = &none_;
  if (top_.has(name)) {
    top_.table(name, [&](const toml::table& found) { table = &found; });
  } else {
    top_.known(name);
  }
  const Place place = table == &none_ ? top_.place() : top_.place(name);
  Section out(*table, std::string(name), place, errors_);
  if (top_.has(name) && table == &none_) out.broken();
  return out;
}

void Reading::endpoints(Section& section, std::string_view key, std::vector<Endpoint>& into,
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

void Reading::read_server() {
  ListenConfig& server = config_.server;
  server.workers = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
  Section section = this->section("server");
  endpoints(section, "listen", server.listen, server.places, true);
  section.number("workers", server.workers, 1, 256);
  section.number("backlog", server.backlog, 1, 65'535);
  section.duration("drain_time", server.drain_time, 0ms, 10min);
  section.finish();
}

/// The text of the file that `key` names; reports when there is none.
std::optional<std::string> Reading::file_of(Section& section, std::string_view key,
                                            std::string& path) {
  if (!section.text(key, path)) return {};
  const auto directory = std::filesystem::path(file_).parent_path();
  path = (directory / path).lexically_normal().string();
  auto text = read_(path);
  if (text) return std::move(*text);
  section.error(section.place(key), "cannot read \"" + path + "\": " + text.error());
  return {};
}

void Reading::read_ports(Section& section, IdentityConfig& identity) {
  std::vector<std::int64_t> ports{853};
  if (section.has("ports")) ports.clear();
  section.numbers("ports", 1, 65'535, [&](std::int64_t port, const Place& place) {
    if (std::ranges::find(ports, port) != ports.end()) {
      return section.error(place, "port " + std::to_string(port) + " stands here twice");
    }
    ports.push_back(port);
  });
  // The name is judged even when it has no port.
  const bool none = ports.empty();
  if (none) ports.push_back(853);
  for (const std::int64_t port : ports) {
    auto service = dnschain::Service::create(identity.name, dnschain::Port(port));
    if (!service) {
      const std::string& why = service.error().context;
      return section.error(section.place("name"), "expected a host name, as in SNI: " + why);
    }
    identity.name = service->base_domain();
    if (!none) identity.services.push_back(std::move(*service));
  }
}

void Reading::read_identity(Section section) {
  IdentityConfig identity;
  std::string key_file;
  const bool named = section.text("name", identity.name);
  const auto certificate = file_of(section, "certificate", identity.certificate_file);
  const auto key = file_of(section, "key", key_file);
  section.require("name", "the host name that clients ask for");
  section.require("certificate", "a file with the certificate and those between it and the root");
  section.require("key", "a file with the certificate's private key");
  identity.certificate_pem = certificate.value_or("");
  identity.private_key_pem = key.value_or("");
  identity.certificate_place = section.place("certificate");
  identity.key_place = section.place("key");
  identity.key_file = key_file;
  if (named) read_ports(section, identity);
  section.known("ports");
  section.finish();
  const auto same = [&](const IdentityConfig& other) { return other.name == identity.name; };
  if (named && std::ranges::any_of(config_.identities, same)) {
    section.error(section.place("name"),
                  "there is another identity named \"" + identity.name + "\"");
  }
  config_.identities.push_back(std::move(identity));
}

void Reading::read_identities() {
  constexpr const char* expected = "[[identity]] with name, certificate and key";
  top_.known("identity");
  const toml::node* node = root_.get("identity");
  if (node == nullptr) {
    return top_.error(top_.place(), std::string("no identity: expected ") + expected);
  }
  const toml::array* tables = node->as_array();
  if (tables == nullptr || tables->empty() || !tables->is_homogeneous<toml::table>()) {
    return top_.error(top_.place("identity"), std::string("identity: expected ") + expected);
  }
  for (const toml::node& item : *tables) {
    read_identity({*item.as_table(), "identity", top_.place_of(item.source()), errors_});
  }
}

void Reading::read_anchor(Section& section) {
  std::string path = kDefaultAnchor;
  std::optional<std::string> text;
  if (section.has("trust_anchor")) {
    text = file_of(section, "trust_anchor", path);
  } else {
    section.known("trust_anchor");
    // Without a port there may still be pins, from before, whose chains are kept up.
    const auto has_port = [](const IdentityConfig& one) { return !one.services.empty(); };
    auto found = read_(path);
    if (found) text = std::move(*found);
    if (!found && std::ranges::any_of(config_.identities, has_port)) {
      section.error(section.place(), "chain.trust_anchor is missing, and its default \"" + path +
                                         "\" cannot be read: " + found.error());
    }
  }
  if (!text) return;
  config_.chain.anchor_file = path;
  config_.chain.anchor_text = *text;
  auto anchor = dnschain::TrustAnchor::parse(*text, path);
  if (!anchor) return section.error(section.place("trust_anchor"), anchor.error().context);
  config_.chain.anchor = std::move(*anchor);
}

/// Services that are not served any more, each as "name:port".
void Reading::read_forget(Section& section) {
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
    config_.chain.forget.push_back(std::move(*service));
  });
}

void Reading::read_chain() {
  ChainConfig& chain = config_.chain;
  Section section = this->section("chain");
  read_anchor(section);
  section.duration("support_lifetime", chain.support_lifetime, 0ms, hours{65'535});
  section.duration("grace", chain.grace, 0ms, 60s);
  section.duration("ask_timeout", chain.ask_timeout, 100ms, 60s);
  section.duration("startup_wait", chain.startup_wait, 0ms, 60s);
  if (section.text("state_directory", chain.state_directory)) {
    chain.state_place = section.place("state_directory");
    const auto directory = std::filesystem::path(file_).parent_path();
    chain.state_directory = (directory / chain.state_directory).lexically_normal().string();
  }
  read_forget(section);
  section.flag("wait_for_tlsa", chain.wait_for_tlsa);
  section.flag("keep_certificate", chain.keep_certificate);
  bool prefix = false;
  section.flag("length_prefix", prefix);
  chain.prefix = prefix ? dnschain::ChainPrefix::present : dnschain::ChainPrefix::absent;
  section.finish();
}

void Reading::read_upstream() {
  UpstreamConfig& upstream = config_.upstream;
  Section section = this->section("upstream");
  endpoints(section, "servers", upstream.servers, upstream.places, false);
  section.number("connections", upstream.connections, 1, 4'096);
  section.number("in_flight", upstream.in_flight, 1, 4'096);
  section.duration("query_timeout", upstream.query_timeout, 100ms, 60s);
  section.duration("connect_timeout", upstream.connect_timeout, 100ms, 60s);
  section.duration("idle_timeout", upstream.idle_timeout, 1s, 1h);
  section.finish();
}

void Reading::read_limits() {
  LimitsConfig& limits = config_.limits;
  Section section = this->section("limits");
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
  section.finish();
}

void Reading::read_tls() {
  TlsConfig& tls = config_.tls;
  Section section = this->section("tls");
  section.choice<tlsext::Version>(
      "minimum_version", tls.minimum,
      {{"1.2", tlsext::Version::tls12}, {"1.3", tlsext::Version::tls13}});
  section.flag("tickets", tls.tickets);
  // RFC 8446, 4.6.1: no ticket lives longer than seven days.
  section.duration("ticket_lifetime", tls.ticket_lifetime, 1s, hours{7 * 24});
  section.duration("ticket_rotation", tls.ticket_rotation, 1s, hours{7 * 24});
  section.finish();
}

void Reading::read_log() {
  Section section = this->section("log");
  section.choice<LogLevel>("level", config_.log.level,
                           {{"debug", LogLevel::debug},
                            {"info", LogLevel::info},
                            {"warning", LogLevel::warning},
                            {"error", LogLevel::error}});
  section.finish();
}

ConfigResult<Config> Reading::run() {
  read_server();
  read_identities();
  read_chain();
  read_upstream();
  read_limits();
  read_tls();
  read_log();
  top_.finish();
  if (errors_.empty()) return std::move(config_);
  std::ranges::stable_sort(errors_, [](const ConfigError& a, const ConfigError& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return tl::make_unexpected(std::move(errors_));
}

tl::unexpected<std::vector<ConfigError>> one_error(Place place, std::string what) {
  return tl::make_unexpected(std::vector<ConfigError>{{std::move(place), std::move(what)}});
}

}  // namespace

std::string Place::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

tl::expected<std::string, std::string> read_file(const std::string& path) {
  std::error_code fault;
  const auto status = std::filesystem::status(path, fault);
  // To open a pipe could take for ever.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return tl::make_unexpected("it is no regular file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(kMostFile + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.gcount() == 0 && !in.eof()) {
    return tl::make_unexpected(errno == 0 ? "read error" : std::string(std::strerror(errno)));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostFile) return tl::make_unexpected("it is larger than 1 MiB");
  return text;
}

ConfigResult<Config> parse_config(std::string_view text, const std::string& file,
                                  const FileReader& read) {
  try {
    const toml::table root = toml::parse(text, file);
    return Reading(root, file, read).run();
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return one_error({file, begin.line, begin.column}, std::string(error.description()));
  }
}

ConfigResult<Config> load_config(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return one_error({file, 1, 1}, "cannot read the configuration: " + text.error());
  return parse_config(*text, file, read_file);
}

}  // namespace mooring::server
