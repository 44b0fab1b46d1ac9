// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/program/service.hpp"

#include <cerrno>
#include <variant>
#include <vector>

#include "server/handover/tcp/repair.hpp"
#include "server/handover/tcp/tcp_state.hpp"

namespace mooring::server {

static_assert(kMostState >= TcpState::kMostEncoded);

namespace {

HelperAnswer nothing_more(Result<void> result) {
  return result.map([] { return std::vector<std::byte>(); });
}

}  // namespace

/// What each request is answered with.
struct HelperService::Deed {
  HelperService& service;
  OwnedFd given{};  ///< came with the request
  OwnedFd made{};   ///< goes with the answer

  HelperAnswer operator()(const CheckRequest& request) {
    for (const std::uint16_t port : request.ports) {
      if (auto fit = check_repair(port); !fit) return nothing_more(fit);
    }
    return std::vector<std::byte>();
  }
  HelperAnswer operator()(const InterfacesRequest& request) {
    auto forwarding = Forwarding::open(request.from, request.to);
    if (!forwarding) return tl::make_unexpected(forwarding.error());
    service.forwarding_ = std::move(*forwarding);
    return std::vector<std::byte>();
  }
  HelperAnswer operator()(const DumpRequest&) {
    return dump(given.get()).map([](const TcpState& state) { return state.encode(); });
  }
  HelperAnswer operator()(const RestoreRequest& request) {
    auto connection = TcpState::decode(request.state).and_then(restore);
    if (!connection) return tl::make_unexpected(connection.error());
    made = std::move(*connection);
    return std::vector<std::byte>();
  }
  HelperAnswer operator()(const ResumeRequest&) { return nothing_more(resume(given.get())); }
  HelperAnswer operator()(const ForwardRequest& request) {
    if (!service.forwarding_) return failure("no interface to forward at");
    return nothing_more(service.forwarding_->add(request.forwards));
  }
  HelperAnswer operator()(const ForgetRequest& request) {
    if (!service.forwarding_) return failure("no interface to forward at");
    return nothing_more(service.forwarding_->remove(request.connections));
  }
};

Result<void> HelperService::run() {
  for (;;) {
    auto message = socket_.receive();
    if (!message && message.error().system == ECONNRESET) return {};
    if (!message) return tl::make_unexpected(message.error());
    Deed deed{*this, std::move(message->descriptor)};
    const auto request = decode_request(message->octets);
    const HelperAnswer answer =
        request ? std::visit(deed, *request) : tl::make_unexpected(request.error());
    if (auto sent = socket_.send(encode_answer(answer), deed.made.get()); !sent) {
      if (sent.error().system == EPIPE) return {};
      return sent;
    }
  }
}

}  // namespace mooring::server
