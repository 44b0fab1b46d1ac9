// SPDX-License-Identifier: GPL-3.0-or-later
#include "e2e/upgraded_server.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/dns_messages.hpp"

namespace mooring::test {

namespace {

using namespace std::chrono_literals;

std::string with_control(const std::string& more) {
  // A successor whose predecessor has gone is this process's child.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return more + "\n[control]\nsocket = 'control'\n";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string mooring_path() {
  const char* path = std::getenv("MOORING");
  if (path == nullptr) throw std::runtime_error("MOORING names no program");
  return path;
}

}  // namespace

UpgradedServer::UpgradedServer(std::uint16_t upstream, const std::string& more)
    : server_(upstream, with_control(more)), all_{server_.process().pid()} {}

UpgradedServer::~UpgradedServer() {
  for (std::size_t i = 1; i < all_.size(); ++i) {
    if (::kill(all_[i], SIGKILL) == 0) static_cast<void>(end_of(all_[i]));
  }
}

void UpgradedServer::configure(std::uint16_t upstream, const std::string& more) const {
  server_.files().write("mooring.toml", server_config(upstream, with_control(more)));
}

UpgradedServer::Told UpgradedServer::upgrade(const std::vector<std::string>& options) {
  std::vector<std::string> arguments{mooring_path(), "ctl", "--socket", socket(), "upgrade"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Process ctl(arguments);
  Told out;
  out.status = ctl.wait(60s).value_or(-1);
  static_cast<void>(ctl.prints("\n"));
  out.said = ctl.output();
  for (const std::string before : {"process ", "\"pid\": ", "\"pid\":"}) {
    const auto at = out.said.find(before);
    if (out.status != 0 || at == std::string::npos) continue;
    all_.push_back(std::stoi(out.said.substr(at + before.size())));
    break;
  }
  return out;
}

void UpgradedServer::signal(int number) const {
  ::kill(pid(), number);
}

std::optional<int> UpgradedServer::end_of(pid_t pid, std::chrono::milliseconds wait) {
  if (pid == server_.process().pid()) return server_.process().wait(wait);
  const auto until = std::chrono::steady_clock::now() + wait;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) != pid) {
    if (std::chrono::steady_clock::now() > until) return std::nullopt;
    std::this_thread::sleep_for(2ms);
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::uint64_t UpgradedServer::counter(const std::string& group, const std::string& name) {
  // Those that end log their counters too: the line of the last group ends a report.
  const std::size_t before = count(log(), "group=keeper");
  signal(SIGUSR1);
  if (!logs("group=keeper", before + 1)) throw std::runtime_error(log());
  const std::string text = log();
  const auto line = text.rfind("group=" + group + " ");
  const auto at = text.find(" " + name + "=", line) + name.size() + 2;
  return std::stoull(text.substr(at));
}

bool gets_an_answer(OpensslDotClient& client, std::uint16_t id) {
  const Octets asked = query(id, "www.example");
  const auto answer = client.ask(asked);
  return answer && *answer == answer_to(asked);
}

}  // namespace mooring::test
