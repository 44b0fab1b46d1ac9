// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/control_socket.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace mooring::server {

namespace {

/// For a request to come, once its process has connected.
constexpr Milliseconds kPatience{5'000};
constexpr std::size_t kMostWaiting = 16;

}  // namespace

/// A connection whose request has not been dealt with.
struct ControlSocket::Waiting {
  OwnedFd connection;
  PeerProcess peer;
  TimePoint until;
  std::string line = {};
  bool done = false;                       ///< the line is whole, or nothing more will come of it
  std::unique_ptr<Watch> watch = nullptr;  // goes before the descriptor
};

ControlSocket::ControlSocket(Loop& loop, OwnedFd listening, Handlers handlers)
    : loop_(loop),
      listening_(std::move(listening)),
      handlers_(std::move(handlers)),
      timer_(loop.make_timer([this] { end_turn(); })) {
  auto watch = loop.watch(listening_.get(), [this] { accept(); });
  if (!watch) throw std::runtime_error("control socket: " + watch.error().context);
  watch_ = std::move(*watch);
  watch_->set(true, false);
}

ControlSocket::~ControlSocket() = default;

void ControlSocket::accept() {
  OwnedFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.get() < 0) return;
  const auto peer = peer_of(connection);
  if (!peer || !peer->trusted()) {
    return handlers_.refused(peer ? peer->text() + " may not use it" : "its user is not known");
  }
  if (waiting_.size() >= kMostWaiting) {
    return handlers_.refused(peer->text() + ": too many wait already");
  }
  waiting_.push_back({std::move(connection), *peer, loop_.now() + kPatience});
  Waiting& added = waiting_.back();
  auto watch = loop_.watch(added.connection.get(), [this, &added] { read(added); });
  if (!watch) {
    waiting_.pop_back();
    return handlers_.refused(peer->text() + ": " + watch.error().context);
  }
  added.watch = std::move(*watch);
  added.watch->set(true, false);
  timer_->set_earlier(added.until);
}

void ControlSocket::read(Waiting& from) {
  std::array<char, kMostRequest> octets;
  const ssize_t count = ::recv(from.connection.get(), octets.data(), octets.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) from.line.append(octets.data(), static_cast<std::size_t>(count));
  from.done =
      count <= 0 || from.line.find('\n') != std::string::npos || from.line.size() >= kMostRequest;
  if (!from.done) return;
  // Nothing is destroyed inside its own call.
  from.watch->set(false, false);
  timer_->set(loop_.now());
}

void ControlSocket::end_turn() {
  std::list<Waiting> done;
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    const auto next = std::next(one);
    if (one->done || one->until <= loop_.now()) done.splice(done.end(), waiting_, one);
    one = next;
  }
  for (const Waiting& one : waiting_) timer_->set_earlier(one.until);
  for (Waiting& one : done) settle(one);
}

void ControlSocket::settle(Waiting& done) {
  done.watch.reset();
  const auto end = done.line.find('\n');
  auto request = end != std::string::npos && end + 1 == done.line.size()
                     ? parse_request(done.line)
                     : failure(end == std::string::npos ? "no whole request came"
                                                        : "more than a request came");
  if (request) {
    return handlers_.asked({std::move(*request), std::move(done.connection), done.peer});
  }
  send_line(done.connection, error_line(request.error().context));
  handlers_.refused(done.peer.text() + ": " + request.error().context);
}

}  // namespace mooring::server
