// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/worker_events.hpp"

#include <utility>
#include <vector>

#include "tlsext/base/alerts.hpp"

namespace mooring::server {

WorkerEvents::WorkerEvents(Loop& loop, Log& log, Handlers handlers)
    : log_(log), handlers_(std::move(handlers)), inbox_(loop, [this](Event&& event) {
        std::visit([this](auto& one) { deliver(one); }, event);
      }) {}

void WorkerEvents::on_upstream_state(const Endpoint& server, UpstreamState state,
                                     std::string_view reason) {
  inbox_.post(UpstreamStateChanged{server, state, std::string(reason)});
}

void WorkerEvents::on_listen_failed(const Endpoint& name, std::string_view reason) {
  inbox_.post(ListenFailed{name, std::string(reason)});
}

// The log may be written from any thread, and hostile clients are not to fill the inbox.
void WorkerEvents::on_handshake_failed(const Endpoint& client, const HandshakeFailure& why) {
  if (!log_.writes(LogLevel::debug)) return;
  std::vector<Field> fields{{"client", client.text()}, {"reason", std::string(why.reason)}};
  if (why.alert) {
    fields.push_back(
        {why.from_client ? "alert_received" : "alert_sent", tlsext::alert_name(*why.alert)});
  }
  log_.debug("handshake_failed", fields);
}

void WorkerEvents::on_given(std::uint64_t tag, std::vector<Parcel> parcels,
                            const Remaining& remaining) {
  inbox_.post(SessionsGiven{tag, std::move(parcels), remaining});
}

void WorkerEvents::on_taken(std::uint64_t tag, const Taken& taken) {
  if (taken.refused != 0) {
    log_.warning("sessions_refused",
                 {{"count", std::to_string(taken.refused)}, {"reason", taken.reason}});
  }
  inbox_.post(SessionsTaken{tag, taken});
}

void WorkerEvents::on_over(std::uint64_t number) {
  inbox_.post(SessionOver{number});
}

void WorkerEvents::on_drained() {
  inbox_.post(Drained{});
}

void WorkerEvents::deliver(const UpstreamStateChanged& event) const {
  handlers_.upstream_state(event.server, event.state, event.reason);
}

void WorkerEvents::deliver(const ListenFailed& event) const {
  handlers_.listen_failed(event.name, event.reason);
}

void WorkerEvents::deliver(SessionsGiven& event) const {
  handlers_.given(event.tag, std::move(event.parcels), event.remaining);
}

void WorkerEvents::deliver(const SessionsTaken& event) const {
  handlers_.taken(event.tag, event.taken);
}

void WorkerEvents::deliver(const SessionOver& event) const {
  if (handlers_.over) handlers_.over(event.number);
}

void WorkerEvents::deliver(const Drained&) const {
  handlers_.drained();
}

}  // namespace mooring::server
