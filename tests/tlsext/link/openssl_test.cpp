// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSSL at the other end of a link, in both roles.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "support/link_fixture.hpp"
#include "support/openssl_pipe.hpp"
#include "tlsext/base/alerts.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

namespace {

struct OpensslEnd {
  bool connects = true;
  std::string certificate = "openssl";  // empty: none
  std::string alpn = kLinkProtocol;     // empty: none
  int version = TLS1_3_VERSION;
};

/// OpenSSL joined to an end of ours in memory.
class OpensslLink {
 public:
  OpensslLink(tlsext::LinkSession ours, const OpensslEnd& end)
      : end_(end), ours_(std::move(ours)), context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX* context = context_.get();
    SSL_CTX_set_max_proto_version(context, end.version);
    if (!end.certificate.empty()) use_certificate(certificate_of(end.certificate));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("link"), 4);
    wire_name_ = static_cast<char>(end_.alpn.size()) + end_.alpn;
    if (!end.alpn.empty()) {
      SSL_CTX_set_alpn_select_cb(context, select, this);
      SSL_CTX_set_alpn_protos(context, wire(), static_cast<unsigned>(wire_name_.size()));
    }
    ssl_.reset(SSL_new(context));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (end.connects) {
      SSL_set_connect_state(ssl_.get());
    } else {
      SSL_set_accept_state(ssl_.get());
    }
  }

  /// Carries octets until neither side has any left.
  void run() {
    if (!end_.connects && !started_) note(ours_.start(sink_));
    started_ = true;
    for (int round = 0; round < 10; ++round) {
      SSL_do_handshake(ssl_.get());
      char buffer[4096];
      if (const int size = SSL_read(ssl_.get(), buffer, sizeof buffer); size > 0) {
        received_.append(buffer, static_cast<std::size_t>(size));
      }
      carry();
    }
  }

  void send(const std::string& text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  [[nodiscard]] tlsext::LinkSession& ours() { return ours_; }
  [[nodiscard]] CollectingSink& sink() { return sink_; }
  [[nodiscard]] const std::optional<tlsext::Error>& error() const { return error_; }
  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] bool openssl_is_open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  [[nodiscard]] X509* shown_certificate() const { return SSL_get0_peer_certificate(ssl_.get()); }

 private:
  static int select(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*,
                    unsigned, void* self) {
    auto& link = *static_cast<OpensslLink*>(self);
    *out = link.wire() + 1;
    *size = static_cast<unsigned char>(link.end_.alpn.size());
    return SSL_TLSEXT_ERR_OK;
  }
  [[nodiscard]] const unsigned char* wire() const {
    return reinterpret_cast<const unsigned char*>(wire_name_.data());
  }

  void use_certificate(const Certificate& own) {
    BIO* pem = BIO_new_mem_buf(own.certificate_pem.data(), -1);
    BIO* key_pem = BIO_new_mem_buf(own.private_key_pem.data(), -1);
    X509* certificate = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
    REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(pem);
    BIO_free(key_pem);
  }

  void carry() {
    const tlsext::Bytes out = std::exchange(sink_.ciphertext, {});
    BIO_write(SSL_get_rbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &data);
    const std::string in(data, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(SSL_get_wbio(ssl_.get())));
    if (!in.empty() && !error_) note(ours_.receive(bytes_of(in), sink_));
  }

  void note(const tlsext::Result<void>& result) {
    if (!result && !error_) error_ = result.error();
  }

  OpensslEnd end_;
  tlsext::LinkSession ours_;
  CollectingSink sink_;
  std::string wire_name_;
  ContextPtr context_;
  OpensslPtr ssl_;
  std::optional<tlsext::Error> error_;
  std::string received_;
  bool started_ = false;
};

std::shared_ptr<tlsext::LinkContext> our_context() {
  return link_context(link_settings("ours", {link_peer("openssl"), link_peer("third")}));
}

OpensslLink link_with(tlsext::LinkContext& context, const OpensslEnd& end) {
  return {must(end.connects ? tlsext::LinkSession::accept(context)
                            : tlsext::LinkSession::connect(context, "openssl")),
          end};
}

std::string alert_of(const std::optional<tlsext::Error>& error) {
  return error && error->alert ? tlsext::alert_name(*error->alert) : "none";
}

}  // namespace

TEST_CASE("OpenSSL that shows a key which is known has a link", "[tlsext]") {
  const auto context = our_context();
  OpensslEnd end;
  end.connects = GENERATE(true, false);
  OpensslLink link = link_with(*context, end);
  link.run();
  REQUIRE_FALSE(link.error());
  REQUIRE(link.ours().state() == SessionState::open);
  REQUIRE(link.openssl_is_open());
  CHECK(link.ours().peer() == "openssl");
  CHECK(link.shown_certificate() != nullptr);
  link.send("question");
  REQUIRE(link.ours().send(bytes_of("answer"), link.sink()));
  link.run();
  CHECK(link.sink().text() == "question");
  CHECK(link.received() == "answer");
}

TEST_CASE("OpenSSL as the other end of a link is refused with an alert", "[tlsext]") {
  struct Refused {
    OpensslEnd end;
    const char* alert;
    const char* why;
  };
  const Refused refused =
      GENERATE(Refused{{true, "", kLinkProtocol, TLS1_3_VERSION}, "certificate_required", ""},
               Refused{{true, "stranger", kLinkProtocol, TLS1_3_VERSION},
                       "unknown_ca",
                       "its key is not that of a peer"},
               Refused{{false, "stranger", kLinkProtocol, TLS1_3_VERSION},
                       "unknown_ca",
                       "its key is not that of a peer"},
               Refused{{false, "third", kLinkProtocol, TLS1_3_VERSION},
                       "unknown_ca",
                       "its key is that of another peer"},
               Refused{{true, "openssl", "", TLS1_3_VERSION},
                       "no_application_protocol",
                       "it does not speak the protocol of a link"},
               Refused{{false, "openssl", "", TLS1_3_VERSION},
                       "no_application_protocol",
                       "it does not speak the protocol of a link"},
               Refused{{true, "openssl", "dot", TLS1_3_VERSION}, "no_application_protocol", ""},
               Refused{{true, "openssl", kLinkProtocol, TLS1_2_VERSION}, "protocol_version", ""});
  INFO(refused.alert << (refused.end.connects ? " connecting " : " accepting ")
                     << refused.end.certificate << " " << refused.end.alpn);
  const auto context = our_context();
  OpensslLink link = link_with(*context, refused.end);
  link.run();
  link.send("question");
  link.run();
  REQUIRE(link.error());
  CHECK(alert_of(link.error()) == refused.alert);
  CHECK(link.error()->code == tlsext::ErrorCode::protocol);
  if (*refused.why != '\0') CHECK(link.error()->context == refused.why);
  CHECK_FALSE(link.error()->context.empty());
  CHECK(link.ours().state() == SessionState::failed);
  CHECK(link.sink().text().empty());
  CHECK(link.received().empty());
}

TEST_CASE("our end does not go below TLS 1.3 when it connects", "[tlsext]") {
  const auto context = our_context();
  OpensslLink link = link_with(*context, {false, "openssl", kLinkProtocol, TLS1_2_VERSION});
  link.run();
  REQUIRE(link.error());  // OpenSSL's own alert
  CHECK(alert_of(link.error()) == "protocol_version");
  CHECK(link.ours().state() == SessionState::failed);
}
