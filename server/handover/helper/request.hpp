// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/endpoint.hpp"
#include "server/base/result.hpp"

// What the server asks its privileged helper for, and what it answers, as octets.

namespace mooring::server {

using MacAddress = std::array<std::uint8_t, 6>;

/// Of one family. A client may use one port of its own for several connections, to several
/// services.
struct TcpConnection {
  Endpoint client;
  Endpoint service;

  friend bool operator==(const TcpConnection&, const TcpConnection&) = default;
};

/// A connection whose further packets are to go to another host.
struct Forward {
  TcpConnection connection;
  MacAddress to{};
  std::uint32_t seconds = 0;  ///< until it is forgotten without a word; at least 1

  friend bool operator==(const Forward&, const Forward&) = default;
};

/// Whether the helper may move connections of services on these ports.
struct CheckRequest {
  std::vector<std::uint16_t> ports;
  friend bool operator==(const CheckRequest&, const CheckRequest&) = default;
};
/// Clients' packets come in at `from` and are forwarded through `to`, which may be the same. What
/// was forwarded before, by an earlier helper, still is.
struct InterfacesRequest {
  std::string from;
  std::string to;
  friend bool operator==(const InterfacesRequest&, const InterfacesRequest&) = default;
};
/// With the connection's descriptor; answered with its state. Held from then on.
struct DumpRequest {
  friend bool operator==(const DumpRequest&, const DumpRequest&) = default;
};
/// Answered with the descriptor of the connection that was made of the state, and is held.
struct RestoreRequest {
  std::vector<std::byte> state;
  friend bool operator==(const RestoreRequest&, const RestoreRequest&) = default;
};
/// With the descriptor of a held connection, which goes on.
struct ResumeRequest {
  friend bool operator==(const ResumeRequest&, const ResumeRequest&) = default;
};
/// All of them or, with an error, none. One that is forwarded already is from now on as it says
/// here.
struct ForwardRequest {
  std::vector<Forward> forwards;
  friend bool operator==(const ForwardRequest&, const ForwardRequest&) = default;
};
/// Those that are not forwarded do not matter.
struct ForgetRequest {
  std::vector<TcpConnection> connections;
  friend bool operator==(const ForgetRequest&, const ForgetRequest&) = default;
};

using HelperRequest = std::variant<CheckRequest, InterfacesRequest, DumpRequest, RestoreRequest,
                                   ResumeRequest, ForwardRequest, ForgetRequest>;

/// In one request at most: connections to forward or to forget.
inline constexpr std::size_t kMostForwards = 256;
/// Octets of a connection's state, at most; TcpState::kMostEncoded is not more.
inline constexpr std::size_t kMostState = (std::size_t{2} << 20U) + 256;
/// Octets of any request or answer, at most.
inline constexpr std::size_t kMostHelperMessage = kMostState + 64;

[[nodiscard]] std::vector<std::byte> encode_request(const HelperRequest& request);
/// The reverse; what is not whole, or is no request, is refused.
[[nodiscard]] Result<HelperRequest> decode_request(ByteView octets);

/// An answer: octets, empty where nothing is asked for but the deed, or why it was not done.
using HelperAnswer = Result<std::vector<std::byte>>;

[[nodiscard]] std::vector<std::byte> encode_answer(const HelperAnswer& answer);
/// The reverse; an answer that cannot be is an error too.
[[nodiscard]] HelperAnswer decode_answer(ByteView octets);

}  // namespace mooring::server
