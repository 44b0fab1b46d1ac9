// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "server/base/wall_time.hpp"
#include "server/chain/identities.hpp"
#include "server/config/config.hpp"
#include "server/observe/log.hpp"
#include "server/ops/daemon.hpp"
#include "server/ops/setup.hpp"
#include "server/ops/surroundings.hpp"

namespace {

using namespace mooring::server;
namespace dnschain = mooring::dnschain;

constexpr dnschain::WallTime kBuilt{std::chrono::seconds{MOORING_BUILT}};

constexpr const char* kUsage =
    R"(usage: mooringd -c FILE       serve as the configuration says, in the foreground
       mooringd -t -c FILE    check the configuration, and that a start would find what it needs
       mooringd --version
       mooringd --help

Logs to standard error. SIGHUP reloads the configuration, SIGUSR1 logs the counters, SIGTERM answers
what is in flight and ends.
)";

struct Arguments {
  std::string config;
  bool test = false;
};

/// What the command line asks for; or the exit status, when that is all.
tl::expected<Arguments, int> parse_arguments(int argc, char** argv) {
  constexpr std::array<option, 5> kOptions{{{"config", required_argument, nullptr, 'c'},
                                            {"test", no_argument, nullptr, 't'},
                                            {"version", no_argument, nullptr, 'v'},
                                            {"help", no_argument, nullptr, 'h'},
                                            {nullptr, 0, nullptr, 0}}};
  Arguments out;
  for (int found = 0; (found = getopt_long(argc, argv, "c:th", kOptions.data(), nullptr)) != -1;) {
    switch (found) {
      case 'c':
        out.config = optarg;
        break;
      case 't':
        out.test = true;
        break;
      case 'v':
        std::cout << "mooringd " MOORING_VERSION "\n";
        return tl::make_unexpected(0);
      case 'h':
        std::cout << kUsage;
        return tl::make_unexpected(0);
      default:
        std::cerr << kUsage;
        return tl::make_unexpected(2);
    }
  }
  if (!out.config.empty() && optind == argc) return out;
  std::cerr << (optind < argc ? "mooringd: unexpected argument\n"
                              : "mooringd: -c FILE is missing\n")
            << kUsage;
  return tl::make_unexpected(2);
}

/// What is closed of the first three descriptors would be given to the next file or socket, and log
/// lines would go there.
void occupy_standard_descriptors() {
  int fd = 0;
  while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
  }
  if (fd > STDERR_FILENO) close(fd);
}

int run(const Arguments& arguments) {
  auto config = load_config(arguments.config);
  auto errors = config ? check_identities(*config) : config.error();
  const Findings around = config ? check_surroundings(*config) : Findings{};
  errors.insert(errors.end(), around.errors.begin(), around.errors.end());
  for (const ConfigError& error : errors) std::cerr << error.text() << '\n';
  if (!errors.empty()) return 1;
  const auto warnings = identity_warnings(*config, wall_now());
  if (arguments.test) {
    for (const auto* found : {&around.warnings, &warnings}) {
      for (const auto& [place, what] : *found)
        std::cerr << place.text() << ": warning: " << what << '\n';
    }
    std::cout << arguments.config << ": the configuration is good\n";
    return 0;
  }
  Log log(config->log.level);
  const std::string clock = clock_fault(wall_now(), kBuilt);
  if (!clock.empty()) log.warning("clock", {{"detail", clock}});
  for (const auto& [place, what] : warnings)
    log.warning("identity", {{"place", place.text()}, {"detail", what}});
  return Daemon(arguments.config, std::move(*config), MOORING_VERSION, log).run();
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  try {
    const auto arguments = parse_arguments(argc, argv);
    return arguments ? run(*arguments) : arguments.error();
  } catch (const std::exception& error) {
    std::cerr << "mooringd: " << error.what() << '\n';
    return 1;
  }
}
