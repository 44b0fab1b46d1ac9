// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/record/record_pump.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <string_view>

namespace mooring::tlsext {
namespace {

constexpr std::size_t kMaxRecordText = 16384;  // RFC 8446, 5.1

// As in IANA's registry, where wolfSSL has another spelling.
std::string group_name(std::string_view name) {
  if (name == "SECP256R1") return "secp256r1";
  if (name == "SECP384R1") return "secp384r1";
  return std::string(name);
}

}  // namespace

struct RecordPump::Callback {
  static int on_input(WOLFSSL*, char* buffer, int size, void* context) noexcept {
    ByteView& input = static_cast<RecordPump*>(context)->input_;
    const std::size_t count = std::min(input.size(), static_cast<std::size_t>(size));
    if (count == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
    std::memcpy(buffer, input.data(), count);
    input = input.subspan(count);
    return static_cast<int>(count);
  }

  static int on_output(WOLFSSL*, char* buffer, int size, void* context) noexcept try {
    SessionSink* sink = static_cast<RecordPump*>(context)->sink_;
    if (sink == nullptr) return WOLFSSL_CBIO_ERR_GENERAL;
    sink->on_ciphertext(
        {reinterpret_cast<const std::byte*>(buffer), static_cast<std::size_t>(size)});
    return size;
  } catch (...) {
    return WOLFSSL_CBIO_ERR_GENERAL;
  }
};

// The sink is known to the callbacks for the length of one call only.
class RecordPump::Driving {
 public:
  Driving(RecordPump& pump, SessionSink& sink) : pump_(pump) { pump_.sink_ = &sink; }
  ~Driving() {
    pump_.sink_ = nullptr;
    pump_.input_ = {};
  }
  Driving(const Driving&) = delete;
  Driving& operator=(const Driving&) = delete;

 private:
  RecordPump& pump_;
};

RecordPump::RecordPump(std::shared_ptr<const void> context, SslPtr ssl)
    : context_(std::move(context)), ssl_(std::move(ssl)) {
  if (!ssl_) return;
  wolfSSL_SSLSetIORecv(ssl_.get(), Callback::on_input);
  wolfSSL_SSLSetIOSend(ssl_.get(), Callback::on_output);
  wolfSSL_SetIOReadCtx(ssl_.get(), this);
  wolfSSL_SetIOWriteCtx(ssl_.get(), this);
}

RecordPump::~RecordPump() = default;

RecordPump& RecordPump::of(WOLFSSL* ssl) {
  return *static_cast<RecordPump*>(wolfSSL_GetIOReadCtx(ssl));
}

int RecordPump::refuse(Alert alert, const char* why) {
  blame(why);
  return -static_cast<int>(alert);
}

void RecordPump::set_state(SessionState next) {
  assert(may_follow(state_, next));
  state_ = next;
}

// The peer's alert if it was that which ended the session; else ours, and wolfSSL sends none for
// many of its errors (RFC 8446, 6.2).
void RecordPump::settle_alert(Error& error, int code) {
  WOLFSSL_ALERT_HISTORY history{};
  wolfSSL_get_alert_history(ssl(), &history);
  // A close_notify before the end of the handshake needs no answer either (RFC 8446, 6.1).
  const bool left = code == ZERO_RETURN || code == WOLFSSL_ERROR_ZERO_RETURN;
  if (left || history.last_rx.level == alert_fatal ||
      (code == FATAL_ERROR && history.last_rx.code > 0)) {
    error.code = ErrorCode::peer_alert;
    error.alert =
        left ? std::uint8_t{close_notify} : static_cast<std::uint8_t>(history.last_rx.code);
    error.context = "alert " + alert_name(*error.alert) + " received";
    return;
  }
  if (code == MEMORY_E || code == SOCKET_ERROR_E) error.code = ErrorCode::internal;
  if (code == SOCKET_ERROR_E) return;  // nowhere to send it
  const bool sent = history.last_tx.level == alert_fatal;
  const auto alert =
      sent ? static_cast<std::uint8_t>(history.last_tx.code)
           : static_cast<std::uint8_t>(alert_for(code, wolfSSL_is_init_finished(ssl()) != 0));
  if (sent || wolfSSL_SendFatalAlert(ssl(), alert) == WOLFSSL_SUCCESS) error.alert = alert;
}

tl::unexpected<Error> RecordPump::fail(int result) {
  set_state(SessionState::failed);
  on_handshake_over();
  const int code = wolfSSL_get_error(ssl(), result);
  const char* text = refusal_;
  if (text == nullptr) text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  auto failed = failure(ErrorCode::protocol, text != nullptr ? text : "TLS failed");
  settle_alert(failed.value(), code);
  return failed;
}

Result<void> RecordPump::handshake() {
  const int result = shake();
  if (result == WOLFSSL_SUCCESS) {
    set_state(SessionState::open);
    on_handshake_over();
    return {};
  }
  if (wolfSSL_get_error(ssl(), result) == WOLFSSL_ERROR_WANT_READ) return {};
  return fail(result);
}

// Reads until wolfSSL wants more, not until the input is empty: it may hold a record that came in
// the same segment as the end of the handshake.
Result<void> RecordPump::read() {
  std::array<std::byte, kMaxRecordText> text;
  for (;;) {
    const int result = wolfSSL_read(ssl(), text.data(), static_cast<int>(text.size()));
    if (result > 0) {
      sink_->on_plaintext({text.data(), static_cast<std::size_t>(result)});
      continue;
    }
    const int code = wolfSSL_get_error(ssl(), result);
    if (code == WOLFSSL_ERROR_WANT_READ) return {};
    if (code == WOLFSSL_ERROR_ZERO_RETURN) {
      set_state(SessionState::peer_closed);
      return {};
    }
    return fail(result);
  }
}

Result<void> RecordPump::start(SessionSink& sink) {
  if (state_ != SessionState::handshaking) return {};
  const Driving driving(*this, sink);
  return handshake();
}

Result<void> RecordPump::receive(ByteView ciphertext, SessionSink& sink) {
  if (state_ == SessionState::failed) {
    return failure(ErrorCode::internal, "the session has failed");
  }
  const Driving driving(*this, sink);
  input_ = ciphertext;
  if (state_ == SessionState::handshaking) {
    if (auto done = handshake(); !done) return done;
  }
  if (state_ == SessionState::open) return read();
  return {};
}

Result<void> RecordPump::send(ByteView plaintext, SessionSink& sink) {
  if (state_ != SessionState::open && state_ != SessionState::peer_closed) {
    return failure(ErrorCode::internal, "the session is not open");
  }
  const Driving driving(*this, sink);
  constexpr std::size_t kMost = 1U << 30;  // wolfSSL counts in int
  while (!plaintext.empty()) {
    const ByteView part = plaintext.first(std::min(plaintext.size(), kMost));
    const int result = wolfSSL_write(ssl(), part.data(), static_cast<int>(part.size()));
    if (result <= 0) return fail(result);
    plaintext = plaintext.subspan(static_cast<std::size_t>(result));
  }
  return {};
}

void RecordPump::close(SessionSink& sink) {
  if (state_ == SessionState::closed || state_ == SessionState::failed) return;
  const Driving driving(*this, sink);
  if (state_ != SessionState::handshaking) wolfSSL_shutdown(ssl());
  set_state(SessionState::closed);
}

Result<FrozenRecords> RecordPump::freeze(SecretMemory& memory) {
  if (state_ != SessionState::open) {
    return failure(ErrorCode::internal, "the session is not open");
  }
  FrozenRecords out;
  out.state = memory.take();
  if (!out.state) return failure(ErrorCode::internal, "no memory for a frozen session");
  unsigned size = SecretMemory::kSlotSize;
  if (wolfSSL_get_record_state(ssl(), reinterpret_cast<unsigned char*>(out.state.data()), &size) !=
      0) {
    return failure(ErrorCode::internal, "the session is in the middle of a message");
  }
  out.state_size = static_cast<std::uint8_t>(size);
  unsigned unread = 0;
  wolfSSL_get_partial_record(ssl(), nullptr, &unread);
  out.unread.resize(unread);
  wolfSSL_get_partial_record(ssl(), reinterpret_cast<unsigned char*>(out.unread.data()), &unread);
  SessionInfo facts = info();
  out.alpn = std::move(facts.alpn);
  out.group = std::move(facts.group);
  set_state(SessionState::closed);
  return out;
}

Result<void> RecordPump::thaw(const FrozenRecords& frozen) {
  const auto* state = reinterpret_cast<const unsigned char*>(frozen.state.data());
  if (wolfSSL_set_record_state(ssl(), state, frozen.state_size) != 0) {
    return failure(ErrorCode::internal, "this is not the state of a session");
  }
  thawed_ = std::make_unique<const ThawedFacts>(ThawedFacts{frozen.alpn, frozen.group});
  set_state(SessionState::open);
  return {};
}

SessionInfo RecordPump::info() const {
  SessionInfo info;
  info.version = wolfSSL_version(ssl()) == TLS1_3_VERSION ? Version::tls13 : Version::tls12;
  if (const char* cipher = wolfSSL_get_cipher(ssl())) info.cipher = cipher;
  info.resumed = wolfSSL_session_reused(ssl()) != 0;
  if (thawed_) {
    info.alpn = thawed_->alpn;
    info.group = thawed_->group;
    return info;
  }
  if (const char* group = wolfSSL_get_curve_name(ssl())) info.group = group_name(group);
  char* alpn = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(ssl(), &alpn, &size) == WOLFSSL_SUCCESS) {
    info.alpn.assign(alpn, size);
  }
  return info;
}

}  // namespace mooring::tlsext
