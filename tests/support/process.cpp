// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>

extern char** environ;

namespace mooring::test {

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

Process::Process(std::vector<std::string> arguments) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (error != 0) {
    ::close(pipe[0]);
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  reader_ = std::thread([this, fd = pipe[0]] { read_output(fd); });
}

Process::~Process() {
  if (!wait(std::chrono::milliseconds(0))) {
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  reader_.join();
}

void Process::read_output(int fd) {
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    const std::lock_guard lock(mutex_);
    output_.append(buffer.data(), static_cast<std::size_t>(size));
    news_.notify_all();
  }
  ::close(fd);
  const std::lock_guard lock(mutex_);
  ended_ = true;
  news_.notify_all();
}

std::string Process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

bool Process::prints(const std::string& text, std::size_t times, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return count(output_, text) >= times; };
  news_.wait_for(lock, wait, [&] { return ended_ || there(); });
  return there();
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!status_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= until) {
      break;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  // What it said last may still be in the pipe; a child of its own can hold the other end open.
  std::unique_lock lock(mutex_);
  if (status_) news_.wait_for(lock, std::chrono::seconds(1), [&] { return ended_; });
  return status_;
}

std::size_t Process::resident_octets() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

}  // namespace mooring::test
