// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/upgrade.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "server/ops/descriptors.hpp"
#include "server/ops/program.hpp"

namespace mooring::server {

namespace {

std::string seconds_text(double seconds) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.3f", seconds);
  return out.data();
}

OwnedFd copy_of(const OwnedFd& descriptor) {
  return OwnedFd(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

Upgrade::Upgrade(Loop& loop, Log& log, Program program, std::string version, Service service,
                 HandingOver::Patience patience)
    : loop_(loop),
      log_(log),
      program_(std::move(program)),
      version_(std::move(version)),
      service_(std::move(service)),
      patience_(patience),
      timer_(loop.make_timer([this] { on_time(); })) {}

Upgrade::~Upgrade() = default;

void Upgrade::open(OwnedFd listening) {
  control_ = std::make_unique<ControlSocket>(
      loop_, std::move(listening),
      ControlSocket::Handlers{[this](Asked asked) { on_asked(std::move(asked)); },
                              [this](const std::string& why) {
                                log_.warning("control", {{"result", "refused"}, {"detail", why}});
                              }});
}

void Upgrade::on_asked(Asked asked) {
  if (asked.request.command == "upgrade") return start(std::move(asked.connection));
  if (asked.request.command == "take_over") return hand_over(std::move(asked));
  if (asked.request.command == "move" && service_.move) return service_.move(std::move(asked));
  send_line(asked.connection, error_line("there is no command \"" + asked.request.command + "\""));
}

std::string Upgrade::obstacle() const {
  if (handing_over()) return "an upgrade is under way";
  if (std::string why = service_.obstacle(); !why.empty()) return why;
  return control_ ? "" : "there is no control socket: see control.socket";
}

void Upgrade::start(OwnedFd asker) {
  const std::string obstacle = awaited_ ? "an upgrade is under way" : this->obstacle();
  auto child =
      obstacle.empty() ? start_program(program_.path, program_.arguments) : failure(obstacle);
  if (!child) {
    send_line(asker, error_line(child.error().context));
    log_.error("upgrade", {{"result", "refused"}, {"error", child.error().context}});
    return;
  }
  child_signal_ = loop_.make_signal(SIGCHLD, [this] { on_child(); });
  asker_ = std::move(asker);
  children_.push_back(*child);
  awaited_ = *child;
  timer_->set(loop_.now() + patience_.ready);
  log_.info("upgrade",
            {{"state", "started"}, {"program", program_.path}, {"pid", std::to_string(*child)}});
}

/// One signal may stand for several of them.
void Upgrade::on_child() {
  for (auto child = children_.begin(); child != children_.end();) {
    const auto end = end_of(*child);
    if (!end) {
      ++child;
      continue;
    }
    const bool was_awaited = awaited_ == *child;
    child = children_.erase(child);
    if (!was_awaited) {
      log_.info("upgrade", {{"state", "successor_ended"}, {"detail", *end}});
      continue;
    }
    awaited_.reset();
    tell_failure("the new program ended with " + *end +
                 " before it could take over; its log says why, and so may mooringd -t");
  }
}

void Upgrade::on_time() {
  const auto late = std::exchange(awaited_, std::nullopt);
  if (!late) return;
  ::kill(*late, SIGKILL);
  tell_failure("the new program does not take over");
}

Result<Inheritance> Upgrade::inheritance(const Request& request) const {
  if (std::string why = obstacle(); !why.empty()) return failure(std::move(why));
  if (request.protocol != kTakeOverProtocol) {
    const std::string who =
        request.program.empty() ? "a program of no version" : "version " + request.program;
    return failure(who + " hands over by protocol " + std::to_string(request.protocol) +
                   ", this one, " + version_ + ", by " + std::to_string(kTakeOverProtocol));
  }
  auto out = service_.inheritance();
  if (!out) return out;
  out->control = copy_of(control_->descriptor());
  out->revocation = OwnedFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (out->control.get() < 0 || out->revocation.get() < 0) return failure(kNoDescriptors);
  return out;
}

void Upgrade::hand_over(Asked asked) {
  auto offered = inheritance(asked.request);
  if (!offered) {
    const std::string& why = offered.error().context;
    send_line(asked.connection, error_line(why));
    return log_.warning("upgrade",
                        {{"result", "refused"}, {"successor", asked.peer.text()}, {"error", why}});
  }
  if (awaited_ == asked.peer.pid) awaited_.reset();
  service_.enter();
  send_line(asked.connection, answer_line());
  log_.info("upgrade", {{"state", "handing_over"},
                        {"pid", std::to_string(asked.peer.pid)},
                        {"version", asked.request.program}});
  HandingOver::Service service = service_.handing_over;
  service.done = [this](const HandedOver& what) { on_done(what); };
  service.failed = [this](const std::string& failed) { on_failed(failed); };
  handing_over_ = std::make_unique<HandingOver>(loop_, Channel(std::move(asked.connection)),
                                                std::move(*offered), asked.peer.pid,
                                                std::move(service), patience_);
}

void Upgrade::on_given(std::size_t worker, std::vector<Parcel> parcels,
                       const Remaining& remaining) {
  if (handing_over_) return handing_over_->on_given(worker, std::move(parcels), remaining);
  if (!parcels.empty()) service_.handing_over.take_back(worker, std::move(parcels));
}

bool Upgrade::end(const std::string& why) {
  if (const auto child = std::exchange(awaited_, std::nullopt)) {
    ::kill(*child, SIGTERM);
    tell_failure(why);
  }
  if (!handing_over()) return false;
  handing_over_->end(why);
  return true;
}

void Upgrade::on_done(const HandedOver& what) {
  log_.info("upgrade", {{"result", "done"},
                        {"sessions", std::to_string(what.sessions)},
                        {"seconds", seconds_text(what.seconds)},
                        {"pid", std::to_string(what.pid)}});
  answer(answer_line(what));
  control_.reset();
  service_.handing_over.done(what);
}

void Upgrade::on_failed(const std::string& why) {
  tell_failure(why);
  service_.handing_over.failed(why);
}

/// Also of a program that was started and never connected, while another one may be taking over.
void Upgrade::tell_failure(const std::string& why) {
  log_.error("upgrade", {{"result", "failed"},
                         {"error", why},
                         {"detail", "this process goes on with all that was not acknowledged"}});
  answer(error_line(why));
}

void Upgrade::answer(const std::string& line) {
  if (awaited_) return;  // who has asked waits for another process than this one
  if (asker_.get() >= 0) send_line(asker_, line);
  asker_ = OwnedFd();
}

}  // namespace mooring::server
