// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/client_hello.hpp"

namespace mooring::test {
namespace {

std::string number(std::size_t value, int octets) {
  std::string text;
  for (int i = octets - 1; i >= 0; --i) text += static_cast<char>((value >> (8 * i)) & 0xff);
  return text;
}

std::string vector_of(const std::string& body, int length_octets) {
  return number(body.size(), length_octets) + body;
}

std::string extension(std::uint16_t type, const std::string& body) {
  return number(type, 2) + vector_of(body, 2);
}

std::string numbers(const std::vector<std::size_t>& values) {
  std::string text;
  for (const std::size_t value : values) text += number(value, 2);
  return text;
}

std::string own_extensions(const ClientHello& hello) {
  std::string all;
  if (!hello.server_name.empty()) {
    all += extension(0, vector_of(number(0, 1) + vector_of(hello.server_name, 2), 2));
  }
  all += extension(10, vector_of(numbers(hello.groups), 2));
  all += extension(11, vector_of(number(0, 1), 1));  // uncompressed
  all += extension(13, vector_of(numbers({0x0403, 0x0804, 0x0401, 0x0807}), 2));
  if (!hello.alpn.empty()) {
    std::string names;
    for (const std::string& name : hello.alpn) names += vector_of(name, 1);
    all += extension(16, vector_of(names, 2));
  }
  if (hello.tls13) {
    all += extension(43, vector_of(numbers({0x0304}), 1));
    all += extension(45, vector_of(number(1, 1), 1));  // psk_dhe_ke
    const std::string share = number(hello.share_group, 2) + vector_of(hello.share, 2);
    all += extension(51, vector_of(hello.key_share ? share : "", 2));
  }
  return all;
}

}  // namespace

std::string ClientHello::message() const {
  std::string body = number(0x0303, 2) + std::string(32, 'r') + vector_of(session_id, 1);
  body += vector_of(numbers(suites), 2) + vector_of(number(0, 1), 1);
  std::string all = own_extensions(*this);
  for (const auto& [type, content] : extensions) all += extension(type, content);
  body += vector_of(all, 2);
  return number(1, 1) + vector_of(body, 3);
}

std::string ClientHello::records(std::size_t fragment) const {
  std::string octets;
  const std::string whole = message();
  for (std::size_t at = 0; at < whole.size(); at += fragment) {
    octets += number(22, 1) + number(0x0301, 2) + vector_of(whole.substr(at, fragment), 2);
  }
  return octets;
}

std::string chain_request(std::uint16_t port) {
  return number(port, 2);
}

FirstRecord first_record(std::string_view octets) {
  constexpr std::size_t kHeader = 5;
  if (octets.size() < kHeader) return {};
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
  const std::size_t length = static_cast<std::size_t>(at(3) << 8 | at(4));
  return {at(0), std::string(octets.substr(kHeader, length))};
}

}  // namespace mooring::test
