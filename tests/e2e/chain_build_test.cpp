// SPDX-License-Identifier: GPL-3.0-or-later
// Chains built through real resolvers in front of a real NSD, for every case of the private tree.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "dnschain/keep/served_chain.hpp"
#include "support/lab.hpp"
#include "support/process.hpp"
#include "support/tcp_resolver.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace mooring::dnschain;
using mooring::test::Lab;
using mooring::test::Process;
using mooring::test::TcpResolver;
using mooring::test::TempDir;

/// The root's DS record of the lab as "<tag> <algorithm> <digest type> <digest>".
std::string anchor_rdata(const Lab& lab) {
  const std::string text = lab.text_of("LAB_ANCHOR");
  const std::size_t at = text.find("DS") + 2;
  return text.substr(at, text.find('\n', at) - at);
}

/// A TCP port of the loopback that is free now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

/// A resolver beside the lab's own, in front of the same name server.
struct Resolver {
  TempDir directory;
  std::string endpoint;
  std::unique_ptr<Process> process;
};

void start_bind(const Lab& lab, Resolver& resolver) {
  const std::string port = std::to_string(free_port());
  std::istringstream rdata(anchor_rdata(lab));
  std::string tag, algorithm, digest_type, digest, part;
  rdata >> tag >> algorithm >> digest_type;
  while (rdata >> part) digest += part;
  resolver.directory.write(
      "named.conf",
      "options { directory \"" + resolver.directory.path(".") +
          "\"; pid-file none; session-keyfile none; listen-on port " + port +
          " { 127.0.0.1; }; listen-on-v6 { none; }; forward only; forwarders { 127.0.0.1 port " +
          lab.port_of("LAB_AUTHORITY") +
          "; }; recursion yes; allow-query { any; }; empty-zones-enable no; };\n"
          "controls { };\ntrust-anchors { . static-ds " +
          tag + ' ' + algorithm + ' ' + digest_type + " \"" + digest + "\"; };\n");
  resolver.endpoint = "127.0.0.1:" + port;
  resolver.process = std::make_unique<Process>(std::vector<std::string>{
      "/usr/sbin/named", "-g", "-4", "-n", "1", "-c", resolver.directory.path("named.conf")});
  REQUIRE(resolver.process->prints("all zones loaded"));
}

void start_knot(const Lab& lab, Resolver& resolver) {
  const std::string port = std::to_string(free_port());
  resolver.directory.write(
      "kresd.conf", "net.listen('127.0.0.1', " + port + ", { kind = 'dns' })\n" +
                        "cache.open(10 * MB, 'lmdb://" + resolver.directory.path("cache") +
                        "')\ntrust_anchors.remove('.')\ntrust_anchors.add('. IN DS " +
                        anchor_rdata(lab) + "')\npolicy.add(policy.all(policy.FORWARD('127.0.0.1@" +
                        lab.port_of("LAB_AUTHORITY") + "')))\n" + "print('up and running')\n");
  resolver.endpoint = "127.0.0.1:" + port;
  resolver.process = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/kresd", "-n", "-c", resolver.directory.path("kresd.conf"),
                               resolver.directory.path(".")});
  REQUIRE(resolver.process->prints("up and running"));
}

WallTime now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

VerdictKind expected_kind(const std::string& test_case) {
  if (test_case == "nodata" || test_case == "nxdomain") return VerdictKind::denial;
  return test_case == "insecure" ? VerdictKind::insecure : VerdictKind::secure;
}

/// Builds and verifies a chain for every name of the lab.
void build_all(const Lab& lab, const std::string& endpoint) {
  const auto anchor = TrustAnchor::parse(lab.text_of("LAB_ANCHOR"), "root.ds").value();
  std::istringstream names(lab.text_of("LAB_NAMES"));
  std::size_t seen = 0;
  for (std::string test_case, host; names >> test_case >> host; ++seen) {
    INFO(test_case << ' ' << host);
    const Service service = Service::create(host, Port{853}).value();
    TcpResolver resolver(endpoint);
    Builder builder(service);
    CHECK(resolver.run(builder, now()) <= 4);
    CHECK(resolver.asked() <= 16);
    auto chain = builder.result();
    if (!chain) FAIL(chain.error().context);
    const std::size_t collected = chain->records.size();
    const auto served =
        admit(std::move(*chain), service, anchor, now(), std::chrono::seconds(5), VerifyLimits());
    if (!served) FAIL(served.error().context);
    CHECK(served->verdict.kind == expected_kind(test_case));
    // Nothing had to be cut away: the builder took no RRset too many.
    CHECK(served->chain.records.size() == collected);
  }
  CHECK(seen >= 15);
}

TEST_CASE("builder proves every case of the private tree through real resolvers", "[e2e]") {
  const Lab lab;
  SECTION("Unbound") {
    build_all(lab, lab["LAB_RESOLVER"]);
  }
  SECTION("BIND 9") {
    Resolver bind;
    start_bind(lab, bind);
    build_all(lab, bind.endpoint);
  }
  SECTION("Knot Resolver") {
    Resolver knot;
    start_knot(lab, knot);
    build_all(lab, knot.endpoint);
  }
}

/// Microseconds that `what` takes, the median of so many times.
template <class What>
long long median_us(std::size_t times, What what) {
  std::vector<long long> taken;
  for (std::size_t i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    what();
    const auto end = std::chrono::steady_clock::now();
    taken.push_back(std::chrono::duration_cast<std::chrono::microseconds>(end - begin).count());
  }
  std::ranges::sort(taken);
  return taken[taken.size() / 2];
}

// No test: figures for docs/benchmark.md, printed when it is asked for by its tag. An alias leads
// over two top levels, five zones in all.
TEST_CASE("what a chain of five zones costs", "[.cost]") {
  const Lab lab;
  const auto anchor = TrustAnchor::parse(lab.text_of("LAB_ANCHOR"), "root.ds").value();
  const Service service = Service::create("faralias.lab.example", Port{853}).value();
  TcpResolver resolver(lab["LAB_RESOLVER"]);
  std::optional<Chain> chain;
  const auto build = [&] {
    Builder builder(service);
    (void)resolver.run(builder, now());
    chain = builder.result().value();
  };
  build();
  const auto building = median_us(200, build);
  Verdict verdict;
  const auto verifying =
      median_us(1000, [&] { verdict = verify(chain->records, service, anchor, now()); });
  REQUIRE(verdict.kind == VerdictKind::secure);
  CHECK(verdict.zones.size() == 5);
  WARN("built in " << building << " us from a warm resolver, verified in " << verifying << " us");
}

}  // namespace
