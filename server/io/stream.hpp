// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/endpoint.hpp"
#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// What a stream tells its owner, from the loop. The owner may destroy it only after the call has
/// returned; once it is destroyed no call comes.
class StreamOwner {
 public:
  /// connect() has succeeded; when it has not, on_broken() comes.
  virtual void on_connected() {}
  /// Valid during the call.
  virtual void on_read(ByteView octets) = 0;
  /// The peer sends no more, but may still read (FIN). Nothing more will be read.
  virtual void on_finished() = 0;
  /// The connection has come to nothing, or is broken: nothing more will be read, and what is
  /// written goes nowhere.
  virtual void on_broken(const Error& why) = 0;
  /// All that write() kept has gone to the kernel, or has nowhere to go any more.
  virtual void on_written() = 0;

 protected:
  ~StreamOwner() = default;
};

/// A connection as a value: what is left of a stream that was given away.
struct StreamState {
  OwnedFd descriptor;                ///< a connected socket
  std::vector<std::byte> unread;     ///< came before what the kernel holds, and was given to nobody
  std::vector<std::byte> unwritten;  ///< goes before anything else that is written
  bool ends = false;                 ///< FIN goes after that
};

/// A TCP connection with TCP_NODELAY. Owns all that it has still to write. Its loop must outlive
/// it.
class Stream {
 public:
  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Whom to call from now on; must outlive the stream. Until this no call is made, and reading
  /// must not be switched on.
  void set_owner(StreamOwner& owner) { owner_ = &owner; }

  /// None when the connection is broken.
  [[nodiscard]] virtual std::optional<Endpoint> peer() const = 0;
  /// Off at first. The owner is given nothing that it has not asked for, also not inside this call.
  virtual void set_reading(bool on) = 0;
  /// Writes what the kernel takes at once and keeps a copy of the rest, which goes as soon as it
  /// can; returns the size of the copy. An error shows as the end of what can be read, or is of no
  /// interest: the connection is gone.
  virtual std::size_t write(ByteView octets) = 0;
  /// Octets of copies that the kernel has not taken yet.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  /// Whether on_written() is still to come.
  [[nodiscard]] virtual bool writing() const = 0;
  /// Has the kernel acknowledge at once what was received, in place of waiting for something to
  /// send.
  virtual void acknowledge() = 0;
  /// Sends FIN after all that has been written.
  virtual void shut_down() = 0;
  /// Gives the connection away; no call comes to the owner after this, and nothing but destruction
  /// may follow. On an error, as when there is no descriptor left, the stream is as before. What
  /// was given to on_read() is the owner's to pass on, as what comes first in `unread`.
  [[nodiscard]] virtual Result<StreamState> release() = 0;

 protected:
  /// Null before set_owner().
  [[nodiscard]] StreamOwner* owner() const { return owner_; }

 private:
  StreamOwner* owner_ = nullptr;
};

}  // namespace mooring::server
