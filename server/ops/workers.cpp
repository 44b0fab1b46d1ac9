// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/workers.hpp"

#include <fcntl.h>

#include <algorithm>

#include "server/config/settings.hpp"

namespace mooring::server {

Result<void> Workers::start(const Config& config, const std::vector<std::string>& pinned_names,
                            const Keys& keys) {
  while (workers_.size() < config.server.workers) {
    workers_.push_back(
        std::make_unique<Worker>(make_loop_(), worker_settings(config), limits_, observer_));
  }
  const auto contexts = make_contexts(config, pinned_names, keys);
  if (!contexts) return tl::make_unexpected(contexts.error());
  set_contexts(*contexts);
  for (const auto& worker : workers_) worker->start();
  return {};
}

Result<Workers::Contexts> Workers::make_contexts(const Config& config,
                                                 const std::vector<std::string>& pinned_names,
                                                 const Keys& keys) const {
  const Config with_pinned = with_stand_ins(config, pinned_names);
  Contexts out;
  for (const auto& worker : workers_) {
    auto context = make_context_(with_pinned, worker->chain_source(), keys);
    if (!context) return failure(context.error().context);
    out.push_back(std::move(*context));
  }
  return out;
}

std::vector<const WorkerCounters*> Workers::counters() const {
  std::vector<const WorkerCounters*> out;
  for (const auto& worker : workers_) out.push_back(&worker->counters());
  return out;
}

std::uint64_t Workers::slept() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->counters().traffic.connections.slept.value();
  return sum;
}

std::uint64_t Workers::asleep() const {
  std::uint64_t woken = 0;
  for (const auto& worker : workers_) woken += worker->counters().traffic.connections.woken.value();
  // They count on in between.
  return std::max(slept(), woken) - woken;
}

void Workers::set_contexts(const Contexts& contexts) {
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->set_context(contexts.at(i));
}

void Workers::set_settings(const WorkerSettings& settings) {
  for (const auto& worker : workers_) worker->set_settings(settings);
}

void Workers::set_chains(const std::shared_ptr<const dnschain::ChainTable>& chains) {
  for (const auto& worker : workers_) worker->set_chains(chains);
}

void Workers::set_ticket_keys(const Keys& keys) {
  for (const auto& worker : workers_) worker->set_ticket_keys(keys);
}

void Workers::listen(const ListeningSockets& at, int backlog) {
  for (std::size_t i = 0; i < at.sockets.size(); ++i) {
    // Of its own, so that it can cease to listen while the socket and who waits at it stay.
    OwnedFd own(::fcntl(at.sockets[i].get(), F_DUPFD_CLOEXEC, 0));
    workers_[i % workers_.size()]->listen(at.bound, std::move(own), backlog);
  }
}

void Workers::stop_listening(const Endpoint& bound) {
  for (const auto& worker : workers_) worker->stop_listening(bound);
}

void Workers::drain(Milliseconds wait) {
  for (const auto& worker : workers_) worker->drain(wait);
}

}  // namespace mooring::server
