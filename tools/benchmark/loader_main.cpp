// SPDX-License-Identifier: GPL-3.0-or-later
// mooring-loader: makes TLS handshakes with a DNS-over-TLS server, as a client that has nothing in
// common with the servers it is pointed at. Prints one line of key=value pairs; the reasons of
// failures go to standard error. The exit status is 0 only when every connection did all it had to.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "tools/benchmark/loader.hpp"

namespace {

using mooring::benchmark::Report;

/// The duration that `share` of the connections did not exceed, in microseconds.
long long percentile(std::vector<std::chrono::microseconds>& durations, double share) {
  if (durations.empty()) return 0;
  const auto last = static_cast<double>(durations.size() - 1);
  const auto at = durations.begin() + static_cast<std::ptrdiff_t>(last * share);
  std::nth_element(durations.begin(), at, durations.end());
  return at->count();
}

void print(Report& report) {
  std::printf(
      "completed=%zu failed=%zu resumed=%zu chains=%zu chain_octets=%zu seconds=%.3f p50_us=%lld "
      "p99_us=%lld\n",
      report.completed, report.failed, report.resumed, report.chains, report.chain_octets,
      report.elapsed.count(), percentile(report.durations, 0.5),
      percentile(report.durations, 0.99));
  for (const auto& [why, times] : report.failures) {
    std::fprintf(stderr, "mooring-loader: %zu failed: %s\n", times, why.c_str());
  }
}

void announce(std::size_t open) {
  std::printf("ready=%zu\n", open);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = mooring::benchmark::parse_options(argc, argv);
  if (parsed.exit_status) return *parsed.exit_status;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    mooring::benchmark::Loader loader(parsed.options);
    Report report = loader.run(announce);
    print(report);
    return report.failed == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mooring-loader: %s\n", error.what());
    return 2;
  }
}
