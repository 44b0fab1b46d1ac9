// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"
#include "server/handover/helper/message_socket.hpp"
#include "server/handover/helper/request.hpp"

namespace mooring::server {

/// The privileged helper, `mooring-handover`: a child process that does to live connections what
/// needs CAP_NET_ADMIN, so that the server itself can be without it. It ends with this object, or
/// with the process that holds it.
///
/// Each call waits for the answer, some ten microseconds as a rule: for a thread of its own, not
/// for one that serves. After an error of the socket (the helper died, or says nothing for
/// kPatience) every call fails, and a new helper is to be started; what the old one did to
/// connections stays as it is.
class Helper {
 public:
  static constexpr Milliseconds kPatience{2000};

  /// Starts `program`, which inherits the privileges of this process and keeps the few that it
  /// needs.
  [[nodiscard]] static Result<Helper> start(const std::string& program);
  Helper(Helper&& other) noexcept;
  Helper& operator=(Helper&& other) noexcept;
  ~Helper();

  /// Whether the kernel and the helper's capabilities suffice to move connections of services on
  /// these ports.
  [[nodiscard]] Result<void> check(std::vector<std::uint16_t> ports);
  /// Needed before forward(): see InterfacesRequest. The error says what the kernel lacks.
  [[nodiscard]] Result<void> use_interfaces(std::string from, std::string to);

  /// Holds the connection: nothing that comes for it is taken, nothing is sent, nobody can read or
  /// write, and when it is closed now its peer does not notice. Returns its state as octets for
  /// restore() on another host. After an error it goes on as if nothing had been.
  [[nodiscard]] HelperAnswer dump(int connection);
  /// Makes a connection of what dump() returned; it is held until resume().
  [[nodiscard]] Result<OwnedFd> restore(std::vector<std::byte> state);
  /// A held connection goes on, here or where it was restored.
  [[nodiscard]] Result<void> resume(int connection);

  /// At most kMostForwards: the kernel passes their clients' packets on, from this moment on, and
  /// the held connections may be closed here. Takes 10 us, and 2 more for each; with one among them
  /// that is forwarded already, to be renewed, several milliseconds.
  [[nodiscard]] Result<void> forward(std::vector<Forward> forwards);
  /// At most kMostForwards.
  [[nodiscard]] Result<void> forget(std::vector<TcpConnection> connections);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// No error of the socket has come yet.
  [[nodiscard]] bool alive() const { return socket_.has_value(); }

 private:
  Helper(pid_t pid, MessageSocket socket) : pid_(pid), socket_(std::move(socket)) {}
  /// The answer's octets, and its descriptor where there is one.
  Result<HelperMessage> ask(const HelperRequest& request, int descriptor = -1);
  Result<void> tell(const HelperRequest& request, int descriptor = -1);

  pid_t pid_;
  std::optional<MessageSocket> socket_;  ///< none after an error
};

}  // namespace mooring::server
