// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/worker.hpp"

#include <pthread.h>

#include <thread>
#include <utility>
#include <variant>

#include "server/io/inbox.hpp"
#include "server/worker/worker_loop.hpp"

namespace mooring::server {

namespace {

struct Listen {
  Endpoint name;
  OwnedFd socket;
  int backlog;
};
struct StopListening {
  Endpoint name;
};
struct Take {
  std::uint64_t tag;
  std::vector<Parcel> parcels;
};
struct TakeWatched {
  std::uint64_t number;
  Parcel parcel;
};
struct Drain {
  Milliseconds wait;
};
struct Abort {};

using Message =
    std::variant<std::shared_ptr<tlsext::ServerContext>,
                 std::shared_ptr<const dnschain::ChainTable>,
                 std::shared_ptr<const tlsext::TicketKeySet>, WorkerSettings, Listen, StopListening,
                 GiveOrder, std::optional<StandingOrder>, Take, TakeWatched, Drain, Abort>;

/// Does what a message says, on the worker's thread.
struct Receiver {
  WorkerLoop& worker;

  void operator()(std::shared_ptr<tlsext::ServerContext>& context) const {
    worker.set_context(std::move(context));
  }
  void operator()(std::shared_ptr<const dnschain::ChainTable>& table) const {
    worker.chains()->table = std::move(table);
  }
  void operator()(std::shared_ptr<const tlsext::TicketKeySet>& keys) const {
    worker.set_ticket_keys(keys);
  }
  void operator()(WorkerSettings& settings) const { worker.set_settings(std::move(settings)); }
  void operator()(Listen& listen) const {
    worker.listen(listen.name, std::move(listen.socket), listen.backlog);
  }
  void operator()(StopListening& stop) const { worker.stop_listening(stop.name); }
  void operator()(GiveOrder& order) const { worker.give(order); }
  void operator()(std::optional<StandingOrder>& order) const { worker.give_when_open(order); }
  void operator()(Take& take) const { worker.take(take.tag, std::move(take.parcels)); }
  void operator()(TakeWatched& take) const {
    worker.take_watched(take.number, std::move(take.parcel));
  }
  void operator()(Drain& drain) const { worker.drain(drain.wait); }
  void operator()(Abort&) const { worker.stop(); }
};

}  // namespace

class Worker::Thread {
 public:
  Thread(std::unique_ptr<Loop> loop, WorkerSettings settings, ClientLimits& limits,
         WorkerObserver& observer)
      : observer_(observer),
        loop_(std::move(loop)),
        worker_(*loop_, std::move(settings), limits, observer),
        inbox_(*loop_, [this](Message&& message) { std::visit(Receiver{worker_}, message); }) {}

  ~Thread() {
    if (!thread_.joinable()) return;
    post(Abort{});
    thread_.join();
  }

  void start() {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "worker");
      loop_->run();
      observer_.on_drained();
    });
  }
  void post(Message message) { inbox_.post(std::move(message)); }
  [[nodiscard]] WorkerLoop& worker() { return worker_; }

 private:
  WorkerObserver& observer_;
  std::unique_ptr<Loop> loop_;
  WorkerLoop worker_;
  Inbox<Message> inbox_;
  std::thread thread_;
};

Worker::Worker(std::unique_ptr<Loop> loop, WorkerSettings settings, ClientLimits& limits,
               WorkerObserver& observer)
    : thread_(std::make_unique<Thread>(std::move(loop), std::move(settings), limits, observer)) {}

Worker::~Worker() = default;

void Worker::start() {
  thread_->start();
}

tlsext::ChainSource Worker::chain_source() const {
  return [chains = thread_->worker().chains()](std::string_view name, std::uint16_t port) {
    return chains->find(name, port);
  };
}

void Worker::set_context(std::shared_ptr<tlsext::ServerContext> context) {
  thread_->post(std::move(context));
}

void Worker::set_chains(std::shared_ptr<const dnschain::ChainTable> chains) {
  thread_->post(std::move(chains));
}

void Worker::set_ticket_keys(std::shared_ptr<const tlsext::TicketKeySet> keys) {
  thread_->post(std::move(keys));
}

void Worker::set_settings(WorkerSettings settings) {
  thread_->post(std::move(settings));
}

void Worker::listen(const Endpoint& name, OwnedFd socket, int backlog) {
  thread_->post(Listen{name, std::move(socket), backlog});
}

void Worker::stop_listening(const Endpoint& name) {
  thread_->post(StopListening{name});
}

void Worker::give(const GiveOrder& order) {
  thread_->post(order);
}

void Worker::give_when_open(const std::optional<StandingOrder>& order) {
  thread_->post(order);
}

void Worker::take(std::uint64_t tag, std::vector<Parcel> parcels) {
  thread_->post(Take{tag, std::move(parcels)});
}

void Worker::take_watched(std::uint64_t number, Parcel parcel) {
  thread_->post(TakeWatched{number, std::move(parcel)});
}

void Worker::drain(Milliseconds wait) {
  thread_->post(Drain{wait});
}

const WorkerCounters& Worker::counters() const {
  return thread_->worker().counters();
}

}  // namespace mooring::server
