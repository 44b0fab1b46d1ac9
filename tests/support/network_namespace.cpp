// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace mooring::test {

namespace {

using server::OwnedFd;

OwnedFd present_namespace() {
  return OwnedFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

void enter(const OwnedFd& descriptor) {
  if (setns(descriptor.get(), CLONE_NEWNET) != 0) throw std::runtime_error("setns failed");
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// The first line that begins like this, and the next that does.
std::pair<std::string, std::string> two_lines(const std::string& file, const std::string& start) {
  std::ifstream in(file);
  std::pair<std::string, std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (line.find(start) == std::string::npos) continue;
    (out.first.empty() ? out.first : out.second) = line;
  }
  return out;
}

}  // namespace

void skip(const std::string& why) {
  std::printf("skipped: %s\n", why.c_str());
  std::exit(77);
}

NetworkNamespace::NetworkNamespace() {
  const OwnedFd before = present_namespace();
  if (unshare(CLONE_NEWNET) != 0) {
    skip("network namespaces need root");
  }
  descriptor_ = present_namespace();
  enter(before);
}

void NetworkNamespace::run(const std::function<void()>& what) const {
  const OwnedFd before = present_namespace();
  enter(descriptor_);
  try {
    what();
  } catch (...) {
    enter(before);
    throw;
  }
  enter(before);
}

void NetworkNamespace::shell(const std::string& commands) const {
  run([&] {
    if (std::system(commands.c_str()) != 0) throw std::runtime_error("failed: " + commands);
  });
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_.get());
}

std::uint64_t NetworkNamespace::tcp_counter(const std::string& name) const {
  std::pair<std::string, std::string> table;
  run([&] { table = two_lines("/proc/thread-self/net/snmp", "Tcp: "); });
  const auto names = words(table.first);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return std::stoull(words(table.second).at(i));
  }
  throw std::runtime_error("no counter " + name);
}

NetworkNamespace::Traffic NetworkNamespace::traffic(const std::string& interface) const {
  std::string line;
  run([&] { line = two_lines("/proc/thread-self/net/dev", interface + ":").first; });
  const auto columns = words(line);
  return {std::stoull(columns.at(1)), std::stoull(columns.at(9))};
}

}  // namespace mooring::test
