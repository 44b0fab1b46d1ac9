// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "server/base/wall_time.hpp"
#include "server/chain/identities.hpp"
#include "server/config/config.hpp"
#include "server/io/uv/make_loop.hpp"
#include "server/observe/log.hpp"
#include "server/ops/clock_check.hpp"
#include "server/ops/command_line.hpp"
#include "server/ops/daemon.hpp"
#include "server/ops/surroundings.hpp"

namespace {

using namespace mooring::server;
namespace dnschain = mooring::dnschain;

constexpr dnschain::WallTime kBuilt{std::chrono::seconds{MOORING_BUILT}};

/// What is closed of the first three descriptors would be given to the next file or socket, and log
/// lines would go there.
void occupy_standard_descriptors() {
  int fd = 0;
  while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
  }
  if (fd > STDERR_FILENO) close(fd);
}

int run(const CommandLine& command) {
  auto config = load_config(command.config);
  auto errors = config ? check_identities(*config) : config.error();
  const Surroundings around = config ? check_surroundings(*config) : Surroundings{};
  errors.insert(errors.end(), around.errors.begin(), around.errors.end());
  for (const Finding& error : errors) std::cerr << error.text() << '\n';
  if (!errors.empty()) return 1;
  const auto warnings = identity_warnings(*config, wall_now());
  if (command.test) {
    for (const auto* found : {&around.warnings, &warnings}) {
      for (const auto& [place, what] : *found)
        std::cerr << place.text() << ": warning: " << what << '\n';
    }
    std::cout << command.config << ": the configuration is good\n";
    return 0;
  }
  Log log(config->log.level);
  if (const auto fault = clock_fault(wall_now(), kBuilt)) {
    log.warning("clock", {{"detail", *fault}});
  }
  for (const auto& [place, what] : warnings)
    log.warning("identity", {{"place", place.text()}, {"detail", what}});
  return Daemon(command.config, std::move(*config), MOORING_VERSION, log, make_uv_loop,
                command.take_over)
      .run();
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  try {
    const auto command = read_command_line(argc, argv, MOORING_VERSION);
    if (command) return run(*command);
    (command.error().status == 0 ? std::cout : std::cerr) << command.error().text;
    return command.error().status;
  } catch (const std::exception& error) {
    std::cerr << "mooringd: " << error.what() << '\n';
    return 1;
  }
}
