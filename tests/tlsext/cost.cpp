// SPDX-License-Identifier: GPL-3.0-or-later
// What TLS costs, to be run by hand:
//   valgrind --tool=callgrind --toggle-collect='serve_*' tlsext_cost full13 100
// counts the server's instructions alone. What is measured is the first argument: full, chain or
// resumed (handshakes), record (45 octets read, 45 written), frozen (taken for a value and made
// again), idle, thawed or waiting (heap of sessions),
// each followed by 12 or 13 for the version; how often, the second.
#include <malloc.h>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;

// By these names callgrind finds the server's work.
extern "C" {
[[gnu::noinline]] void* serve_accept(tlsext::ServerContext* context);
[[gnu::noinline]] void serve_receive(tlsext::ServerSession* session, tlsext::ByteView octets,
                                     CollectingSink* sink);
[[gnu::noinline]] void serve_send(tlsext::ServerSession* session, tlsext::ByteView octets,
                                  CollectingSink* sink);
[[gnu::noinline]] void serve_freeze(tlsext::ServerSession* session, tlsext::FrozenSession* frozen,
                                    tlsext::SecretMemory* memory);
[[gnu::noinline]] void serve_thaw(tlsext::ServerSession* session,
                                  const tlsext::FrozenSession* frozen,
                                  tlsext::ServerContext* context);
}

void* serve_accept(tlsext::ServerContext* context) {
  return new tlsext::ServerSession(*tlsext::ServerSession::accept(*context));
}
void serve_receive(tlsext::ServerSession* session, tlsext::ByteView octets, CollectingSink* sink) {
  if (!session->receive(octets, *sink)) std::abort();
}
void serve_send(tlsext::ServerSession* session, tlsext::ByteView octets, CollectingSink* sink) {
  if (!session->send(octets, *sink)) std::abort();
}
void serve_freeze(tlsext::ServerSession* session, tlsext::FrozenSession* frozen,
                  tlsext::SecretMemory* memory) {
  *frozen = must(session->freeze(*memory));
}
void serve_thaw(tlsext::ServerSession* session, const tlsext::FrozenSession* frozen,
                tlsext::ServerContext* context) {
  *session = must(tlsext::ServerSession::thaw(*context, *frozen));  // the old one goes
}

namespace {

struct Pair {
  std::unique_ptr<tlsext::ServerSession> server;
  tlsext::ClientSession client;
};

// The thread's CPU time: the machine may have other work.
struct Clock {
  using duration = std::chrono::nanoseconds;
  static duration now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds{t.tv_sec} + duration{t.tv_nsec};
  }
};
Clock::duration server_time{};

Pair shake(tlsext::ServerContext& server, tlsext::ClientContext& client, bool chain,
           const std::shared_ptr<const tlsext::Bytes>& ticket = nullptr) {
  CollectingSink to_server;
  CollectingSink to_client;
  tlsext::ClientRequest request;
  request.server_name = kName;
  if (chain) request.chain_port = kPort;
  request.resumption = ticket;
  auto began = Clock::now();
  Pair pair{std::unique_ptr<tlsext::ServerSession>(
                static_cast<tlsext::ServerSession*>(serve_accept(&server))),
            *tlsext::ClientSession::connect(client, request)};
  server_time += Clock::now() - began;
  if (!pair.client.start(to_server)) std::abort();
  while (!to_server.ciphertext.empty()) {
    began = Clock::now();
    serve_receive(pair.server.get(), to_server.ciphertext, &to_client);
    server_time += Clock::now() - began;
    to_server.ciphertext.clear();
    if (!pair.client.receive(to_client.ciphertext, to_server)) std::abort();
    to_client.ciphertext.clear();
  }
  if (ticket && !pair.server->info().resumed) std::abort();
  return pair;
}

void records(tlsext::ServerContext& server, tlsext::ClientContext& client, int count) {
  Pair pair = shake(server, client, false);
  CollectingSink to_server;
  CollectingSink to_client;
  const tlsext::Bytes query(45);
  for (int i = 0; i < count; ++i) {
    if (!pair.client.send(query, to_server)) std::abort();
    serve_receive(pair.server.get(), to_server.ciphertext, &to_client);
    serve_send(pair.server.get(), query, &to_client);
    to_server.ciphertext.clear();
    to_client.ciphertext.clear();
    to_client.plaintext.clear();
  }
}

void frozen(tlsext::ServerContext& server, tlsext::ClientContext& client, int count) {
  Pair pair = shake(server, client, true);
  tlsext::SecretMemory memory;
  tlsext::FrozenSession value;
  server_time = {};
  for (int i = 0; i < count; ++i) {
    const auto began = Clock::now();
    serve_freeze(pair.server.get(), &value, &memory);
    serve_thaw(pair.server.get(), &value, &server);
    server_time += Clock::now() - began;
  }
  const auto each = std::chrono::duration<double, std::micro>(server_time) / count;
  std::printf("frozen and thawed: %.2f us, a value of %zu octets\n", each.count(),
              value.encoded_size());
}

void idle(tlsext::ServerContext& server, tlsext::ClientContext& client, bool thawed, int count) {
  std::vector<std::unique_ptr<tlsext::ServerSession>> sessions;
  sessions.reserve(static_cast<std::size_t>(count));
  { shake(server, client, true); }
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < count; ++i) sessions.push_back(shake(server, client, true).server);
  tlsext::SecretMemory memory;
  for (const auto& session : sessions) {
    if (!thawed) break;
    const auto value = must(session->freeze(memory));
    *session = must(tlsext::ServerSession::thaw(server, value));
  }
  const std::size_t after = mallinfo2().uordblks;
  std::printf("heap per idle server session: %zu octets\n",
              (after - before) / static_cast<std::size_t>(count));
}

// Sessions whose client has sent nothing yet.
void waiting(tlsext::ServerContext& server, int count) {
  std::vector<std::unique_ptr<tlsext::ServerSession>> sessions;
  sessions.reserve(static_cast<std::size_t>(count));
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < count; ++i) {
    sessions.emplace_back(static_cast<tlsext::ServerSession*>(serve_accept(&server)));
  }
  const std::size_t after = mallinfo2().uordblks;
  std::printf("heap per session before its handshake: %zu octets\n",
              (after - before) / static_cast<std::size_t>(count));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "full13";
  const int count = argc > 2 ? std::atoi(argv[2]) : 100;
  const auto version = what.ends_with("12") ? tlsext::Version::tls12 : tlsext::Version::tls13;
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.ticket_keys = tlsext::TicketKeySet::create();
  const auto server = server_context(std::move(settings));
  const auto client = client_context(version);
  if (what.starts_with("idle") || what.starts_with("thawed")) {
    idle(*server, *client, what.starts_with("thawed"), count);
  } else if (what.starts_with("frozen")) {
    frozen(*server, *client, count);
  } else if (what.starts_with("waiting")) {
    waiting(*server, count);
  } else if (what.starts_with("record")) {
    records(*server, *client, count);
  } else {
    std::shared_ptr<const tlsext::Bytes> ticket;
    if (what.starts_with("resumed")) {
      ticket = shake(*server, *client, false).client.resumption_ticket();
      if (!ticket) std::abort();
    }
    server_time = {};
    for (int i = 0; i < count; ++i) shake(*server, *client, what.starts_with("chain"), ticket);
    const auto each = std::chrono::duration<double, std::micro>(server_time) / count;
    std::printf("%s: %.1f us of the server\n", what.c_str(), each.count());
  }
}
