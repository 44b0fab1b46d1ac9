// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/program/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace mooring::server {

namespace {

constexpr std::uint32_t kKept = 1U << CAP_NET_ADMIN | 1U << CAP_NET_BIND_SERVICE;
constexpr uid_t kNobody = 65534;

tl::unexpected<Error> broken(const char* what) {
  const int code = errno;
  return failure(std::string(what) + ": " + std::strerror(code), code);
}

/// Capabilities stay those that are permitted.
Result<void> become_nobody() {
  if (geteuid() != 0) return {};
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return broken("PR_SET_KEEPCAPS");
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0)
    return broken("becoming nobody");
  return {};
}

Result<void> keep_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return broken("capget");
  sets[0].permitted &= kKept;
  sets[0].effective = sets[0].permitted;
  sets[0].inheritable = 0;
  sets[1] = {};
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    return broken("PR_CAP_AMBIENT");
  if (syscall(SYS_capset, &header, sets.data()) != 0) return broken("capset");
  return {};
}

}  // namespace

Result<void> keep_few_privileges() {
  if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) != 0) return broken("close_range");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return broken("RLIMIT_CORE");
  if (chdir("/") != 0) return broken("chdir");
  return become_nobody().and_then(keep_capabilities).and_then([]() -> Result<void> {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return broken("PR_SET_NO_NEW_PRIVS");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return broken("PR_SET_DUMPABLE");
    return {};
  });
}

}  // namespace mooring::server
