// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/base/secret_bytes.hpp"
#include "server/handover/protocol/timing.hpp"
#include "server/io/loop.hpp"
#include "tlsext/link/link.hpp"

namespace mooring::server {

/// What a SecureStream tells its owner. The owner may destroy it only after the call has returned.
class SecureStreamOwner {
 public:
  /// The other end has shown the key of `peer`.
  virtual void on_open(const std::string& peer) = 0;
  /// Octets that it sent; key material may be among them. Valid during the call.
  virtual void on_octets(ByteView octets) = 0;
  /// No more comes, and nothing goes: why. Once.
  virtual void on_lost(const std::string& why) = 0;

 protected:
  ~SecureStreamOwner() = default;
};

/// A link's TLS over its TCP connection.
class SecureStream final : public LinkOutput, private StreamOwner, private tlsext::SessionSink {
 public:
  /// Connects; `session` too. `loop` and `owner` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<SecureStream>> connect(Loop& loop, const Endpoint& to,
                                                                     tlsext::LinkSession session,
                                                                     SecureStreamOwner& owner);
  /// Over a connection that was accepted; so is `session`.
  [[nodiscard]] static std::unique_ptr<SecureStream> accept(std::unique_ptr<Stream> stream,
                                                            tlsext::LinkSession session,
                                                            SecureStreamOwner& owner);

  /// Once open. What it is given goes out at the next flush(), which also tells if it cannot.
  void send(ByteView octets) override;
  /// Writes all that send() was given: at the end of a turn.
  void flush();
  /// Ends it, after what was sent; nothing more is told.
  void close();

 private:
  SecureStream(tlsext::LinkSession session, SecureStreamOwner& owner)
      : session_(std::move(session)), owner_(owner) {}

  void on_connected() override;
  void on_read(ByteView octets) override;
  void on_finished() override;
  void on_broken(const Error& why) override;
  void on_written() override {}
  void on_ciphertext(ByteView octets) override;
  void on_plaintext(ByteView octets) override;

  void begin_open();
  void send_kept();
  void lose(const std::string& why);

  tlsext::LinkSession session_;
  SecureStreamOwner& owner_;
  std::unique_ptr<Stream> stream_;
  SecretArena arena_;
  std::vector<SecretBytes> kept_;     ///< sent while the session was giving us something
  std::vector<std::byte> unwritten_;  ///< encrypted
  std::string failed_;                ///< why nothing more can be sent
  bool connected_ = false;
  bool receiving_ = false;
  bool open_ = false;
  bool over_ = false;
};

}  // namespace mooring::server
