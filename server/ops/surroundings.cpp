// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/surroundings.hpp"

#include <fcntl.h>
#include <ifaddrs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "dnschain/keep/state_file.hpp"
#include "dnschain/keep/state_store.hpp"
#include "server/io/sockets.hpp"
#include "tlsext/link/link.hpp"

namespace mooring::server {

namespace {

namespace fs = std::filesystem;

/// By the rights that the process has now, not by those of who started it.
bool may(const fs::path& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

bool unspecified(const IpAddress& address) {
  return address == IpAddress{address.family, {}};
}

bool loopback(const IpAddress& address) {
  static const IpAddress kV6 = *IpAddress::parse("::1");
  return address == kV6 || (address.family == IpFamily::v4 && address.octets[0] == 127);
}

/// Where a connection to the unspecified address goes.
IpAddress destination(const IpAddress& address) {
  if (!unspecified(address)) return address;
  return *IpAddress::parse(address.family == IpFamily::v4 ? "127.0.0.1" : "::1");
}

/// Whether a connection to `to` arrives at `listen`.
bool reaches(const Endpoint& to, const Endpoint& listen, const std::vector<IpAddress>& own) {
  const IpAddress address = destination(to.address);
  if (to.port != listen.port || address.family != listen.address.family) return false;
  if (address == listen.address) return true;
  return unspecified(listen.address) &&
         (loopback(address) || std::ranges::find(own, address) != own.end());
}

void check_listen(const Endpoint& endpoint, const Place& place, Surroundings& findings) {
  const auto socket = bind_socket(endpoint, false);
  if (socket) return;
  if (socket.error().system == EADDRINUSE) {
    findings.warnings.push_back({place, "\"" + endpoint.text() +
                                            "\" is in use now: by this service, or it cannot "
                                            "start"});
    return;
  }
  findings.errors.push_back(
      {place, "cannot listen on \"" + endpoint.text() + "\": " + socket.error().context});
}

/// What is wrong with a file that the keeper has left there; empty: nothing.
std::string fault_of(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto state = dnschain::decode_state(std::as_bytes(std::span(text)));
  return state ? "" : state.error().context;
}

void check_state(const ChainConfig& chain, Surroundings& findings) {
  if (chain.state_directory.empty()) return;
  const fs::path directory = chain.state_directory;
  const auto refuse = [&](const fs::path& path, const char* what, int error) {
    findings.errors.push_back({chain.state_place, "chain.state_directory: \"" + path.string() +
                                                      "\" " + what + ": " + std::strerror(error)});
  };
  std::error_code error;
  const auto status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) {
    const fs::path parent =
        directory.has_filename() ? directory.parent_path() : directory.parent_path().parent_path();
    const fs::path where = parent.empty() ? fs::path(".") : parent;
    if (!may(where, W_OK | X_OK)) refuse(directory, "cannot be made", errno);
    return;
  }
  if (error) return refuse(directory, "cannot be used", error.value());
  if (!fs::is_directory(status)) return refuse(directory, "cannot be used", ENOTDIR);
  if (!may(directory, R_OK | W_OK | X_OK)) return refuse(directory, "cannot be used", errno);
  const fs::path file = dnschain::StateStore(directory).file();
  if (fs::exists(file, error) && !may(file, R_OK)) return refuse(file, "cannot be read", errno);
  const std::string fault = fault_of(file);
  if (!fault.empty()) {
    findings.warnings.push_back(
        {chain.state_place, "\"" + file.string() + "\": " + fault + "; a start sets it aside"});
  }
}

/// The directory is there and may be written to, and no file but a socket is in the way.
void check_control(const ControlConfig& control, Surroundings& findings) {
  if (control.socket.empty()) return;
  const fs::path path = control.socket;
  const auto refuse = [&](const std::string& why) {
    findings.errors.push_back({control.place, "control.socket: \"" + path.string() + "\" " + why});
  };
  const fs::path parent = path.parent_path();
  if (!may(parent.empty() ? fs::path(".") : parent, W_OK | X_OK)) {
    return refuse(std::string("cannot be made: ") + std::strerror(errno));
  }
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (fs::exists(status) && !fs::is_socket(status)) refuse("is there, and is no socket");
}

/// Certificate and key of links belong together, and TLS takes them.
void check_link(const Config& config, Surroundings& findings) {
  const HandoverConfig& handover = config.handover;
  if (!handover.on()) return;
  tlsext::LinkSettings link{handover.certificate_pem, handover.private_key_pem, "check", {}};
  for (const HandoverPeer& peer : handover.peers) link.peers.push_back({peer.name, peer.pin});
  const auto made = tlsext::LinkContext::create(std::move(link));
  if (made) return;
  findings.errors.push_back(
      {config.handover_place, "handover.certificate, handover.key: " + made.error().context});
}

}  // namespace

std::vector<IpAddress> own_addresses() {
  std::vector<IpAddress> out;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return out;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (const auto endpoint = Endpoint::from(*one->ifa_addr)) out.push_back(endpoint->address);
  }
  ::freeifaddrs(all);
  return out;
}

Findings check_loops(const Config& config, const std::vector<IpAddress>& own) {
  Findings errors;
  for (std::size_t i = 0; i < config.upstream.servers.size(); ++i) {
    const Endpoint& server = config.upstream.servers[i];
    const auto listen = std::ranges::find_if(
        config.server.listen, [&](const Endpoint& one) { return reaches(server, one, own); });
    if (listen == config.server.listen.end()) continue;
    errors.push_back(
        {config.upstream.places.at(i), "\"" + server.text() + "\" is taken by \"" + listen->text() +
                                           "\" in server.listen: it would ask itself"});
  }
  return errors;
}

Surroundings check_surroundings(const Config& config) {
  Surroundings findings;
  for (std::size_t i = 0; i < config.server.listen.size(); ++i) {
    check_listen(config.server.listen[i], config.server.places.at(i), findings);
  }
  check_state(config.chain, findings);
  check_control(config.control, findings);
  check_link(config, findings);
  for (Finding& error : check_loops(config, own_addresses())) {
    findings.errors.push_back(std::move(error));
  }
  return findings;
}

}  // namespace mooring::server
