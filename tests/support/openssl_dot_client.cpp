// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/openssl_dot_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mooring::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

struct OpensslDotClient::Impl {
  Impl(std::uint16_t port, const OpensslDotOptions& wanted)
      : peer(port, wanted.address), octet_by_octet(wanted.octet_by_octet) {
    const int version = wanted.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    if (!wanted.suite.empty()) {
      const auto choose = wanted.tls12 ? SSL_CTX_set_cipher_list : SSL_CTX_set_ciphersuites;
      if (choose(context.get(), wanted.suite.c_str()) != 1) throw std::runtime_error(wanted.suite);
    }
    ssl.reset(SSL_new(context.get()));
    if (wanted.resumes != nullptr) {
      SSL_SESSION* const session = SSL_get1_session(wanted.resumes->impl_->ssl.get());
      SSL_set_session(ssl.get(), session);
      SSL_SESSION_free(session);
    }
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    if (!wanted.server_name.empty()) {
      // What the macro of that name does, without its cast.
      SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(wanted.server_name.c_str()));
    }
    SSL_set_connect_state(ssl.get());
  }

  void flush() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    const OctetView octets(reinterpret_cast<const std::byte*>(data),
                           static_cast<std::size_t>(size));
    const std::size_t step = octet_by_octet ? 1 : octets.size();
    for (std::size_t at = 0; at < octets.size(); at += step) {
      sent = peer.send(octets.subspan(at, step)) && sent;
    }
    static_cast<void>(BIO_reset(out));
  }

  /// Reads from the socket once; false when nothing came in time or the connection has ended.
  bool fill(steady_clock::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    Octets octets;
    const Received what = peer.receive(octets, std::max(left, milliseconds(0)));
    if (what == Received::end || what == Received::reset) cut = true;
    count_records(octets);
    BIO_write(in, octets.data(), static_cast<int>(octets.size()));
    return what == Received::octets;
  }

  void count_records(const Octets& octets) {
    stream.insert(stream.end(), octets.begin(), octets.end());
    while (stream.size() >= 5 && stream.size() >= 5 + u16_at(stream, 3)) {
      if (stream[0] == std::byte{23}) ++records;
      stream.erase(stream.begin(),
                   stream.begin() + 5 + static_cast<std::ptrdiff_t>(u16_at(stream, 3)));
    }
  }

  /// Reads plaintext; false when there is none within the time.
  bool read(steady_clock::time_point until) {
    while (end == TlsEnd::open) {
      std::array<std::byte, 16384> buffer{};
      ERR_clear_error();
      const int size = SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
      flush();
      if (size > 0) {
        plaintext.insert(plaintext.end(), buffer.begin(), buffer.begin() + size);
        return true;
      }
      const int error = SSL_get_error(ssl.get(), size);
      if (error == SSL_ERROR_ZERO_RETURN) {
        end = TlsEnd::close_notify;
      } else if (error != SSL_ERROR_WANT_READ) {
        end = TlsEnd::alert;
      } else if (!fill(until)) {
        if (cut) end = TlsEnd::cut;
        return false;
      }
    }
    return false;
  }

  std::unique_ptr<SSL_CTX, FreeContext> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, FreeSsl> ssl;
  BIO* in = nullptr;
  BIO* out = nullptr;
  TcpPeer peer;
  bool octet_by_octet;
  bool cut = false;
  bool sent = true;  ///< all that was to be sent so far
  TlsEnd end = TlsEnd::open;
  Octets plaintext;
  Octets stream;  ///< the part of a record that is not whole yet
  std::size_t records = 0;
};

OpensslDotClient::OpensslDotClient(std::uint16_t port, OpensslDotOptions options)
    : impl_(std::make_unique<Impl>(port, options)) {
  const auto until = steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(impl_->ssl.get());
    impl_->flush();
    if (result == 1) return;
    if (SSL_get_error(impl_->ssl.get(), result) != SSL_ERROR_WANT_READ || !impl_->fill(until)) {
      const char* reason = ERR_reason_error_string(ERR_peek_error());
      throw std::runtime_error(std::string("handshake: ") + (reason != nullptr ? reason : "cut"));
    }
  }
}

OpensslDotClient::~OpensslDotClient() = default;

void OpensslDotClient::update_keys(bool both) {
  SSL_key_update(impl_->ssl.get(), both ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
}

bool OpensslDotClient::resumed() const {
  return SSL_session_reused(impl_->ssl.get()) == 1;
}
OpensslDotClient::OpensslDotClient(OpensslDotClient&&) noexcept = default;

void OpensslDotClient::send(const Octets& plaintext) {
  SSL_write(impl_->ssl.get(), plaintext.data(), static_cast<int>(plaintext.size()));
  impl_->flush();
}

bool OpensslDotClient::send_within(const Octets& plaintext, milliseconds wait) {
  impl_->peer.set_send_timeout(wait);
  send(plaintext);
  return impl_->sent;
}

std::optional<Octets> OpensslDotClient::receive(milliseconds wait) {
  Octets& have = impl_->plaintext;
  const auto until = steady_clock::now() + wait;
  while (have.size() < 2 || have.size() < 2 + u16_at(have, 0)) {
    if (!impl_->read(until)) return {};
  }
  const auto end = have.begin() + 2 + static_cast<std::ptrdiff_t>(u16_at(have, 0));
  Octets message(have.begin() + 2, end);
  have.erase(have.begin(), end);
  return message;
}

std::optional<Octets> OpensslDotClient::ask(const Octets& query) {
  send(framed(query));
  while (auto message = receive()) {
    if (message->size() >= 12 && id_of(*message) == id_of(query)) return message;
  }
  return {};
}

TlsEnd OpensslDotClient::wait_for_end(milliseconds wait) {
  const auto until = steady_clock::now() + wait;
  while (impl_->read(until)) {
  }
  return impl_->end;
}

void OpensslDotClient::send_close_notify() {
  SSL_shutdown(impl_->ssl.get());
  impl_->flush();
}

TcpPeer& OpensslDotClient::peer() {
  return impl_->peer;
}

TcpPeer OpensslDotClient::take_connection() {
  return std::move(impl_->peer);
}

std::string OpensslDotClient::certificate_name() const {
  X509* certificate = SSL_get0_peer_certificate(impl_->ssl.get());
  if (certificate == nullptr) return {};
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

std::size_t OpensslDotClient::records_received() const {
  return impl_->records;
}

}  // namespace mooring::test
