// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/tls_client.hpp"

#include <array>
#include <stdexcept>

namespace mooring::benchmark {
namespace {

constexpr unsigned kDnssecChain = 59;  // RFC 9102, 9

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL refuses ") + what);
}

}  // namespace

TlsClient::TlsClient(const LoaderOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())), server_name_(options.server_name) {
  require(context_ != nullptr, "a context");
  SSL_CTX* context = context_.get();
  const int version = options.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  require(SSL_CTX_set_min_proto_version(context, version) == 1, "the TLS version");
  require(SSL_CTX_set_max_proto_version(context, version) == 1, "the TLS version");
  require(SSL_CTX_set1_groups_list(context, options.groups.c_str()) == 1, "--groups");
  static constexpr std::array<unsigned char, 4> kAlpn{3, 'd', 'o', 't'};
  require(SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) == 0, "ALPN");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  // Thousands of idle connections are to fit in memory here as well.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_sess_set_new_cb(context, take_session);
  if (options.chain_port) {
    port_[0] = static_cast<std::uint8_t>(*options.chain_port >> 8);
    port_[1] = static_cast<std::uint8_t>(*options.chain_port & 0xff);
    add_chain_extension();
  }
}

void TlsClient::add_chain_extension() {
  // RFC 9102, 2.1 and 2.2: out in the ClientHello; back in the ServerHello of TLS 1.2 or with the
  // first certificate of TLS 1.3.
  const unsigned where =
      SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
  require(SSL_CTX_add_custom_ext(context_.get(), kDnssecChain, where, add_extension, nullptr, this,
                                 take_extension, this) == 1,
          "extension 59");
}

int TlsClient::add_extension(SSL*, unsigned, unsigned where, const unsigned char** out,
                             std::size_t* size, X509*, std::size_t, int*, void* self) {
  // Called for every message it may be in; the client sends it in the ClientHello only.
  if ((where & SSL_EXT_CLIENT_HELLO) == 0) return 0;
  *out = static_cast<TlsClient*>(self)->port_;
  *size = sizeof port_;
  return 1;
}

int TlsClient::take_extension(SSL* ssl, unsigned, unsigned, const unsigned char*, std::size_t size,
                              X509*, std::size_t index, int*, void*) {
  if (index == 0) *static_cast<std::size_t*>(SSL_get_app_data(ssl)) = size;
  return 1;
}

int TlsClient::take_session(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  self->session_.reset(session);
  return 1;  // the reference is ours now
}

SslPtr TlsClient::start(int fd, std::size_t* chain_octets, bool resume) {
  SslPtr ssl(SSL_new(context_.get()));
  require(ssl != nullptr && SSL_set_fd(ssl.get(), fd) == 1, "a connection");
  SSL_set_app_data(ssl.get(), chain_octets);
  if (!server_name_.empty()) {
    // What SSL_set_tlsext_host_name stands for; that macro casts in the way of C.
    require(SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     server_name_.data()) == 1,
            "--name");
  }
  if (resume && session_) {
    // OpenSSL takes a TLS 1.3 session that has been used for spent; a copy leaves ours good for the
    // next connection. A ticket without state in the server can be shown any number of times.
    const SslSessionPtr copy(SSL_SESSION_dup(session_.get()));
    require(copy != nullptr && SSL_set_session(ssl.get(), copy.get()) == 1, "a session");
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

}  // namespace mooring::benchmark
