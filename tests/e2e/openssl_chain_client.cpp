// SPDX-License-Identifier: GPL-3.0-or-later
//
// A TLS client made of OpenSSL that asks for the dnssec_chain extension (RFC 9102) through
// OpenSSL's own interface for custom extensions: a second opinion on where the extension is and
// what is in it.
//
//   openssl_chain_client HOST PORT NAME 1.2|1.3 BODY [FILE]
//
// BODY is the body of the client's extension in hex: the port, as two octets. FILE receives the
// body of the server's. Prints one line: "chain OCTETS", "no chain" or "refused: ALERT". The exit
// status is 0 unless the handshake could not be tried.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned kDnssecChain = 59;

struct Exchange {
  std::vector<unsigned char> request;
  std::optional<std::vector<unsigned char>> response;
};

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

int give_request(SSL* /*ssl*/, unsigned /*type*/, unsigned message, const unsigned char** out,
                 std::size_t* length, X509* /*certificate*/, std::size_t /*index*/, int* /*alert*/,
                 void* user) {
  if (message != SSL_EXT_CLIENT_HELLO) return 0;
  const auto* exchange = static_cast<Exchange*>(user);
  *out = exchange->request.data();
  *length = exchange->request.size();
  return 1;
}

int take_response(SSL* /*ssl*/, unsigned /*type*/, unsigned /*message*/, const unsigned char* in,
                  std::size_t length, X509* /*certificate*/, std::size_t index, int* /*alert*/,
                  void* user) {
  // RFC 9102, 2.2: in the first CertificateEntry only.
  if (index != 0) return 0;
  static_cast<Exchange*>(user)->response.emplace(in, in + length);
  return 1;
}

std::vector<unsigned char> from_hex(std::string_view hex) {
  std::vector<unsigned char> octets;
  for (std::size_t at = 0; at + 2 <= hex.size(); at += 2) {
    octets.push_back(
        static_cast<unsigned char>(std::stoul(std::string(hex.substr(at, 2)), nullptr, 16)));
  }
  return octets;
}

std::unique_ptr<SSL_CTX, Free> make_context(int version, Exchange& exchange) {
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const unsigned where =
      SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO | SSL_EXT_TLS1_3_CERTIFICATE;
  if (SSL_CTX_add_custom_ext(context.get(), kDnssecChain, where, give_request, nullptr, &exchange,
                             take_response, &exchange) != 1) {
    return nullptr;
  }
  return context;
}

// What OpenSSL says of the alert that ended the handshake.
std::string refusal() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "connection closed" : reason;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: openssl_chain_client HOST PORT NAME 1.2|1.3 BODY [FILE]\n");
    return 2;
  }
  Exchange exchange{from_hex(argv[5]), std::nullopt};
  const int version = std::string_view(argv[4]) == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
  const auto context = make_context(version, exchange);
  const std::unique_ptr<BIO, Free> socket(
      BIO_new_connect((std::string(argv[1]) + ":" + argv[2]).c_str()));
  if (!context || !socket || BIO_do_connect(socket.get()) != 1) {
    std::fprintf(stderr, "openssl_chain_client: cannot connect\n");
    return 2;
  }
  const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  BIO_up_ref(socket.get());
  SSL_set_bio(ssl.get(), socket.get(), socket.get());
  std::string name(argv[3]);
  // What SSL_set_tlsext_host_name() stands for, without its cast.
  if (!name.empty()) {
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (SSL_connect(ssl.get()) != 1) {
    std::printf("refused: %s\n", refusal().c_str());
    return 0;
  }
  if (!exchange.response) {
    std::printf("no chain\n");
    return 0;
  }
  std::printf("chain %zu\n", exchange.response->size());
  if (argc > 6) {
    std::ofstream file(argv[6], std::ios::binary);
    file.write(reinterpret_cast<const char*>(exchange.response->data()),
               static_cast<std::streamsize>(exchange.response->size()));
  }
  SSL_shutdown(ssl.get());
  return 0;
}
