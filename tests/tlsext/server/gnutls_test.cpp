// SPDX-License-Identifier: GPL-3.0-or-later
// GnuTLS as the client: resumption as it understands it.
#include <gnutls/gnutls.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

/// GnuTLS's client joined to our server in memory.
class GnutlsPipe {
 public:
  GnutlsPipe(tlsext::ServerContext& server, const std::string& priorities,
             const std::string& ticket)
      : server_(must(tlsext::ServerSession::accept(server))) {
    gnutls_init(&session_, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_certificate_allocate_credentials(&credentials_);
    gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, credentials_);
    REQUIRE(gnutls_priority_set_direct(session_, priorities.c_str(), nullptr) == 0);
    gnutls_server_name_set(session_, GNUTLS_NAME_DNS, kName, std::strlen(kName));
    if (!ticket.empty()) gnutls_session_set_data(session_, ticket.data(), ticket.size());
    gnutls_transport_set_ptr(session_, this);
    gnutls_transport_set_push_function(session_, push);
    gnutls_transport_set_pull_function(session_, pull);
  }
  ~GnutlsPipe() {
    gnutls_deinit(session_);
    gnutls_certificate_free_credentials(credentials_);
  }
  GnutlsPipe(const GnutlsPipe&) = delete;
  GnutlsPipe& operator=(const GnutlsPipe&) = delete;

  /// True when both sides have finished and a query has come through.
  bool shake() {
    int result = GNUTLS_E_AGAIN;
    for (int i = 0; i < 10 && result != 0; ++i) {
      result = gnutls_handshake(session_);
      if (result != 0 && gnutls_error_is_fatal(result) != 0) return false;
    }
    if (result != 0 || gnutls_record_send(session_, "query", 5) != 5) return false;
    return sink_.text() == "query";
  }

  [[nodiscard]] bool resumed() const { return gnutls_session_is_resumed(session_) != 0; }
  [[nodiscard]] tlsext::ServerSession& server() { return server_; }
  /// Whether what each side says, the client under new keys if it can, reaches the other one.
  bool converse(bool new_keys) {
    sink_.plaintext.clear();
    char heard[6] = {};
    if (new_keys && gnutls_session_key_update(session_, GNUTLS_KU_PEER) != 0) return false;
    if (gnutls_record_send(session_, "query", 5) != 5 || sink_.text() != "query") return false;
    if (!server_.send(bytes_of("reply"), sink_)) return false;
    ssize_t count = GNUTLS_E_AGAIN;
    // Tickets and new keys come in between.
    for (int tries = 0; tries < 10 && count == GNUTLS_E_AGAIN; ++tries)
      count = gnutls_record_recv(session_, heard, sizeof heard);
    return count == 5 && std::string(heard) == "reply";
  }
  /// The server's session goes on from its value.
  void freeze_and_thaw(tlsext::ServerContext& context, tlsext::SecretMemory& memory) {
    server_ = must(tlsext::ServerSession::thaw(context, must(server_.freeze(memory))));
  }
  /// The server has sent something after the handshake.
  [[nodiscard]] bool given_ticket() const { return !sink_.ciphertext.empty(); }

  /// What a later session resumes from.
  std::string ticket() {
    char octet = 0;
    gnutls_record_recv(session_, &octet, 1);  // TLS 1.3: it comes after the handshake
    gnutls_datum_t data{};
    if (gnutls_session_get_data2(session_, &data) != 0) return {};
    std::string text(reinterpret_cast<const char*>(data.data), data.size);
    gnutls_free(data.data);
    return text;
  }

 private:
  static ssize_t push(gnutls_transport_ptr_t context, const void* octets, std::size_t size) {
    auto& self = *static_cast<GnutlsPipe*>(context);
    const auto* begin = static_cast<const std::byte*>(octets);
    static_cast<void>(self.server_.receive({begin, size}, self.sink_));
    return static_cast<ssize_t>(size);
  }
  static ssize_t pull(gnutls_transport_ptr_t context, void* octets, std::size_t size) {
    auto& self = *static_cast<GnutlsPipe*>(context);
    tlsext::Bytes& waiting = self.sink_.ciphertext;
    if (waiting.empty()) {
      gnutls_transport_set_errno(self.session_, EAGAIN);
      return -1;
    }
    const std::size_t count = std::min(size, waiting.size());
    std::memcpy(octets, waiting.data(), count);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<ssize_t>(count);
  }

  tlsext::ServerSession server_;
  CollectingSink sink_;
  gnutls_session_t session_ = nullptr;
  gnutls_certificate_credentials_t credentials_ = nullptr;
};

std::shared_ptr<tlsext::ServerContext> server_with_tickets() {
  tlsext::ServerSettings settings = server_settings();
  settings.ticket_keys = tlsext::TicketKeySet::create();
  return server_context(std::move(settings));
}

}  // namespace

TEST_CASE("GnuTLS resumes a thousand times in a row", "[tlsext]") {
  const std::string version = GENERATE("1.2", "1.3");
  const auto server = server_with_tickets();
  std::string ticket;
  for (int i = 0; i <= 1000; ++i) {
    GnutlsPipe pipe(*server, "NORMAL:-VERS-ALL:+VERS-TLS" + version, ticket);
    if (!pipe.shake()) FAIL("connection " << i);
    if (pipe.resumed() != (i > 0)) FAIL("not resumed at " << i);
    if (std::string next = pipe.ticket(); !next.empty()) ticket = next;
  }
}

TEST_CASE("GnuTLS goes on with a session that was a value, again and again", "[tlsext]") {
  const std::string version = GENERATE("1.2", "1.3");
  const auto server = server_with_tickets();
  tlsext::SecretMemory memory;
  GnutlsPipe pipe(*server, "NORMAL:-VERS-ALL:+VERS-TLS" + version, {});
  REQUIRE(pipe.shake());
  for (int i = 0; i < 200; ++i) {
    if (i % 3 != 0) pipe.freeze_and_thaw(*server, memory);
    REQUIRE(
        pipe.converse(version == "1.3" && i % 50 == 0));  // more in a second is too much for GnuTLS
  }
}

TEST_CASE("a client that resumes without (EC)DHE alone gets a full handshake", "[tlsext]") {
  const auto server = server_with_tickets();
  const std::string only = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
  GnutlsPipe first(*server, only, {});
  REQUIRE(first.shake());
  CHECK(first.given_ticket());
  const std::string ticket = first.ticket();
  REQUIRE_FALSE(ticket.empty());
  GnutlsPipe with_dhe(*server, only, ticket);
  REQUIRE(with_dhe.shake());
  CHECK(with_dhe.resumed());
  GnutlsPipe without(*server, only + ":+PSK", ticket);  // psk_ke, and not psk_dhe_ke
  REQUIRE(without.shake());
  CHECK_FALSE(without.resumed());
  CHECK_FALSE(without.server().info().resumed);
  CHECK_FALSE(without.given_ticket());  // it could not use one (RFC 8446, 4.2.9)
}
