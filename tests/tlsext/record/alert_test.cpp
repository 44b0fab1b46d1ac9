// SPDX-License-Identifier: GPL-3.0-or-later
// Which alert the server sends for which fault, seen from a client that can read it.
#include <openssl/err.h>

#include <catch2/catch.hpp>

#include "support/client_hello.hpp"
#include "support/openssl_pipe.hpp"
#include "support/record_sealer.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

using Make = std::string (*)(RecordSealer&);

/// Octets that are wrong, and the alert for them (RFC 8446, 6.2 and where the check is named).
struct Fault {
  const char* what;
  int alert;
  Make octets;
};

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kData = 23;
const std::string kKeyUpdate("\x18\0\0\1\0", 5);

std::string sealed_apart(RecordSealer& sealer, const std::string& content) {
  std::string records;
  for (const char octet : content) records += sealer.seal(kHandshake, std::string(1, octet));
  return records;
}

// The alert that OpenSSL reads in the server's answer, or none.
int alert_seen(OpensslPipe& pipe) {
  pipe.take();
  ERR_clear_error();
  char octet = 0;
  if (SSL_read(pipe.ssl(), &octet, 1) > 0) return -1;
  constexpr int kFromPeer = 1000;  // OpenSSL's reasons for alerts
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  return reason > kFromPeer ? reason - kFromPeer : -1;
}

void check_alert(OpensslPipe& pipe, int alert) {
  REQUIRE(pipe.error());
  INFO(pipe.error()->context);
  CHECK(pipe.error()->code == tlsext::ErrorCode::protocol);
  CHECK(int{pipe.error()->alert.value_or(0)} == alert);
  CHECK(pipe.server().state() == tlsext::SessionState::failed);
  CHECK(alert_seen(pipe) == alert);
}

// Up to the point where the client would send its second flight, which is thrown away.
void half_open(OpensslPipe& pipe) {
  pipe.begin();
  SSL_do_handshake(pipe.ssl());
  pipe.carry();
  SSL_do_handshake(pipe.ssl());
  static_cast<void>(pipe.written());
}

const std::string kHuge(16385, 'x');

const Fault kOpen13[] = {
    {"16385 octets of plaintext", 22, [](RecordSealer& r) { return r.seal(kData, kHuge); }},
    {"a record of an unknown type inside", 10, [](RecordSealer& r) { return r.seal(99, "x"); }},
    {"a record of nothing but padding", 10,
     [](RecordSealer& r) { return r.seal(0, std::string(9, '\0')); }},
    {"a handshake record without content", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, ""); }},
    {"an alert record without content", 10, [](RecordSealer& r) { return r.seal(21, ""); }},
    {"another ClientHello", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, ClientHello{}.message()); }},
    {"KeyUpdate with an unknown request", 47,
     [](RecordSealer& r) {
       return r.seal(kHandshake, {"\x18\0\0\1\2", 5});
     }},
    {"KeyUpdate of two octets", 50,
     [](RecordSealer& r) {
       return r.seal(kHandshake, {"\x18\0\0\2\0\0", 6});
     }},
    {"KeyUpdate that is not the last of its record", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, kKeyUpdate + kKeyUpdate); }},
    {"data inside a KeyUpdate", 10,
     [](RecordSealer& r) {
       std::string records = r.seal(kHandshake, kKeyUpdate.substr(0, 2));
       records += r.seal(kData, "query");
       return records + r.seal(kHandshake, kKeyUpdate.substr(2));
     }},
    {"KeyUpdate in two records that does not end the second", 10,
     [](RecordSealer& r) {
       const std::string first = r.seal(kHandshake, kKeyUpdate.substr(0, 2));
       return first + r.seal(kHandshake, kKeyUpdate.substr(2) + kKeyUpdate);
     }},
    {"KeyUpdate of two octets in records of one", 50,
     [](RecordSealer& r) {
       return sealed_apart(r, {"\x18\0\0\2", 4});
     }},
    {"KeyUpdate with an unknown request in records of one octet", 47,
     [](RecordSealer& r) {
       return sealed_apart(r, {"\x18\0\0\1\2", 5});
     }},
    {"the beginning of another ClientHello", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, ClientHello{}.message().substr(0, 99)); }},
    {"the beginning of a NewSessionTicket", 10,
     [](RecordSealer& r) {
       return sealed_apart(r, {"\4\0\x20\0", 4});
     }},
    {"the beginning of a Certificate", 10,
     [](RecordSealer& r) {
       return r.seal(kHandshake, {"\x0b\0\1\0\0", 5});
     }},
    {"a handshake message of an unknown type", 10,
     [](RecordSealer& r) {
       return r.seal(kHandshake, {"\x63\0\0\0", 4});
     }},
    {"a record that was altered", 20,
     [](RecordSealer& r) {
       std::string record = r.seal(kData, "query");
       record.back() = static_cast<char>(record.back() ^ 1);
       return record;
     }},
    {"a record that is shorter than its tag", 20,
     [](RecordSealer&) { return plain_record(kData, "short"); }},
    {"a ciphertext that is too long", 22,
     [](RecordSealer&) { return plain_record(kData, std::string(16384 + 257, 'x')); }},
    {"a length that no record has", 22,
     [](RecordSealer&) { return plain_record(kData, std::string(65535, 'x')); }},
    {"a record of an unknown type", 10, [](RecordSealer&) { return plain_record(99, "x"); }},
    {"a ChangeCipherSpec", 10, [](RecordSealer&) { return plain_record(kChangeCipherSpec, "\1"); }},
    {"a handshake record without encryption", 10,
     [](RecordSealer&) { return plain_record(kHandshake, kKeyUpdate); }},
};

const Fault kHandshaking13[] = {
    {"a Finished that is wrong", 51,
     [](RecordSealer& r) {
       return r.seal(kHandshake, std::string("\x14\0\0\x20", 4) + std::string(32, 'f'));
     }},
    {"a Finished of another length", 50,
     [](RecordSealer& r) {
       return r.seal(kHandshake, std::string("\x14\0\0\x1f", 4) + std::string(31, 'f'));
     }},
    {"data before Finished", 10, [](RecordSealer& r) { return r.seal(kData, "query"); }},
    {"KeyUpdate before Finished", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, kKeyUpdate); }},
    {"16385 octets of plaintext", 22, [](RecordSealer& r) { return r.seal(kHandshake, kHuge); }},
    {"a ClientHello, encrypted", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, ClientHello{}.message()); }},
    {"a ChangeCipherSpec of two octets", 10,
     [](RecordSealer&) { return plain_record(kChangeCipherSpec, "\1\1"); }},
    {"a ChangeCipherSpec of another value", 10,
     [](RecordSealer&) { return plain_record(kChangeCipherSpec, "\2"); }},
    {"a ChangeCipherSpec, encrypted", 10,
     [](RecordSealer& r) { return r.seal(kChangeCipherSpec, "\1"); }},
    {"a ciphertext that is too long", 22,
     [](RecordSealer&) { return plain_record(kData, std::string(16384 + 257, 'x')); }},
    {"a record of an unknown type", 10, [](RecordSealer&) { return plain_record(99, "x"); }},
    {"a record that is altered", 20,
     [](RecordSealer&) { return plain_record(kData, std::string(53, 'x')); }},
    {"a handshake record without encryption", 10,
     [](RecordSealer&) { return plain_record(kHandshake, ClientHello{}.message()); }},
};

const Fault kOpen12[] = {
    {"16385 octets of plaintext", 22, [](RecordSealer& r) { return r.seal(kData, kHuge); }},
    {"a record of an unknown type", 10, [](RecordSealer&) { return plain_record(99, "x"); }},
    {"a record that was altered", 20,
     [](RecordSealer& r) {
       std::string record = r.seal(kData, "query");
       record.back() = static_cast<char>(record.back() ^ 1);
       return record;
     }},
    {"a ChangeCipherSpec", 10, [](RecordSealer& r) { return r.seal(kChangeCipherSpec, "\1"); }},
    {"a length that no record has", 22,
     [](RecordSealer&) { return plain_record(kData, std::string(65535, 'x')); }},
    {"a handshake record without content", 10,
     [](RecordSealer& r) { return r.seal(kHandshake, ""); }},
};

// ClientKeyExchange with a point of P-256 that begins so.
std::string key_exchange(char first) {
  return plain_record(kHandshake,
                      std::string("\x10\0\0\x42\x41", 5) + first + std::string(64, 'p'));
}

const Fault kHandshaking12[] = {
    {"a point that is not on the curve", 47, [](RecordSealer&) { return key_exchange('\4'); }},
    {"a point of another form", 47, [](RecordSealer&) { return key_exchange('\7'); }},
    {"a key exchange that ends too soon", 50,
     [](RecordSealer&) {
       return plain_record(kHandshake, {"\x10\0\0\2\x41\4", 6});
     }},
    {"Finished without key exchange", 10,
     [](RecordSealer&) {
       return plain_record(kHandshake, std::string("\x14\0\0\x0c", 4) + std::string(12, 'f'));
     }},
    {"ChangeCipherSpec without key exchange", 10,
     [](RecordSealer&) { return plain_record(kChangeCipherSpec, "\1"); }},
    {"a ChangeCipherSpec of two octets", 50,
     [](RecordSealer&) { return plain_record(kChangeCipherSpec, "\1\1"); }},
    {"data before Finished", 10, [](RecordSealer&) { return plain_record(kData, "query"); }},
    {"a record of an unknown type", 10, [](RecordSealer&) { return plain_record(99, "x"); }},
    {"a handshake record without content", 10,
     [](RecordSealer&) { return plain_record(kHandshake, ""); }},
    {"16385 octets of plaintext", 22,
     [](RecordSealer&) { return plain_record(kHandshake, kHuge); }},
    {"a ChangeCipherSpec inside a message", 10,
     [](RecordSealer&) {
       return plain_record(kHandshake, {"\x10\0", 2}) + plain_record(kChangeCipherSpec, "\1");
     }},
};

}  // namespace

TEST_CASE("bad input on an open session of TLS 1.3 gets its alert, encrypted", "[tlsext]") {
  const auto server = server_context(server_settings());
  for (const Fault& fault : kOpen13) {
    CAPTURE(fault.what);
    OpensslPipe pipe(*server, TLS1_3_VERSION, false);
    SSL_CTX_set_ciphersuites(pipe.context(), "TLS_AES_128_GCM_SHA256");
    REQUIRE(pipe.shake());
    pipe.read();
    RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_TRAFFIC_SECRET_0"));
    pipe.give(fault.octets(sealer));
    check_alert(pipe, fault.alert);
  }
}

TEST_CASE("bad input in a handshake of TLS 1.3 gets its alert, encrypted", "[tlsext]") {
  const auto server = server_context(server_settings());
  for (const Fault& fault : kHandshaking13) {
    CAPTURE(fault.what);
    OpensslPipe pipe(*server, TLS1_3_VERSION, false);
    SSL_CTX_set_ciphersuites(pipe.context(), "TLS_AES_128_GCM_SHA256");
    half_open(pipe);
    RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    pipe.give(fault.octets(sealer));
    check_alert(pipe, fault.alert);
  }
}

TEST_CASE("bad input on an open session of TLS 1.2 gets its alert, encrypted", "[tlsext]") {
  const auto server = server_context(server_settings());
  for (const Fault& fault : kOpen12) {
    CAPTURE(fault.what);
    OpensslPipe pipe(*server, TLS1_2_VERSION, false);
    SSL_CTX_set_cipher_list(pipe.context(), "ECDHE-ECDSA-AES128-GCM-SHA256");
    REQUIRE(pipe.shake());
    RecordSealer sealer = RecordSealer::tls12(pipe.ssl());
    pipe.give(fault.octets(sealer));
    check_alert(pipe, fault.alert);
  }
}

TEST_CASE("bad input in a handshake of TLS 1.2 gets its alert", "[tlsext]") {
  const auto server = server_context(server_settings());
  for (const Fault& fault : kHandshaking12) {
    CAPTURE(fault.what);
    OpensslPipe pipe(*server, TLS1_2_VERSION, false);
    pipe.set_groups("P-256");
    half_open(pipe);
    RecordSealer unused = RecordSealer::tls13("");
    pipe.give(fault.octets(unused));
    check_alert(pipe, fault.alert);
  }
}

TEST_CASE("an alert from the client is not answered", "[tlsext]") {
  const auto server = server_context(server_settings());
  OpensslPipe pipe(*server, TLS1_3_VERSION, false);
  SSL_CTX_set_ciphersuites(pipe.context(), "TLS_AES_128_GCM_SHA256");
  REQUIRE(pipe.shake());
  pipe.read();
  RecordSealer sealer = RecordSealer::tls13(pipe.secret("CLIENT_TRAFFIC_SECRET_0"));
  const std::string level = GENERATE("\1", "\2");  // TLS 1.3 gives the level no meaning
  pipe.give(sealer.seal(21, level + '\x2a'));
  REQUIRE(pipe.error());
  CHECK(pipe.error()->code == tlsext::ErrorCode::peer_alert);
  CHECK(int{pipe.error()->alert.value_or(0)} == 42);
  CHECK(pipe.sink().ciphertext.empty());
}
