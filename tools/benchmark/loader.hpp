// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/benchmark/connection.hpp"
#include "tools/benchmark/loader_options.hpp"
#include "tools/benchmark/tls_client.hpp"

namespace mooring::benchmark {

/// How a run went. Connections that were never started for want of time count as failed.
struct Report {
  std::size_t completed = 0;
  std::size_t failed = 0;
  std::size_t resumed = 0;
  std::size_t chains = 0;        ///< connections on which a chain came
  std::size_t chain_octets = 0;  ///< size of the last one
  std::chrono::duration<double> elapsed{};
  std::vector<std::chrono::microseconds> durations;  ///< connect to answer, each that completed
  std::map<std::string, std::size_t> failures;       ///< reason and how often
};

/// Makes connections, a bounded number at a time, from one thread.
class Loader {
 public:
  /// Throws std::runtime_error when an option cannot be carried out.
  explicit Loader(LoaderOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Does what the options say, within their time limit. In idle mode calls `on_ready` with the
  /// number of connections that are open, then holds them; those that the server ends meanwhile
  /// have failed.
  [[nodiscard]] Report run(const std::function<void(std::size_t open)>& on_ready);

 private:
  using Clock = std::chrono::steady_clock;

  void run_batch(const Task& task, std::size_t count, std::size_t concurrency);
  void fill(const Task& task, std::size_t count, std::size_t concurrency);
  void give_up(std::size_t count);
  void open(const Task& task);
  void advance(std::size_t slot);
  void release(std::size_t slot);
  void record(const Connection& connection);
  void record_failure(const std::string& why, std::size_t times);
  void wait(std::chrono::milliseconds longest);
  void hold();
  [[nodiscard]] std::optional<Address> next_source();

  LoaderOptions options_;
  TlsClient client_;
  int epoll_ = -1;
  Clock::time_point deadline_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::size_t> free_slots_;
  std::size_t started_ = 0;  ///< in this batch
  std::size_t active_ = 0;   ///< started, and neither over nor held
  std::size_t held_ = 0;
  unsigned next_source_ = 0;
  bool input_ended_ = false;
  Report report_;
};

}  // namespace mooring::benchmark
