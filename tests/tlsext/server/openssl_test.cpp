// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSSL as the client, with an extension 59 of its own: an implementation that shares no code
// with ours sees the chain, octet for octet.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <memory>

#include "support/openssl_pipe.hpp"

// OpenSSL's macros cast so.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"

using namespace mooring;
using namespace mooring::test;

namespace {

/// Whether the OpenSSL that is here has all of these groups; X25519MLKEM768 came with 3.5.
bool openssl_knows(const char* groups) {
  const ContextPtr context(SSL_CTX_new(TLS_client_method()));
  return SSL_CTX_set1_groups_list(context.get(), groups) == 1;
}

}  // namespace

TEST_CASE("OpenSSL receives the chain octet for octet in both versions", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::size_t size = GENERATE(std::size_t{3}, std::size_t{4096}, std::size_t{16000});
  const KeyType key = GENERATE(KeyType::p256, KeyType::rsa2048);
  const auto chain = chain_of(size);
  tlsext::ServerSettings settings = server_settings(chain);
  settings.identities = {identity_of(kName, key)};
  const auto server = server_context(std::move(settings));
  OpensslPipe pipe(*server, version, true);
  REQUIRE(pipe.shake());
  REQUIRE(pipe.data().chain);
  CHECK((*pipe.data().chain == *chain));
  CHECK(pipe.data().context ==
        (version == TLS1_3_VERSION ? SSL_EXT_TLS1_3_CERTIFICATE : SSL_EXT_TLS1_2_SERVER_HELLO));
  CHECK(pipe.data().entry == 0);
  SSL_write(pipe.ssl(), "query", 5);
  pipe.carry();
  CHECK(pipe.sink().text() == "query");
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.sink()));
  CHECK(pipe.read() == "answer");
}

TEST_CASE("OpenSSL that does not ask gets no chain", "[tlsext]") {
  const auto server = server_context(server_settings(chain_of(4096)));
  OpensslPipe pipe(*server, GENERATE(TLS1_2_VERSION, TLS1_3_VERSION), false);
  REQUIRE(pipe.shake());
  CHECK(server->counters().chain_sent == 0);
}

TEST_CASE("after a HelloRetryRequest the chain comes once, with the certificate", "[tlsext]") {
  const auto chain = chain_of(4096);
  const auto server = server_context(server_settings(chain));
  OpensslPipe pipe(*server, TLS1_3_VERSION, true);
  pipe.set_groups("P-521:P-256");  // the share is of P-521, which the server does not do
  REQUIRE(pipe.shake());
  REQUIRE(pipe.data().chain);
  CHECK((*pipe.data().chain == *chain));
  CHECK(pipe.data().context == SSL_EXT_TLS1_3_CERTIFICATE);
  CHECK(server->counters().chain_sent == 1);
  CHECK(pipe.server().info().group == "secp256r1");
}

TEST_CASE("the server uses the client's key share, whatever it is", "[tlsext]") {
  const auto [groups, name] =
      GENERATE(table<const char*, const char*>({{"X25519", "X25519"},
                                                {"P-256:X25519", "secp256r1"},
                                                {"P-384:P-256", "secp384r1"},
                                                {"X25519MLKEM768:X25519", "X25519MLKEM768"}}));
  if (!openssl_knows(groups)) return;
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  pipe.set_groups(groups);
  REQUIRE(pipe.shake());
  CHECK(pipe.server().info().group == name);
}

TEST_CASE("OpenSSL resumes from our ticket, and no early data is offered", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  tlsext::ServerSettings settings = server_settings(chain_of(4096));
  settings.ticket_keys = tlsext::TicketKeySet::create();
  settings.ticket_lifetime = std::chrono::hours{12};
  const auto server = server_context(std::move(settings));
  OpensslPipe full(*server, version, true);
  REQUIRE(full.shake());
  full.read();  // TLS 1.3: the ticket
  const std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>> session(
      SSL_get1_session(full.ssl()));
  REQUIRE(SSL_SESSION_is_resumable(session.get()) == 1);
  CHECK(SSL_SESSION_get_max_early_data(session.get()) == 0);
  CHECK(SSL_SESSION_get_ticket_lifetime_hint(session.get()) == 12 * 3600);
  OpensslPipe again(*server, version, true);
  again.set_session(session.get());
  REQUIRE(again.shake());
  CHECK(SSL_session_reused(again.ssl()) == 1);
  CHECK(again.server().info().resumed);
  CHECK_FALSE(again.data().chain);  // RFC 9102, 6
}

TEST_CASE("OpenSSL resumes a thousand times in a row", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  tlsext::ServerSettings settings = server_settings();
  settings.ticket_keys = tlsext::TicketKeySet::create();
  const auto server = server_context(std::move(settings));
  OpensslSessionPtr session;
  for (int i = 0; i <= 1000; ++i) {
    OpensslPipe pipe(*server, version, false);
    pipe.set_session(session.get());
    if (!pipe.shake()) FAIL("connection " << i);
    pipe.read();  // TLS 1.3: the ticket
    if ((SSL_session_reused(pipe.ssl()) == 1) != (i > 0)) FAIL("not resumed at " << i);
    session.reset(SSL_get1_session(pipe.ssl()));
    if (SSL_SESSION_is_resumable(session.get()) != 1) FAIL("no ticket at " << i);
  }
}

TEST_CASE("a client may ask for new keys a thousand times", "[tlsext]") {
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  REQUIRE(pipe.shake());
  for (int i = 0; i < 1000; ++i) {
    SSL_key_update(pipe.ssl(),
                   i % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_write(pipe.ssl(), "q", 1);
    pipe.carry();
    REQUIRE_FALSE(pipe.error());
  }
  CHECK(pipe.sink().text() == std::string(1000, 'q'));
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.sink()));
  CHECK(pipe.read() == "answer");
}

TEST_CASE("a renegotiation that OpenSSL asks for is refused", "[tlsext]") {
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_2_VERSION, false);
  REQUIRE(pipe.shake());
  CHECK(SSL_get_secure_renegotiation_support(pipe.ssl()) == 1);  // RFC 5746
  SSL_renegotiate(pipe.ssl());
  SSL_do_handshake(pipe.ssl());
  const std::string octets = pipe.written();
  REQUIRE_FALSE(octets.empty());
  const auto taken = pipe.server().receive(bytes_of(octets), pipe.sink());
  CHECK_FALSE(taken);
  CHECK(pipe.server().state() == tlsext::SessionState::failed);
}

namespace {

/// OpenSSL as the server, with a chain for whoever asks.
class OpensslServing {
 public:
  OpensslServing(int version, tlsext::ChainBytes chain, const char* groups = "X25519:P-256")
      : context_(SSL_CTX_new(TLS_server_method())), chain_(std::move(chain)) {
    const Certificate& made = certificate_of(kName);
    const BioPtr certificate(BIO_new_mem_buf(made.certificate_pem.data(), -1));
    const BioPtr key(BIO_new_mem_buf(made.private_key_pem.data(), -1));
    const X509Ptr x509(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    const KeyPtr pkey(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), x509.get());
    SSL_CTX_use_PrivateKey(context_.get(), pkey.get());
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set1_groups_list(context_.get(), groups);
    constexpr unsigned kWhere =
        SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
    REQUIRE(SSL_CTX_add_custom_ext(context_.get(), 59, kWhere, add, nullptr, this, parse, this) ==
            1);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  /// Takes the client's octets and gives the answer.
  tlsext::Bytes answer(const tlsext::Bytes& octets) {
    BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), static_cast<int>(octets.size()));
    SSL_do_handshake(ssl_.get());
    tlsext::Bytes out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())));
    if (!out.empty()) {
      BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    }
    return out;
  }

  /// The bodies of the requests, one for each ClientHello.
  std::vector<std::string> requests;

 private:
  using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
  using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
  using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;

  static int add(SSL*, unsigned, unsigned, const unsigned char** out, std::size_t* size, X509*,
                 std::size_t entry, int*, void* arg) {
    auto& self = *static_cast<OpensslServing*>(arg);
    if (entry != 0) return 0;
    *out = reinterpret_cast<const unsigned char*>(self.chain_->data());
    *size = self.chain_->size();
    return 1;
  }
  static int parse(SSL*, unsigned, unsigned, const unsigned char* in, std::size_t size, X509*,
                   std::size_t, int*, void* arg) {
    static_cast<OpensslServing*>(arg)->requests.emplace_back(reinterpret_cast<const char*>(in),
                                                             size);
    return 1;
  }

  ContextPtr context_;
  OpensslPtr ssl_;
  tlsext::ChainBytes chain_;
};

}  // namespace

TEST_CASE("our client receives a chain from OpenSSL octet for octet", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::size_t size = GENERATE(std::size_t{3}, std::size_t{4096}, std::size_t{16200});
  // With P-384 alone TLS 1.3 begins with a HelloRetryRequest, after which the request comes again.
  const std::string groups = GENERATE("X25519:P-256", "P-384", "X25519MLKEM768:X25519");
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  CAPTURE(version, size, groups, piece);
  if (!openssl_knows(groups.c_str())) return;
  const auto chain = chain_of(size);
  OpensslServing server(version, chain, groups.c_str());
  const auto context = client_context();
  auto client = must(tlsext::ClientSession::connect(
      *context, {.server_name = kName, .chain_port = kPort, .resumption = nullptr}));
  CollectingSink sink;
  REQUIRE(client.start(sink));
  for (int i = 0; i < 6 && !sink.ciphertext.empty(); ++i) {
    const tlsext::Bytes answer = server.answer(std::exchange(sink.ciphertext, {}));
    const auto taken = feed(client, answer, sink, piece);
    if (!taken) FAIL(taken.error().context);
  }
  REQUIRE(client.state() == tlsext::SessionState::open);
  REQUIRE(client.dnssec_chain());
  CHECK((*client.dnssec_chain() == *chain));
  const bool hybrid = groups.starts_with("X25519MLKEM768") && version == TLS1_3_VERSION;
  CHECK(client.info().group == (groups == "P-384" ? "secp384r1"
                                : hybrid          ? "X25519MLKEM768"
                                                  : "X25519"));
  const bool retried = groups == "P-384" && version == TLS1_3_VERSION;
  CHECK(server.requests == std::vector<std::string>(retried ? 2 : 1, std::string("\x03\x55")));
}
