// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/program.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string_view>

namespace mooring::server {

namespace {

constexpr std::string_view kDeleted = " (deleted)";

/// With the signals as a program expects them.
struct Attributes {
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &usual);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  posix_spawnattr_t value{};
};

}  // namespace

std::string own_program() {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlink("/proc/self/exe", text.data(), text.size());
  std::string out(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  // The file has been replaced since: the new one is at the old one's path.
  if (out.ends_with(kDeleted)) out.resize(out.size() - kDeleted.size());
  return out;
}

Result<pid_t> start_program(const std::string& path, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{path};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& one : all) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  const Attributes attributes;
  pid_t out = 0;
  const int error =
      ::posix_spawn(&out, path.c_str(), nullptr, &attributes.value, pointers.data(), environ);
  if (error != 0) return failure(path + ": " + std::strerror(error), error);
  return out;
}

std::optional<std::string> end_of(pid_t child) {
  int status = 0;
  const pid_t ended = ::waitpid(child, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  if (ended < 0) return "an unknown status";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace mooring::server
