// SPDX-License-Identifier: GPL-3.0-or-later
// mooring-handover: the child of mooringd that takes live connections out of the kernel and puts
// them in, and has the kernel forward packets. It knows no configuration and no key, and is no
// command for people: standard input is the socket on which its parent asks.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "server/handover/program/privileges.hpp"
#include "server/handover/program/service.hpp"

namespace {

using namespace mooring::server;

int complain(const char* what) {
  std::fprintf(stderr, "mooring-handover: %s\n", what);
  return 1;
}

}  // namespace

int main() {
  try {
    int type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &length) != 0)
      return complain("started by mooringd alone, where [handover] is configured");
    // What is meant for the whole group its parent answers; it ends with its parent.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE})
      std::signal(signal, SIG_IGN);
    if (auto kept = keep_few_privileges(); !kept) return complain(kept.error().context.c_str());
    HelperService service{MessageSocket(OwnedFd(STDIN_FILENO))};
    if (auto run = service.run(); !run) return complain(run.error().context.c_str());
    return 0;
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
