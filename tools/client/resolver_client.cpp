// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/resolver_client.hpp"

#include <map>
#include <random>

#include "dnschain/build/chain_layout.hpp"
#include "tools/client/dns_stream.hpp"
#include "tools/client/tcp_socket.hpp"

namespace mooring::tools {

namespace {

/// One build: the connection to the resolver and what is in flight on it.
class Building {
 public:
  Building(const dnschain::Service& service, const Judge& judge, const Endpoint& resolver,
           TcpSocket socket, Deadline deadline, const Environment& environment)
      : service_(service),
        judge_(judge),
        builder_(service, {}, judge.anchor.zones()),
        resolver_(resolver),
        socket_(std::move(socket)),
        deadline_(deadline),
        environment_(environment) {}

  Outcome<dnschain::Chain> run() {
    if (auto done = ask(); !done) return tl::make_unexpected(done.error());
    auto chain = judged();
    if ((!chain || !holds_) && builder_.ask_again()) {
      if (auto done = ask(); !done) return tl::make_unexpected(done.error());
      chain = judged();
    }
    if (!chain) return trouble("no chain: " + chain.error().context);
    return *std::move(chain);
  }

 private:
  Outcome<void> ask() {
    while (!builder_.done()) {
      if (auto sent = send_questions(); !sent) return sent;
      if (builder_.done()) break;
      if (auto taken = take_answers(); !taken) return taken;
    }
    return {};
  }

  /// What was built: as a server sends it when it holds, all of it when it does not.
  dnschain::Result<dnschain::Chain> judged() {
    auto chain = builder_.result();
    if (!chain) return chain;
    const auto verdict = dnschain::verify(chain->records, service_, judge_.anchor, judge_.at);
    holds_ = verdict.kind != dnschain::VerdictKind::bogus;
    if (holds_) chain->records = dnschain::lay_out(chain->records, verdict, judge_.at);
    return chain;
  }

  Outcome<void> send_questions() {
    dnschain::Bytes out;
    for (auto& question : builder_.take_questions()) {
      const std::uint16_t id = unused_id();
      append(out, question, id);
      in_flight_.emplace(id, std::move(question));
    }
    auto sent = socket_.send(out, deadline_);
    return sent || !answered_ ? sent : ask_again();
  }

  static void append(dnschain::Bytes& out, const dnschain::Question& question, std::uint16_t id) {
    const auto message = framed(encode_query(question, id));
    out.insert(out.end(), message.begin(), message.end());
  }

  /// Some resolvers close after each few answers (RFC 7766, 6.2.4 lets them at any time): whatever
  /// is still in flight is asked on another connection.
  Outcome<void> ask_again() {
    auto socket = TcpSocket::connect(resolver_, deadline_);
    if (!socket) return tl::make_unexpected(socket.error());
    socket_ = *std::move(socket);
    splitter_ = {};
    answered_ = false;
    dnschain::Bytes out;
    for (const auto& [id, question] : in_flight_) append(out, question, id);
    return socket_.send(out, deadline_);
  }

  Outcome<void> take_answers() {
    const auto octets = socket_.receive(deadline_);
    const bool ended = !octets || octets->empty();
    if (ended && answered_ && std::chrono::steady_clock::now() < deadline_) return ask_again();
    if (!octets) return trouble("the resolver does not answer: " + octets.error().text);
    if (octets->empty()) return trouble(socket_.peer() + ": the resolver closed the connection");
    splitter_.feed(*octets);
    while (const auto message = splitter_.next()) {
      const auto found = in_flight_.find(message_id(*message));
      if (found == in_flight_.end()) continue;  // not ours: the wrong ID, or an answer twice
      const dnschain::Question question = std::move(found->second);
      in_flight_.erase(found);
      answered_ = true;
      builder_.answer(question, *message, environment_.now());
    }
    return {};
  }

  std::uint16_t unused_id() {
    for (;;) {
      const auto id = static_cast<std::uint16_t>(random_());
      if (!in_flight_.contains(id)) return id;
    }
  }

  const dnschain::Service& service_;
  const Judge& judge_;
  dnschain::Builder builder_;
  bool holds_ = false;
  const Endpoint& resolver_;
  TcpSocket socket_;
  bool answered_ = false;  ///< on this connection
  Deadline deadline_;
  const Environment& environment_;
  MessageSplitter splitter_;
  std::map<std::uint16_t, dnschain::Question> in_flight_;
  std::random_device random_;
};

}  // namespace

Outcome<dnschain::Chain> build_chain(const dnschain::Service& service, const Endpoint& resolver,
                                     const Judge& judge, std::chrono::milliseconds timeout,
                                     const Environment& environment) {
  const Deadline deadline = deadline_in(timeout);
  auto socket = TcpSocket::connect(resolver, deadline);
  if (!socket) return tl::make_unexpected(socket.error());
  return Building(service, judge, resolver, *std::move(socket), deadline, environment).run();
}

}  // namespace mooring::tools
