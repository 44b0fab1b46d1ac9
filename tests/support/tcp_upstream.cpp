// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/tcp_upstream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace mooring::test {

namespace {

using namespace std::chrono_literals;

}  // namespace

TcpUpstream::TcpUpstream(Script script, std::uint16_t port) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, 128) != 0) {
    ::close(listener_);
    throw std::runtime_error("no port for the upstream");
  }
  getsockname(listener_, generic, &length);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

TcpUpstream::~TcpUpstream() {
  stopping_ = true;
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

bool TcpUpstream::has_had(std::size_t count, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  return news_.wait_for(lock, wait, [&] { return queries_ >= count; });
}

void TcpUpstream::answer(Connection& connection, const Octets& query) {
  connection.peer.send(framed(answer_to(query)));
}

void TcpUpstream::accept() {
  while (!stopping_) {
    pollfd readable{listener_, POLLIN, 0};
    if (poll(&readable, 1, 20) <= 0) continue;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    threads_.emplace_back([this, peer = TcpPeer::from(socket), number = connections_++]() mutable {
      serve(std::move(peer), number);
    });
  }
}

void TcpUpstream::serve(TcpPeer peer, std::size_t number) {
  Connection connection{peer, number};
  Octets stream;
  while (!stopping_ && !connection.close) {
    const Received what = peer.receive(stream, 20ms);
    if (what == Received::end || what == Received::reset) return;
    while (stream.size() >= 2 && stream.size() >= 2 + u16_at(stream, 0) && !connection.close) {
      const auto end = stream.begin() + 2 + static_cast<std::ptrdiff_t>(u16_at(stream, 0));
      const Octets query(stream.begin() + 2, end);
      stream.erase(stream.begin(), end);
      ++connection.queries;
      script_(connection, query);
      const std::lock_guard lock(mutex_);
      ++queries_;
      news_.notify_all();
    }
  }
}

}  // namespace mooring::test
