// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/connection.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "dnschain/dns/name.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::benchmark {
namespace {

constexpr std::size_t kLengthOctets = 2;  // RFC 7766, 8
constexpr std::size_t kHeaderOctets = 12;

std::size_t u16_at(const dnschain::Bytes& octets, std::size_t at) {
  return (std::to_integer<std::size_t>(octets[at]) << 8) |
         std::to_integer<std::size_t>(octets[at + 1]);
}

const sockaddr* as_sockaddr(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

/// A non-blocking TCP socket on its way to `target`; -1 with errno when that fails at once.
int connect_to(const Address& target, const std::optional<Address>& source) {
  const int fd = socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bool started = true;
  if (source) {
    // Leaves the choice of the port to connect(), which may use one again for another target.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    started = bind(fd, as_sockaddr(*source), source->length) == 0;
  }
  started =
      started && (connect(fd, as_sockaddr(target), target.length) == 0 || errno == EINPROGRESS);
  if (started) return fd;
  close(fd);
  return -1;
}

}  // namespace

dnschain::Bytes make_question(const std::string& name) {
  const auto owner = dnschain::Name::parse(name);
  if (!owner) throw std::runtime_error("--query: not a domain name: " + name);
  dnschain::Bytes message;
  dnschain::WireWriter writer(message);
  const std::size_t size = kHeaderOctets + owner->wire().size() + 4;
  writer.u16(static_cast<std::uint16_t>(size));
  // ID, flags (RD), one question, nothing else.
  static constexpr std::array<std::uint16_t, 6> kHeader{0x4d6f, 0x0100, 1, 0, 0, 0};
  for (const std::uint16_t field : kHeader) writer.u16(field);
  writer.append(owner->wire());
  writer.u16(1);  // A
  writer.u16(1);  // IN
  return message;
}

Connection::Connection(TlsClient& client, const Task& task, const Address& target,
                       const std::optional<Address>& source)
    : client_(client),
      task_(task),
      fd_(connect_to(target, source)),
      started_(std::chrono::steady_clock::now()) {
  if (fd_ < 0) {
    fail(std::string("connect: ") + std::strerror(errno));
  } else {
    ssl_ = client.start(fd_, &chain_octets_, task.resume);
  }
}

Connection::~Connection() {
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
}

Connection::State Connection::advance() {
  ERR_clear_error();
  while (step()) {
  }
  if (!failure_.empty()) return State::failed;
  if (step_ == Step::over) return State::done;
  return step_ == Step::hold ? State::held : State::waiting;
}

/// One step; false when there is nothing more to do for now.
bool Connection::step() {
  if (!failure_.empty()) return false;
  switch (step_) {
    case Step::handshake:
      return handshake();
    case Step::ask:
      return ask();
    case Step::answer:
      return take_answer();
    case Step::ticket:
      return take_ticket();
    case Step::hold:
      return hold();
    case Step::close:
      SSL_shutdown(ssl_.get());  // sends close_notify; the server's is not waited for
      step_ = Step::over;
      return false;
    case Step::over:
      break;
  }
  return false;
}

bool Connection::handshake() {
  const int result = SSL_connect(ssl_.get());
  if (result != 1) return wait_or_fail(result, "handshake");
  resumed_ = SSL_session_reused(ssl_.get()) == 1;
  if (task_.resume && !resumed_) return fail("the session was not resumed");
  // RFC 9102, 6: a resumed handshake carries no chain.
  if (task_.require_chain && !resumed_ && chain_octets_ == 0) return fail("no chain came");
  step_ = task_.question.empty() ? Step::ticket : Step::ask;
  return true;
}

bool Connection::ask() {
  const auto& question = task_.question;
  const int result = SSL_write(ssl_.get(), question.data(), static_cast<int>(question.size()));
  if (result <= 0) return wait_or_fail(result, "question");
  step_ = Step::answer;
  return true;
}

bool Connection::take_answer() {
  std::array<std::byte, 4096> buffer;
  const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result <= 0) return wait_or_fail(result, "answer");
  answer_.insert(answer_.end(), buffer.begin(), buffer.begin() + result);
  if (answer_.size() < kLengthOctets || answer_.size() < kLengthOctets + u16_at(answer_, 0)) {
    return true;
  }
  if (auto why = judge_answer()) return fail(std::move(*why));
  answer_ = {};
  step_ = Step::ticket;
  return true;
}

std::optional<std::string> Connection::judge_answer() const {
  if (answer_.size() < kLengthOctets + kHeaderOctets) return "answer: too short";
  if (u16_at(answer_, 2) != u16_at(task_.question, 2)) return "answer: wrong ID";
  const std::size_t flags = u16_at(answer_, 4);
  if ((flags & 0x8000) == 0) return "answer: not a response";
  if ((flags & 0xf) != 0) return "answer: RCODE " + std::to_string(flags & 0xf);
  if (u16_at(answer_, 8) == 0) return "answer: no records";
  return std::nullopt;
}

bool Connection::take_ticket() {
  if (!task_.wait_for_ticket || client_.has_session()) {
    ended_ = std::chrono::steady_clock::now();
    step_ = task_.stay ? Step::hold : Step::close;
    return true;
  }
  std::array<std::byte, 16> buffer;
  const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) return fail("ticket: data that nobody asked for");
  // The ticket may just have been taken in by this very read.
  return client_.has_session() || wait_or_fail(result, "ticket");
}

bool Connection::hold() {
  std::array<std::byte, 16> buffer;
  const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) return fail("idle: data that nobody asked for");
  return wait_or_fail(result, "idle");
}

/// Nothing to do until the socket is ready, or the end. Never true, so that callers can return it.
bool Connection::wait_or_fail(int result, const char* what) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  if (error == SSL_ERROR_ZERO_RETURN) return fail(std::string(what) + ": closed by the server");
  if (const unsigned long code = ERR_peek_error(); code != 0) {
    const char* reason = ERR_reason_error_string(code);
    return fail(std::string(what) + ": " + (reason != nullptr ? reason : "TLS error"));
  }
  const bool cut = errno == 0 || error == SSL_ERROR_SSL;
  return fail(std::string(what) + ": " + (cut ? "connection cut" : std::strerror(errno)));
}

bool Connection::fail(std::string why) {
  failure_ = std::move(why);
  return false;
}

}  // namespace mooring::benchmark
