// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/record/session.hpp"

#include "tlsext/record/record_pump.hpp"

namespace mooring::tlsext {

Session::Session(std::unique_ptr<RecordPump> pump) : pump_(std::move(pump)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Result<void> Session::receive(ByteView ciphertext, SessionSink& sink) {
  return pump_->receive(ciphertext, sink);
}

Result<void> Session::send(ByteView plaintext, SessionSink& sink) {
  return pump_->send(plaintext, sink);
}

void Session::close(SessionSink& sink) {
  pump_->close(sink);
}

SessionState Session::state() const {
  return pump_->state();
}

SessionInfo Session::info() const {
  return pump_->info();
}

}  // namespace mooring::tlsext
