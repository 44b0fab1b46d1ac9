// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/openssl_server.hpp"

#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <stdexcept>

namespace mooring::test {
namespace {

struct KeyFree {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct X509Free {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

std::unique_ptr<X509, X509Free> self_signed(EVP_PKEY* key) {
  std::unique_ptr<X509, X509Free> certificate(X509_new());
  require(certificate != nullptr, "no certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  require(X509_sign(certificate.get(), key, EVP_sha256()) != 0, "cannot sign");
  return certificate;
}

}  // namespace

OpensslServer::OpensslServer(ServerBehaviour behaviour) : behaviour_(std::move(behaviour)) {
  std::signal(SIGPIPE, SIG_IGN);  // clients leave when they like
  make_context();
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  require(listener_ >= 0 && bind(listener_, generic, size) == 0 && listen(listener_, 64) == 0 &&
              getsockname(listener_, generic, &size) == 0,
          "cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { serve(); });
}

OpensslServer::~OpensslServer() {
  shutdown(listener_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  close(listener_);
}

void OpensslServer::make_context() {
  context_.reset(SSL_CTX_new(TLS_server_method()));
  const std::unique_ptr<EVP_PKEY, KeyFree> key(EVP_EC_gen("P-256"));
  require(context_ != nullptr && key != nullptr, "no context");
  const auto certificate = self_signed(key.get());
  SSL_CTX* context = context_.get();
  require(SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key.get()) == 1,
          "cannot use the certificate");
  if (!behaviour_.tickets) {
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  }
  const unsigned where =
      SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
  require(
      SSL_CTX_add_custom_ext(context, 59, where, add_chain, nullptr, this, nullptr, nullptr) == 1,
      "no extension");
}

int OpensslServer::add_chain(SSL* ssl, unsigned, unsigned, const unsigned char** out,
                             std::size_t* size, X509*, std::size_t index, int*, void* self) {
  const auto& chain = static_cast<OpensslServer*>(self)->behaviour_.chain;
  // RFC 9102, 6: none when a session is resumed, which in TLS 1.2 has a ServerHello to put it in.
  if (chain.empty() || index != 0 || SSL_session_reused(ssl) == 1) return 0;
  *out = chain.data();
  *size = chain.size();
  return 1;
}

void OpensslServer::serve() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::unique_ptr<SSL, SslFree> ssl(SSL_new(context_.get()));
    if (ssl && SSL_set_fd(ssl.get(), fd) == 1 && SSL_accept(ssl.get()) == 1) {
      serve_connection(ssl.get());
      SSL_shutdown(ssl.get());
    }
    close(fd);
  }
}

/// Turns each question into an answer: its header and question come back with a record behind.
void OpensslServer::serve_connection(SSL* ssl) {
  // The owner is the question's; type A, class IN, TTL 60, 192.0.2.1.
  static constexpr std::array<unsigned char, 16> kRecord{0xc0, 12, 0, 1, 0,   1, 0, 0,
                                                         0,    60, 0, 4, 192, 0, 2, 1};
  std::array<unsigned char, 512> message;
  int size = 0;
  while ((size = SSL_read(ssl, message.data(), 400)) > 14) {
    if (!behaviour_.answers) return;
    auto total = static_cast<std::size_t>(size);
    message[4] |= 0x80;  // QR
    message[5] = behaviour_.rcode;
    message[9] = 1;  // ANCOUNT
    for (const unsigned char octet : kRecord) message[total++] = octet;
    message[0] = static_cast<unsigned char>((total - 2) >> 8);
    message[1] = static_cast<unsigned char>(total - 2);
    SSL_write(ssl, message.data(), static_cast<int>(total));
    if (behaviour_.closes_after_answer) return;
  }
}

}  // namespace mooring::test
