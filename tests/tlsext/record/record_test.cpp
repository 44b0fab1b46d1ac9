// SPDX-License-Identifier: GPL-3.0-or-later
// What a peer may do with its records: messages in many, and versions that mean nothing.
#include <openssl/pem.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

#include "support/client_hello.hpp"
#include "support/openssl_pipe.hpp"
#include "support/record_sealer.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kData = 23;

// A message in a record for its first `first` octets and records of `rest` octets for the others.
std::string in_records(RecordSealer& sealer, const std::string& message, std::size_t first,
                       std::size_t rest) {
  std::string records = sealer.seal(kHandshake, message.substr(0, first));
  for (std::size_t at = first; at < message.size(); at += rest) {
    records += sealer.seal(kHandshake, message.substr(at, rest));
  }
  return records;
}

std::string key_update(bool requested) {
  return std::string("\x18\0\0\1", 4) + (requested ? '\1' : '\0');
}

void shake13(OpensslPipe& pipe) {
  SSL_CTX_set_ciphersuites(pipe.context(), "TLS_AES_128_GCM_SHA256");
  REQUIRE(pipe.shake());
  pipe.read();
}

/// OpenSSL's server without tickets, joined to our client, and then a sealer in its place.
class ServerByHand {
 public:
  ServerByHand() : openssl_(SSL_CTX_new(TLS_server_method())) {
    const Certificate& made = certificate_of(kName);
    const BioPtr certificate(BIO_new_mem_buf(made.certificate_pem.data(), -1));
    const BioPtr key(BIO_new_mem_buf(made.private_key_pem.data(), -1));
    const X509Ptr x509(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    const KeyPtr pkey(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(openssl_.get(), x509.get());
    SSL_CTX_use_PrivateKey(openssl_.get(), pkey.get());
    SSL_CTX_set_ciphersuites(openssl_.get(), "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_num_tickets(openssl_.get(), 0);
    SSL_CTX_set_app_data(openssl_.get(), this);
    SSL_CTX_set_keylog_callback(openssl_.get(), note_secret);
    const OpensslPtr ssl(SSL_new(openssl_.get()));
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl.get());
    REQUIRE(client_.start(sink_));
    for (int i = 0; i < 4 && !sink_.ciphertext.empty(); ++i) {
      const tlsext::Bytes octets = std::exchange(sink_.ciphertext, {});
      BIO_write(SSL_get_rbio(ssl.get()), octets.data(), static_cast<int>(octets.size()));
      SSL_do_handshake(ssl.get());
      std::string answer(BIO_ctrl_pending(SSL_get_wbio(ssl.get())), '\0');
      BIO_read(SSL_get_wbio(ssl.get()), answer.data(), static_cast<int>(answer.size()));
      give(answer);
    }
    REQUIRE(client_.state() == tlsext::SessionState::open);
  }

  void give(std::string_view octets) {
    const auto taken = client_.receive(bytes_of(octets), sink_);
    if (!taken) FAIL(taken.error().context);
  }
  [[nodiscard]] RecordSealer sealer() const { return RecordSealer::tls13(secret_); }
  [[nodiscard]] tlsext::ClientSession& client() { return client_; }
  [[nodiscard]] CollectingSink& sink() { return sink_; }

 private:
  using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
  using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
  using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;

  static void note_secret(const SSL* ssl, const char* line) {
    const std::string text(line);
    if (!text.starts_with("SERVER_TRAFFIC_SECRET_0 ")) return;
    std::string secret;
    for (std::size_t i = text.rfind(' ') + 1; i + 1 < text.size(); i += 2) {
      secret += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    static_cast<ServerByHand*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->secret_ = secret;
  }

  ContextPtr openssl_;
  std::shared_ptr<tlsext::ClientContext> context_ = client_context();
  tlsext::ClientSession client_ = must(tlsext::ClientSession::connect(
      *context_, {.server_name = kName, .chain_port = {}, .resumption = nullptr}));
  CollectingSink sink_;
  std::string secret_;
};

// NewSessionTicket (RFC 8446, 4.6.1) with a ticket of `size` octets.
std::string new_session_ticket(std::size_t size) {
  const auto two = [](std::size_t value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  };
  const std::string body = std::string(
                               "\0\0\x0e\x10"  // an hour
                               "aged"
                               "\1\0",
                               10) +
                           two(size) + std::string(size, 't') + two(0);
  return std::string("\4\0", 2) + two(body.size()) + body;
}

}  // namespace

TEST_CASE("a client's KeyUpdate may be split over records", "[tlsext]") {  // RFC 8446, 5.1
  const std::size_t first = GENERATE(1U, 2U, 3U, 4U);
  const std::size_t rest = GENERATE(1U, 2U, 4U);
  const bool requested = GENERATE(false, true);
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  shake13(pipe);
  RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_TRAFFIC_SECRET_0"));
  for (int i = 0; i < 3; ++i) {
    std::string octets = sealer.seal(kData, "old ");
    octets += in_records(sealer, key_update(requested), first, rest);
    sealer.update();
    octets += sealer.seal(kData, "new ");
    for (std::size_t at = 0; at < octets.size(); at += std::min(piece, octets.size())) {
      pipe.give(std::string_view(octets).substr(at, piece));
    }
    if (pipe.error()) FAIL(pipe.error()->context);
  }
  CHECK(pipe.sink().text() == "old new old new old new ");
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.sink()));
  CHECK(pipe.read() == "answer");  // with the keys that were asked for
}

TEST_CASE("a session ends well in the middle of a split message", "[tlsext]") {
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  shake13(pipe);
  RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_TRAFFIC_SECRET_0"));
  const std::size_t count = GENERATE(1U, 4U);
  pipe.give(sealer.seal(kHandshake, key_update(false).substr(0, count)));
  CHECK_FALSE(pipe.error());
  REQUIRE(pipe.server().send(bytes_of("answer"), pipe.sink()));
  CHECK(pipe.read() == "answer");
}

TEST_CASE("a server's tickets and KeyUpdate may be split over records", "[tlsext]") {
  const std::size_t first = GENERATE(1U, 4U, 5U, 100U);
  const std::size_t rest = GENERATE(1U, 7U, 1000U);
  ServerByHand server;
  RecordSealer sealer = server.sealer();
  CHECK_FALSE(server.client().resumption_ticket());
  // Two tickets, of which a record has the end of the one and the beginning of the other.
  server.give(in_records(sealer, new_session_ticket(300) + new_session_ticket(200), first, rest));
  CHECK(server.client().resumption_ticket());
  server.give(in_records(sealer, key_update(true), std::min<std::size_t>(first, 4), rest));
  sealer.update();
  server.give(sealer.seal(kData, "answer"));
  CHECK(server.sink().text() == "answer");
}

TEST_CASE("the version of a record means nothing in TLS 1.3", "[tlsext]") {  // RFC 8446, 5.1
  const std::uint16_t version =
      GENERATE(as<std::uint16_t>{}, 0x0301, 0x0300, 0x0304, 0x03ff, 0x0000, 0x0505, 0xffff);
  CAPTURE(version);
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  if (GENERATE(false, true)) pipe.set_groups("P-521:P-256");  // HelloRetryRequest
  SSL_CTX_set_ciphersuites(pipe.context(), "TLS_AES_128_GCM_SHA256");
  pipe.begin();
  for (int i = 0; i < 6 && SSL_connect(pipe.ssl()) != 1; ++i) {
    std::string octets = pipe.written();
    for (std::size_t at = 0; at + 5 <= octets.size();) {
      const auto octet = [&](std::size_t n) { return static_cast<unsigned char>(octets[at + n]); };
      if (octet(0) == kData) break;  // the version is authenticated there
      octets[at + 1] = static_cast<char>(version >> 8);
      octets[at + 2] = static_cast<char>(version & 0xff);
      at += 5 + static_cast<std::size_t>(octet(3) << 8 | octet(4));
    }
    pipe.give(octets);
    if (pipe.error()) FAIL(pipe.error()->context);
    pipe.take();
  }
  pipe.carry();
  REQUIRE(pipe.server().state() == tlsext::SessionState::open);
  RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_TRAFFIC_SECRET_0"));
  sealer.set_version(version);
  pipe.give(sealer.seal(kData, "query"));
  if (pipe.error()) FAIL(pipe.error()->context);
  CHECK(pipe.sink().text() == "query");
}

TEST_CASE("the version of a hello's records means nothing", "[tlsext]") {
  const std::uint16_t version =
      GENERATE(as<std::uint16_t>{}, 0x0301, 0x0300, 0x0304, 0x0200, 0xffff);
  ClientHello hello;
  hello.server_name = kName;
  hello.tls13 = GENERATE(true, false);
  const std::string message = hello.message();
  const std::size_t cut = GENERATE(3U, 50U);
  const auto server = server_context(server_settings());
  auto session = must(tlsext::ServerSession::accept(*server));
  CollectingSink sink;
  const std::string octets = plain_record(kHandshake, message.substr(0, cut), version) +
                             plain_record(kHandshake, message.substr(cut), version);
  const auto taken = session.receive(bytes_of(octets), sink);
  if (!taken) FAIL(taken.error().context);
  CHECK(session.state() == tlsext::SessionState::handshaking);
  CHECK_FALSE(sink.ciphertext.empty());
}

TEST_CASE("the records of TLS 1.2 have its version", "[tlsext]") {
  const std::uint16_t version = GENERATE(as<std::uint16_t>{}, 0x0301, 0x0304, 0x0403);
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_2_VERSION, false);
  SSL_CTX_set_cipher_list(pipe.context(), "ECDHE-ECDSA-AES128-GCM-SHA256");
  REQUIRE(pipe.shake());
  RecordSealer sealer = RecordSealer::tls12(pipe.ssl());
  sealer.set_version(version);
  pipe.give(sealer.seal(kData, "query"));
  REQUIRE(pipe.error());
  CHECK(pipe.sink().text().empty());
}
