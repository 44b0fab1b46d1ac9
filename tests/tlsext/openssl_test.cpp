// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSSL as the client, with an extension 59 of its own: an implementation that shares no code
// with ours sees the chain, octet for octet.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <memory>

#include "support/tls_fixture.hpp"

// OpenSSL's macros cast so.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"

using namespace mooring;
using namespace mooring::test;

namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

struct ClientData {
  unsigned char port[2] = {kPort >> 8, kPort & 0xff};
  std::optional<tlsext::Bytes> chain;
  unsigned int context = 0;  // the message that it came in
  std::size_t entry = SIZE_MAX;
};

int add_request(SSL*, unsigned, unsigned, const unsigned char** out, std::size_t* size, X509*,
                std::size_t, int*, void* arg) {
  *out = static_cast<ClientData*>(arg)->port;
  *size = 2;
  return 1;
}

int parse_chain(SSL*, unsigned, unsigned context, const unsigned char* in, std::size_t size, X509*,
                std::size_t entry, int*, void* arg) {
  auto& data = *static_cast<ClientData*>(arg);
  const auto* octets = reinterpret_cast<const std::byte*>(in);
  data.chain.emplace(octets, octets + size);
  data.context = context;
  data.entry = entry;
  return 1;
}

/// OpenSSL's client joined to our server in memory.
class OpensslPipe {
 public:
  OpensslPipe(tlsext::ServerContext& server, int version, bool with_chain)
      : server_(must(tlsext::TlsSession::accept(server))),
        context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    constexpr unsigned kWhere =
        SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
    if (with_chain) {
      REQUIRE(SSL_CTX_add_custom_ext(context_.get(), 59, kWhere, add_request, nullptr, &data_,
                                     parse_chain, &data_) == 1);
    }
  }

  void set_groups(const char* groups) {
    REQUIRE(SSL_CTX_set1_groups_list(context_.get(), groups) == 1);
  }
  void set_session(SSL_SESSION* session) { session_ = session; }

  /// True when both sides have finished.
  bool shake(const char* name = kName) {
    ssl_.reset(SSL_new(context_.get()));
    if (session_ != nullptr) SSL_set_session(ssl_.get(), session_);
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(ssl_.get(), name);
    static constexpr unsigned char kAlpn[] = {3, 'd', 'o', 't'};
    SSL_set_alpn_protos(ssl_.get(), kAlpn, sizeof kAlpn);
    for (int i = 0; i < 10; ++i) {
      if (SSL_connect(ssl_.get()) == 1 && server_.state() == tlsext::SessionState::open)
        return true;
      carry();
    }
    return false;
  }

  /// What the client has written since the last call.
  std::string written() {
    BIO* bio = SSL_get_wbio(ssl_.get());
    std::string octets(BIO_ctrl_pending(bio), '\0');
    if (!octets.empty()) BIO_read(bio, octets.data(), static_cast<int>(octets.size()));
    return octets;
  }

  /// Takes to the server what the client has written, and the answer back.
  void carry() {
    const std::string octets = written();
    if (!octets.empty()) {
      auto taken = server_.receive(bytes_of(octets), sink_);
      if (!taken) WARN(taken.error().context);
    }
    const auto& answer = sink_.ciphertext;
    if (!answer.empty()) {
      BIO_write(SSL_get_rbio(ssl_.get()), answer.data(), static_cast<int>(answer.size()));
      sink_.ciphertext.clear();
    }
  }

  std::string read() {
    carry();
    char text[256];
    const int size = SSL_read(ssl_.get(), text, sizeof text);
    return {text, size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  [[nodiscard]] tlsext::TlsSession& server() { return server_; }
  [[nodiscard]] CollectingSink& sink() { return sink_; }
  [[nodiscard]] const ClientData& data() const { return data_; }

 private:
  tlsext::TlsSession server_;
  CollectingSink sink_;
  ClientData data_;
  ContextPtr context_;
  SslPtr ssl_;
  SSL_SESSION* session_ = nullptr;
};

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
  const auto [groups, name] = GENERATE(table<const char*, const char*>(
      {{"X25519", "X25519"}, {"P-256:X25519", "secp256r1"}, {"P-384:P-256", "secp384r1"}}));
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
  SslPtr ssl_;
  tlsext::ChainBytes chain_;
};

}  // namespace

TEST_CASE("our client receives a chain from OpenSSL octet for octet", "[tlsext]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::size_t size = GENERATE(std::size_t{3}, std::size_t{4096}, std::size_t{16200});
  // With P-384 alone TLS 1.3 begins with a HelloRetryRequest, after which the request comes again.
  const std::string groups = GENERATE("X25519:P-256", "P-384");
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  CAPTURE(version, size, groups, piece);
  const auto chain = chain_of(size);
  OpensslServing server(version, chain, groups.c_str());
  const auto context = client_context();
  auto client = must(tlsext::TlsSession::connect(
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
  CHECK(client.info().group == (groups == "P-384" ? "secp384r1" : "X25519"));
  const bool retried = groups == "P-384" && version == TLS1_3_VERSION;
  CHECK(server.requests == std::vector<std::string>(retried ? 2 : 1, std::string("\x03\x55")));
}
