// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace mooring::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // GCC
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)  // clang
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif
/// With a sanitizer most of a process's resident memory is the sanitizer's own (red zones,
/// quarantine, shadow), so that bounds on it say nothing of the server.
inline constexpr bool kMemoryIsTheServers = !kSanitized;
/// The check of virtual calls that comes with clang's sanitizers opens a pipe to look at memory,
/// and takes it for a fault when there is no file for that.
inline constexpr bool kSanitizerNeedsFiles = kSanitized;

/// The real mooringd as a process, for the identity dot.example, with a certificate of its own.
class RunningServer {
 public:
  /// `upstream` is a port of 127.0.0.1. `more` is TOML that goes below the upstream's `servers`,
  /// and may go on with other tables. Throws when it does not come up.
  explicit RunningServer(std::uint16_t upstream, const std::string& more = "");

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] const TempDir& files() const { return files_; }
  [[nodiscard]] std::string config_path() const { return files_.path("mooring.toml"); }
  /// The value of a counter, as the server logs it on SIGUSR1.
  [[nodiscard]] std::uint64_t counter(const std::string& group, const std::string& name);
  /// Waits until the counter has reached `least`; false when it takes longer than ten seconds.
  [[nodiscard]] bool counts(const std::string& group, const std::string& name, std::uint64_t least);
  /// Writes another configuration of the same form, and another certificate if there is one, and
  /// sends SIGHUP.
  void reload(std::uint16_t upstream, const std::string& more = "",
              const Certificate* certificate = nullptr);
  /// SIGTERM; the exit status.
  [[nodiscard]] int stop();

 private:
  static TempDir& fill(TempDir& files, std::uint16_t upstream, const std::string& more);

  TempDir files_;
  Process process_;
  std::uint16_t port_ = 0;
  std::size_t reports_ = 0;
};

/// The configuration that RunningServer uses.
[[nodiscard]] std::string server_config(std::uint16_t upstream, const std::string& more);
/// The path of the program that is tested.
[[nodiscard]] std::string mooringd_path();
/// The port in the `listen=` of a start line.
[[nodiscard]] std::uint16_t port_in(const std::string& log);

}  // namespace mooring::test
