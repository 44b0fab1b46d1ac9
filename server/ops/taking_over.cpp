// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/taking_over.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <span>
#include <stdexcept>
#include <utility>

#include "server/control/request.hpp"
#include "server/control/unix_socket.hpp"

namespace mooring::server {

namespace {

/// For each piece of what the predecessor has.
constexpr Milliseconds kPatience{10'000};

/// The line that a request is answered with; the rest stays where it is. Empty: none comes.
std::string read_line(const OwnedFd& socket) {
  std::string out;
  pollfd one{socket.get(), POLLIN, 0};
  while (out.size() < kMostRequest && ::poll(&one, 1, static_cast<int>(kPatience.count())) == 1) {
    char octet = 0;
    if (::recv(socket.get(), &octet, 1, 0) != 1) break;
    out += octet;
    if (octet == '\n') return out;
  }
  return {};
}

Result<OwnedFd> ask(const std::string& path, const std::string& version) {
  auto socket = connect_to(path);
  if (!socket) return socket;
  const auto peer = peer_of(*socket);
  if (!peer || !peer->trusted()) return failure(path + ": another user's process answers there");
  send_line(*socket, to_line({"take_over", kTakeOverProtocol, version, {}, {}}));
  const std::string answer = read_line(*socket);
  if (answer.empty()) return failure(path + ": no answer");
  if (const auto why = refusal_in(answer)) return failure(path + ": refused: " + *why);
  return socket;
}

Result<Frame> next_frame(Channel& channel) {
  while (true) {
    auto frame = channel.receive();
    if (!frame) return tl::make_unexpected(frame.error());
    if (*frame) return std::move(**frame);
    if (!channel.wait(kPatience)) return failure("it says nothing");
  }
}

OutFrame refusal(const std::string& why) {
  return message(TakeOverMessage::refused, std::as_bytes(std::span(why)));
}

}  // namespace

Result<Predecessor> ask_predecessor(const std::string& path, const std::string& version) {
  auto socket = ask(path, version);
  if (!socket) return tl::make_unexpected(socket.error());
  Channel channel(std::move(*socket));
  InheritanceReader reader;
  while (true) {
    auto frame = next_frame(channel);
    const auto complete =
        frame ? reader.add(std::move(*frame)) : tl::make_unexpected(frame.error());
    if (!complete) {
      static_cast<void>(channel.send(refusal(complete.error().context)));
      return failure("the predecessor at " + path + ": " + complete.error().context);
    }
    if (*complete) return Predecessor{std::move(channel), reader.take()};
  }
}

TakingOver::TakingOver(Loop& loop, Channel channel, OwnedFd revocation, Service service)
    : channel_(std::move(channel)),
      revocation_(std::move(revocation)),
      service_(std::move(service)) {
  auto watch = loop.watch(channel_.descriptor(), [this] { on_ready(); });
  if (!watch) throw std::runtime_error("the predecessor's socket: " + watch.error().context);
  watch_ = std::move(*watch);
}

void TakingOver::ready() {
  // When it is gone already, that shows in what can be read.
  static_cast<void>(channel_.send(message(TakeOverMessage::ready)));
  watch_->set(true, false);
}

void TakingOver::refuse(const std::string& why) {
  static_cast<void>(channel_.send(refusal(why)));
}

void TakingOver::give_up() {
  watch_->set(false, false);
  channel_ = Channel(OwnedFd());
}

void TakingOver::on_ready() {
  while (true) {
    auto frame = channel_.receive();
    if (!frame) return end("the predecessor: " + frame.error().context);
    if (!*frame) return;
    if (!handle(std::move(**frame))) return;
  }
}

/// False: that was the last one.
bool TakingOver::handle(Frame frame) {
  const auto type = static_cast<TakeOverMessage>(frame.type);
  if (type == TakeOverMessage::begin && !begun_) {
    begun_ = true;
    service_.begin();
    return true;
  }
  if (begun_ && type == TakeOverMessage::sessions) return take(std::move(frame));
  if (begun_ && type == TakeOverMessage::counters) {
    if (const auto totals = decode_totals(frame.body.view())) service_.totals(*totals);
    return true;
  }
  if (begun_ && type == TakeOverMessage::done) {
    static_cast<void>(channel_.send(message(TakeOverMessage::taken, kEverything)));
    if (is_revoked()) return true;  // and the end of the connection comes
    give_up();                      // there is nobody left to hear from
    service_.done();
    return false;
  }
  end("the predecessor: what it says is out of place");
  return false;
}

/// First the acknowledgement, then anything else: once it is written the predecessor keeps its
/// hands off these sessions, whatever becomes of either process.
bool TakingOver::take(Frame frame) {
  auto batch = sessions_in(std::move(frame));
  if (!batch) {
    end("the predecessor: sessions that cannot be understood");
    return false;
  }
  const auto sent = channel_.send(message(TakeOverMessage::taken, batch->number));
  const bool written = sent && !channel_.sending();
  // It died after it had sent them: nobody else has them. Had it given this process up it would
  // have said so before it closed its ear.
  const bool orphaned = !sent && !is_revoked();
  if (written || orphaned) {
    service_.take(std::move(batch->parcels));
    return true;
  }
  end("the predecessor takes no acknowledgement");
  return false;
}

bool TakingOver::is_revoked() const {
  pollfd one{revocation_.get(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

void TakingOver::end(const std::string& why) {
  watch_->set(false, false);
  const bool died = channel_.ended() && !is_revoked();
  // Whoever waits for this process to go on hears that it does not, and why.
  refuse(why);
  channel_ = Channel(OwnedFd());
  died ? service_.alone(why) : service_.revoked(why);
}

}  // namespace mooring::server
