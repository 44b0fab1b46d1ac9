// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/loader.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace mooring::benchmark {
namespace {

constexpr std::uint64_t kInput = UINT64_MAX;  // the slot number that stands for standard input

}  // namespace

Loader::Loader(LoaderOptions options)
    : options_(std::move(options)), client_(options_), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::runtime_error(std::string("epoll: ") + std::strerror(errno));
}

Loader::~Loader() {
  slots_.clear();
  if (epoll_ >= 0) close(epoll_);
}

Report Loader::run(const std::function<void(std::size_t open)>& on_ready) {
  const auto begin = Clock::now();
  deadline_ = begin + options_.time_limit;
  Task task;
  task.require_chain = options_.require_chain;
  if (!options_.query.empty()) task.question = make_question(options_.query);
  if (options_.mode == Mode::resumed) {
    Task first = task;
    first.wait_for_ticket = true;
    run_batch(first, 1, 1);
    task.resume = true;
  }
  task.stay = options_.mode == Mode::idle;
  if (report_.failed == 0) run_batch(task, options_.connections, options_.concurrency);
  report_.elapsed = Clock::now() - begin;
  if (task.stay) {
    on_ready(held_);
    hold();
  }
  return std::move(report_);
}

void Loader::run_batch(const Task& task, std::size_t count, std::size_t concurrency) {
  started_ = 0;
  slots_.clear();
  slots_.resize(task.stay ? count : std::min(count, concurrency));
  free_slots_.clear();
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) free_slots_.push_back(slot);
  while (started_ < count || active_ > 0) {
    if (Clock::now() >= deadline_) {
      give_up(count);
      break;
    }
    fill(task, count, concurrency);
    if (active_ > 0) wait(std::chrono::milliseconds{100});
  }
  // Connections refer to the task, which lives no longer than this; only held ones stay, and the
  // caller keeps their task.
  if (!task.stay) slots_.clear();
}

/// Ends what has not come to its end in time, and does not start the rest.
void Loader::give_up(std::size_t count) {
  record_failure("time limit", active_ + (count - started_));
  active_ = 0;
  for (auto& connection : slots_) {
    if (connection && !connection->held()) connection.reset();
  }
}

void Loader::fill(const Task& task, std::size_t count, std::size_t concurrency) {
  // A connection that fails at once gives its slot back, so this ends with the count at the latest.
  while (started_ < count && active_ < concurrency) open(task);
}

void Loader::open(const Task& task) {
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  ++started_;
  ++active_;
  slots_[slot] = std::make_unique<Connection>(client_, task, options_.target, next_source());
  const int fd = slots_[slot]->fd();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = slot;
  if (fd >= 0 && epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) return;
  const int error = errno;
  const std::string& why = slots_[slot]->failure();
  record_failure(why.empty() ? std::string("epoll: ") + std::strerror(error) : why, 1);
  release(slot);
  --active_;
}

void Loader::advance(std::size_t slot) {
  Connection& connection = *slots_[slot];
  const bool was_held = connection.held();
  switch (connection.advance()) {
    case Connection::State::waiting:
      return;
    case Connection::State::held:
      if (was_held) return;
      ++held_;
      record(connection);
      break;
    case Connection::State::done:
      record(connection);
      release(slot);
      break;
    case Connection::State::failed:
      record_failure(connection.failure(), 1);
      release(slot);
      break;
  }
  if (was_held) {
    --held_;
    --report_.completed;  // it had counted as completed when it opened
  } else {
    --active_;
  }
}

void Loader::release(std::size_t slot) {
  slots_[slot].reset();  // closes the socket, which takes it out of the epoll set
  free_slots_.push_back(slot);
}

void Loader::record(const Connection& connection) {
  ++report_.completed;
  if (connection.resumed()) ++report_.resumed;
  if (connection.chain_octets() > 0) {
    ++report_.chains;
    report_.chain_octets = connection.chain_octets();
  }
  report_.durations.push_back(
      std::chrono::duration_cast<std::chrono::microseconds>(connection.duration()));
}

void Loader::record_failure(const std::string& why, std::size_t times) {
  if (times == 0) return;
  report_.failed += times;
  report_.failures[why] += times;
}

void Loader::wait(std::chrono::milliseconds longest) {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                               static_cast<int>(longest.count()));
  for (int i = 0; i < count; ++i) {
    const std::uint64_t slot = events[static_cast<std::size_t>(i)].data.u64;
    if (slot == kInput) {
      std::array<char, 256> buffer;
      input_ended_ = input_ended_ || read(STDIN_FILENO, buffer.data(), buffer.size()) <= 0;
    } else if (slots_[slot]) {
      advance(slot);
    }
  }
}

/// Stays until standard input ends or the hold is over.
void Loader::hold() {
  const auto until = Clock::now() + options_.hold;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kInput;
  // Fails for a file or /dev/null; then only the clock ends the hold.
  epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  while (!input_ended_ && Clock::now() < until && held_ > 0) wait(std::chrono::milliseconds{100});
  slots_.clear();
}

/// 127.0.0.1 and up, in turn, when the target is on IPv4 and more than one is wanted.
std::optional<Address> Loader::next_source() {
  if (options_.sources < 2 || options_.target.storage.ss_family != AF_INET) return std::nullopt;
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + next_source_++ % options_.sources);
  Address address;
  std::memcpy(&address.storage, &source, sizeof source);
  address.length = sizeof source;
  return address;
}

}  // namespace mooring::benchmark
