// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/link/secure_stream.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

Result<std::unique_ptr<SecureStream>> SecureStream::connect(Loop& loop, const Endpoint& to,
                                                            tlsext::LinkSession session,
                                                            SecureStreamOwner& owner) {
  std::unique_ptr<SecureStream> out(new SecureStream(std::move(session), owner));
  auto stream = loop.connect(to, *out);
  if (!stream) return tl::unexpected(std::move(stream.error()));
  out->stream_ = std::move(*stream);
  return out;
}

std::unique_ptr<SecureStream> SecureStream::accept(std::unique_ptr<Stream> stream,
                                                   tlsext::LinkSession session,
                                                   SecureStreamOwner& owner) {
  std::unique_ptr<SecureStream> out(new SecureStream(std::move(session), owner));
  out->stream_ = std::move(stream);
  out->connected_ = true;
  out->stream_->set_owner(*out);
  out->stream_->set_reading(true);
  return out;
}

void SecureStream::on_connected() {
  if (over_) return;
  connected_ = true;
  stream_->set_reading(true);
  if (auto started = session_.start(*this); !started) return lose(started.error().context);
  flush();
}

void SecureStream::on_read(ByteView octets) {
  if (over_) return;
  receiving_ = true;
  const auto received = session_.receive(octets, *this);
  receiving_ = false;
  if (over_) return;
  if (!received) return lose(received.error().context);
  begin_open();
  send_kept();
  flush();
  if (!over_ && session_.state() == tlsext::SessionState::peer_closed) on_finished();
}

void SecureStream::on_finished() {
  lose("closed by the other end");
}

void SecureStream::on_broken(const Error& why) {
  lose(why.context);
}

void SecureStream::on_ciphertext(ByteView octets) {
  unwritten_.insert(unwritten_.end(), octets.begin(), octets.end());
}

// May come in the same call as the end of the handshake.
void SecureStream::on_plaintext(ByteView octets) {
  begin_open();
  if (!over_) owner_.on_octets(octets);
}

void SecureStream::begin_open() {
  if (over_ || session_.state() != tlsext::SessionState::open || std::exchange(open_, true)) return;
  owner_.on_open(session_.peer());
}

void SecureStream::send(ByteView octets) {
  if (over_ || !failed_.empty()) return;
  if (receiving_) {
    auto copy = arena_.take(octets.size());
    if (copy) {
      std::ranges::copy(octets, copy->data());
      kept_.push_back(std::move(*copy));
    } else {
      failed_ = "no memory for what is to be sent";
    }
  } else if (auto sent = session_.send(octets, *this); !sent) {
    failed_ = sent.error().context;
  }
}

void SecureStream::send_kept() {
  for (const SecretBytes& octets : std::exchange(kept_, {})) send(octets.view());
}

void SecureStream::flush() {
  if (over_ || receiving_) return;
  if (!failed_.empty()) return lose(failed_);
  if (unwritten_.empty()) return;
  stream_->write(unwritten_);
  unwritten_.clear();
}

void SecureStream::close() {
  if (std::exchange(over_, true)) return;
  kept_.clear();
  if (!connected_) return;
  if (!receiving_) session_.close(*this);
  stream_->set_reading(false);
  stream_->write(unwritten_);
  unwritten_.clear();
  stream_->shut_down();
}

void SecureStream::lose(const std::string& why) {
  if (over_) return;
  close();  // with the alert, if there is one
  owner_.on_lost(why);
}

}  // namespace mooring::server
