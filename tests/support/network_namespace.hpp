// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "server/base/owned_fd.hpp"

namespace mooring::test {

/// Ends the program, and says to Meson that it was skipped.
[[noreturn]] void skip(const std::string& why);

/// A network namespace of its own: a host without users, for the sockets that are made in it. It is
/// gone with this object and the last of them. Needs root; without it the program ends here, and
/// says to Meson that it was skipped.
class NetworkNamespace {
 public:
  NetworkNamespace();

  /// In the calling thread; child processes that are started meanwhile are in it, and stay.
  void run(const std::function<void()>& what) const;
  template <class T>
  [[nodiscard]] T get(const std::function<T()>& what) const {
    T out{};
    run([&] { out = what(); });
    return out;
  }
  /// Commands of a shell; throws when they fail.
  void shell(const std::string& commands) const;
  /// What programs know it by as long as this process lives.
  [[nodiscard]] std::string path() const;
  /// A counter of the table "Tcp" in /proc/net/snmp: "OutRsts".
  [[nodiscard]] std::uint64_t tcp_counter(const std::string& name) const;
  /// Octets that came in and that went out by an interface.
  struct Traffic {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
  };
  [[nodiscard]] Traffic traffic(const std::string& interface) const;

 private:
  server::OwnedFd descriptor_;
};

}  // namespace mooring::test
