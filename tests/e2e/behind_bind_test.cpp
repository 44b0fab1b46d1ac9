// SPDX-License-Identifier: GPL-3.0-or-later
// A real BIND 9 whose cache, for questions with CD set, holds what an authority gave before its
// zone was signed anew.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "dnschain/proof/verifier.hpp"
#include "support/process.hpp"
#include "support/signed_tree.hpp"
#include "support/tcp_resolver.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using Catch::Contains;
using Endpoint = std::pair<std::string, std::string>;  ///< address and port

const std::string kHost = "dot.zone.example";

/// An endpoint of the loopback that is free now.
Endpoint free_endpoint(const std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  REQUIRE(::inet_pton(AF_INET, address.c_str(), &local.sin_addr) == 1);
  socklen_t size = sizeof local;
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&local), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) == 0);
  ::close(fd);
  return {address, std::to_string(ntohs(local.sin_port))};
}

WallTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// The same zones with the same keys at any time; only the signatures differ.
SignedTree tree_signed_at(WallTime when) {
  SignedTree tree({"."}, when);
  tree.zone({"example."}).zone({"zone.example."});
  tree.tlsa("_853._tcp." + kHost + ".");
  return tree;
}

/// A real NSD that serves a tree.
class Authority {
 public:
  Authority(const SignedTree& tree, const Endpoint& at) {
    tree.write_zone_files(directory_.path("."));
    const std::string home = directory_.path(".");
    std::string text = "server:\n  ip-address: " + at.first + "@" + at.second +
                       "\n  server-count: 1\n  username: \"\"\n  database: \"\"\n  zonesdir: \"" +
                       home + "\"\n  pidfile: \"" + directory_.path("pid") + "\"\n  xfrdfile: \"" +
                       directory_.path("xfrd") + "\"\n  xfrdir: \"" + home +
                       "\"\n  zonelistfile: \"" + directory_.path("list") +
                       "\"\nremote-control:\n  control-enable: no\n";
    for (const SignedZone& zone : tree.zones()) {
      const std::string name = zone.apex().text();
      text += "zone:\n  name: \"" + name + "\"\n  zonefile: \"" + (name == "." ? "root." : name) +
              "zone\"\n";
    }
    directory_.write("nsd.conf", text);
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "/usr/sbin/nsd", "-d", "-V", "2", "-c", directory_.path("nsd.conf")});
    INFO(process_->output());
    REQUIRE(process_->prints("nsd started"));
  }
  ~Authority() {
    process_->signal(SIGTERM);
    (void)process_->wait();
  }

 private:
  TempDir directory_;
  std::unique_ptr<Process> process_;
};

/// A real BIND 9 that forwards to two authorities and trusts the root of `tree`.
class Bind {
 public:
  Bind(SignedTree& tree, const Endpoint& at, const std::vector<Endpoint>& authorities) {
    std::istringstream anchor(tree.anchor_text());
    std::string owner, ttl, in, type, tag, algorithm, digest_type, digest;
    anchor >> owner >> ttl >> in >> type >> tag >> algorithm >> digest_type >> digest;
    std::string forwarders;
    for (const auto& [address, port] : authorities) forwarders += address + " port " + port + "; ";
    directory_.write("named.conf",
                     "options { directory \"" + directory_.path(".") +
                         "\"; pid-file none; session-keyfile none; listen-on port " + at.second +
                         " { 127.0.0.1; }; listen-on-v6 { none; }; forward only; forwarders { " +
                         forwarders +
                         "}; recursion yes; allow-query { any; }; empty-zones-enable no; };\n"
                         "controls { };\ntrust-anchors { . static-ds " +
                         tag + ' ' + algorithm + ' ' + digest_type + " \"" + digest + "\"; };\n");
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "/usr/sbin/named", "-g", "-4", "-n", "1", "-c", directory_.path("named.conf")});
    INFO(process_->output());
    REQUIRE(process_->prints("all zones loaded"));
  }

 private:
  TempDir directory_;
  std::unique_ptr<Process> process_;
};

/// Runs `command` in a shell: its exit status.
int run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str());
}

/// The tool builds a secure chain, the server publishes one. `files` has the trust anchor.
void check_secure(const TempDir& files, const std::string& host, const std::string& resolver) {
  CHECK(run(std::string(std::getenv("MOORING")) + " chain build " + host + " --resolver " +
            resolver + " --require secure --anchor " + files.path("anchor")) == 0);
  REQUIRE(
      run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" +
          host + " -keyout " + files.path("key") + " -out " + files.path("crt")) == 0);
  files.write("mooring.toml",
              "[server]\nlisten = ['127.0.0.1:0']\nworkers = 1\n[[identity]]\nname = '" + host +
                  "'\ncertificate = 'crt'\nkey = 'key'\n[chain]\ntrust_anchor = 'anchor'\n"
                  "[upstream]\nservers = ['" +
                  resolver + "']\n");
  Process server({std::getenv("MOORINGD"), "-c", files.path("mooring.toml")});
  CHECK(server.prints("state=published"));
  CHECK_THAT(server.output(), !Contains("state=refresh_failed"));
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
}

/// DS records of a zone with the keys that a tree gives it.
std::string ds_text(const ZoneSpec& spec) {
  std::string out;
  for (const Record& record : SignedZone(spec, WallTime(), WallTime()).ds())
    out += to_text(record) + "\n";
  return out;
}

TEST_CASE("a chain is had from BIND although its cache holds outdated signatures", "[e2e]") {
  SignedTree before = tree_signed_at(now() - std::chrono::days(60));
  const SignedTree after = tree_signed_at(now());
  const Endpoint lagging = free_endpoint("127.0.0.1"), other = free_endpoint("127.0.0.1"),
                 resolver = free_endpoint("127.0.0.1");
  const std::string address = resolver.first + ":" + resolver.second;
  auto first = std::make_unique<Authority>(before, lagging);
  const Bind bind(before, resolver, {lagging, other});
  const Service service = Service::create(kHost, Port{853}).value();
  const TrustAnchor anchor = before.anchor();
  // All that a chain needs is in the cache now, with signatures that have ended.
  TcpResolver client(address);
  Builder builder(service);
  client.run(builder, now());
  REQUIRE(builder.result());
  const auto verdict = verify(builder.result()->records, service, anchor, now());
  REQUIRE_THAT(verdict.reason, Contains("has expired"));
  // Another authority has better ones, or the zone has been signed anew.
  const bool beside = GENERATE(true, false);
  if (!beside) first.reset();
  const Authority good(after, beside ? other : lagging);
  const TempDir files;
  files.write("anchor", before.anchor_text());
  check_secure(files, kHost, address);
}

TEST_CASE("a zone that is signed but delegated without DS is proven from its own anchor", "[e2e]") {
  SignedTree tree({"."}, now());
  tree.zone({.name = "corp.", .digests = {}}).tlsa("_853._tcp.dot.corp.");
  const Endpoint authority = free_endpoint("127.0.0.1"), resolver = free_endpoint("127.0.0.1");
  const Authority serves(tree, authority);
  const Bind bind(tree, resolver, {authority});
  const std::string own = ds_text({"corp."});
  const TempDir files;
  files.write("anchor", GENERATE(false, true) ? tree.anchor_text() + own : own);
  check_secure(files, "dot.corp", resolver.first + ":" + resolver.second);
}

}  // namespace
