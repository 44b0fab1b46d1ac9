// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/helper.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mooring::server {

namespace {

/// Its only descriptor but for standard error: it finds its socket there.
constexpr int kSocketOfHelper = STDIN_FILENO;

Result<pid_t> spawn(const std::string& program, int socket) {
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kSocketOfHelper);
  std::string name = program;
  const std::array<char*, 2> arguments{name.data(), nullptr};
  std::array<char*, 1> environment{nullptr};  // nothing in it is the helper's business
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, name.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failure("cannot start " + program + ": " + std::strerror(error), error);
  return pid;
}

}  // namespace

Result<Helper> Helper::start(const std::string& program) {
  auto ends = MessageSocket::pair();
  if (!ends) return tl::make_unexpected(ends.error());
  const auto pid = spawn(program, ends->second.descriptor());
  if (!pid) return tl::make_unexpected(pid.error());
  Helper helper(*pid, std::move(ends->first));
  if (auto set = helper.socket_->wait_at_most(kPatience); !set)
    return tl::make_unexpected(set.error());
  return helper;
}

Helper::Helper(Helper&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), socket_(std::move(other.socket_)) {}

Helper& Helper::operator=(Helper&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(socket_, other.socket_);
  return *this;
}

Helper::~Helper() {
  if (pid_ < 0) return;
  // Without its socket it ends; whether it does at once is not left to it.
  socket_.reset();
  ::kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<HelperMessage> Helper::ask(const HelperRequest& request, int descriptor) {
  if (!socket_) return failure("the handover helper is gone", EPIPE);
  auto message = socket_->send(encode_request(request), descriptor).and_then([&] {
    return socket_->receive();
  });
  if (!message) {
    socket_.reset();
    return failure("the handover helper: " + message.error().context, message.error().system);
  }
  auto answer = decode_answer(message->octets);
  if (!answer) return tl::make_unexpected(std::move(answer.error()));
  return HelperMessage{std::move(*answer), std::move(message->descriptor)};
}

Result<void> Helper::tell(const HelperRequest& request, int descriptor) {
  return ask(request, descriptor).map([](const HelperMessage&) {});
}

Result<void> Helper::check(std::vector<std::uint16_t> ports) {
  return tell(CheckRequest{std::move(ports)});
}

Result<void> Helper::use_interfaces(std::string from, std::string to) {
  return tell(InterfacesRequest{std::move(from), std::move(to)});
}

HelperAnswer Helper::dump(int connection) {
  return ask(DumpRequest{}, connection).map([](HelperMessage&& message) {
    return std::move(message.octets);
  });
}

Result<OwnedFd> Helper::restore(std::vector<std::byte> state) {
  auto message = ask(RestoreRequest{std::move(state)});
  if (!message) return tl::make_unexpected(std::move(message.error()));
  if (message->descriptor.get() < 0) return failure("the handover helper gave no descriptor");
  return std::move(message->descriptor);
}

Result<void> Helper::resume(int connection) {
  return tell(ResumeRequest{}, connection);
}

Result<void> Helper::forward(std::vector<Forward> forwards) {
  return tell(ForwardRequest{std::move(forwards)});
}

Result<void> Helper::forget(std::vector<TcpConnection> connections) {
  return tell(ForgetRequest{std::move(connections)});
}

}  // namespace mooring::server
