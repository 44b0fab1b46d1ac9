// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/openssl_pipe.hpp"

#include <stdexcept>

namespace mooring::test {
namespace {

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

}  // namespace

OpensslPipe::OpensslPipe(tlsext::ServerContext& server, int version, bool with_chain)
    : server_(must(tlsext::ServerSession::accept(server))),
      context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_.get(), version);
  SSL_CTX_set_max_proto_version(context_.get(), version);
  SSL_CTX_set_keylog_callback(context_.get(), note_secret);
  SSL_CTX_set_app_data(context_.get(), this);
  constexpr unsigned kWhere =
      SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
  if (with_chain && SSL_CTX_add_custom_ext(context_.get(), 59, kWhere, add_request, nullptr, &data_,
                                           parse_chain, &data_) != 1) {
    throw std::runtime_error("OpenSSL takes no extension 59");
  }
}

// OpenSSL takes nothing up again from a connection that was not closed.
OpensslPipe::~OpensslPipe() {
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// A line is "LABEL random secret", the latter two in hexadecimal.
void OpensslPipe::note_secret(const SSL* ssl, const char* line) {
  auto& self = *static_cast<OpensslPipe*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::string text(line);
  std::string secret;
  for (std::size_t i = text.rfind(' ') + 1; i + 1 < text.size(); i += 2) {
    secret += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  self.secrets_[text.substr(0, text.find(' '))] = secret;
}

void OpensslPipe::set_groups(const char* groups) {
  if (SSL_CTX_set1_groups_list(context_.get(), groups) != 1) throw std::runtime_error(groups);
}

void OpensslPipe::begin(const char* name) {
  ssl_.reset(SSL_new(context_.get()));
  if (session_ != nullptr) SSL_set_session(ssl_.get(), session_);
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
  SSL_set_tlsext_host_name(ssl_.get(), name);
  static constexpr unsigned char kAlpn[] = {3, 'd', 'o', 't'};
  SSL_set_alpn_protos(ssl_.get(), kAlpn, sizeof kAlpn);
}

bool OpensslPipe::shake(const char* name) {
  begin(name);
  for (int i = 0; i < 10; ++i) {
    if (SSL_connect(ssl_.get()) == 1 && server_.state() == tlsext::SessionState::open) return true;
    carry();
  }
  return false;
}

std::string OpensslPipe::written() {
  BIO* bio = SSL_get_wbio(ssl_.get());
  std::string octets(BIO_ctrl_pending(bio), '\0');
  if (!octets.empty()) BIO_read(bio, octets.data(), static_cast<int>(octets.size()));
  return octets;
}

void OpensslPipe::carry() {
  const std::string octets = written();
  if (!octets.empty()) give(octets);
  take();
}

void OpensslPipe::give(std::string_view octets) {
  auto taken = server_.receive(bytes_of(octets), sink_);
  if (!taken && !error_) error_ = taken.error();
}

void OpensslPipe::take() {
  const auto& answer = sink_.ciphertext;
  if (answer.empty()) return;
  BIO_write(SSL_get_rbio(ssl_.get()), answer.data(), static_cast<int>(answer.size()));
  sink_.ciphertext.clear();
}

std::string OpensslPipe::read() {
  carry();
  char text[256];
  const int size = SSL_read(ssl_.get(), text, sizeof text);
  return {text, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace mooring::test
