// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/tcp_resolver.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

namespace mooring::test {

using dnschain::Bytes;
using dnschain::Question;

namespace {

void transfer(ssize_t (*step)(int, std::byte*, std::size_t), int socket, Bytes& octets) {
  for (std::size_t at = 0; at < octets.size();) {
    const ssize_t moved = step(socket, octets.data() + at, octets.size() - at);
    REQUIRE(moved > 0);
    at += static_cast<std::size_t>(moved);
  }
}

}  // namespace

TcpResolver::TcpResolver(const std::string& endpoint)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const std::size_t colon = endpoint.rfind(':');
  REQUIRE(colon != std::string::npos);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
  REQUIRE(::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) == 1);
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

TcpResolver::~TcpResolver() {
  ::close(socket_);
}

void TcpResolver::send(const Question& question, std::uint16_t id) {
  const Bytes query = dnschain::encode_query(question, id);
  Bytes framed{std::byte{static_cast<unsigned char>(query.size() >> 8)},
               std::byte{static_cast<unsigned char>(query.size() & 0xff)}};
  framed.insert(framed.end(), query.begin(), query.end());
  transfer([](int s, std::byte* data, std::size_t size) { return ::send(s, data, size, 0); },
           socket_, framed);
}

Bytes TcpResolver::receive() {
  const auto read = [](int s, std::byte* data, std::size_t size) {
    return ::recv(s, data, size, 0);
  };
  Bytes length(2);
  transfer(read, socket_, length);
  Bytes message(std::to_integer<std::size_t>(length[0]) << 8 |
                std::to_integer<std::size_t>(length[1]));
  transfer(read, socket_, message);
  return message;
}

std::size_t TcpResolver::run(dnschain::Builder& builder, dnschain::WallTime now) {
  std::size_t rounds = 0;
  while (!builder.done()) {
    const std::vector<Question> questions = builder.take_questions();
    REQUIRE_FALSE(questions.empty());
    ++rounds;
    for (std::size_t i = 0; i < questions.size(); ++i)
      send(questions[i], static_cast<std::uint16_t>(i));
    asked_ += questions.size();
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const Bytes message = receive();
      REQUIRE(message.size() >= 12);
      const std::size_t id =
          std::to_integer<std::size_t>(message[0]) << 8 | std::to_integer<std::size_t>(message[1]);
      REQUIRE(id < questions.size());
      builder.answer(questions[id], message, now);
    }
  }
  return rounds;
}

}  // namespace mooring::test
