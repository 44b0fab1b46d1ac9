// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/tickets/ticket_sealer.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/random.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace mooring::tlsext {
namespace {

// Of the 16 octets that a ticket has for it (RFC 5077, 4) GCM uses 12. They are random: under one
// key 2^32 tickets are safe (NIST SP 800-38D, 8.3), and a key is replaced long before.
constexpr word32 kNonceSize = 12;
constexpr word32 kTagSize = 16;

using Header = std::array<byte, WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ>;

// What is authenticated beside the ticket's contents.
Header header(const byte* name, const byte* iv) {
  Header octets;
  std::memcpy(octets.data(), name, WOLFSSL_TICKET_NAME_SZ);
  std::memcpy(octets.data() + WOLFSSL_TICKET_NAME_SZ, iv, WOLFSSL_TICKET_IV_SZ);
  return octets;
}

}  // namespace

struct TicketSealer::Key {
  explicit Key(const TicketKey& key) : name(key.name) {
    const auto* octets = reinterpret_cast<const byte*>(key.key.data());
    if (wc_AesInit(&aes, nullptr, INVALID_DEVID) != 0 ||
        wc_AesGcmSetKey(&aes, octets, static_cast<word32>(key.key.size())) != 0) {
      throw std::runtime_error("AES-GCM cannot take a ticket key");
    }
  }
  ~Key() { wc_AesFree(&aes); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  std::array<std::byte, 16> name;
  Aes aes{};
};

struct TicketSealer::Random {
  Random() {
    if (wc_InitRng(&rng) != 0) throw std::runtime_error("no randomness");
  }
  ~Random() { wc_FreeRng(&rng); }
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  WC_RNG rng{};
};

struct TicketSealer::Callback {
  static int seal(TicketSealer& self, byte* name, byte* iv, byte* mac, byte* ticket, int size) {
    if (self.keys_.empty()) return WOLFSSL_TICKET_RET_REJECT;
    Key& key = *self.keys_.front();
    std::memcpy(name, key.name.data(), key.name.size());
    std::memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
    std::memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
    if (wc_RNG_GenerateBlock(&self.random_->rng, iv, kNonceSize) != 0) {
      return WOLFSSL_TICKET_RET_FATAL;
    }
    const Header aad = header(name, iv);
    const auto length = static_cast<word32>(size);
    const int result = wc_AesGcmEncrypt(&key.aes, ticket, ticket, length, iv, kNonceSize, mac,
                                        kTagSize, aad.data(), aad.size());
    return result == 0 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_FATAL;
  }

  static int open(TicketSealer& self, byte* name, byte* iv, byte* mac, byte* ticket, int size,
                  bool tls13) {
    const auto found = std::find_if(self.keys_.begin(), self.keys_.end(), [&](const auto& key) {
      return std::memcmp(key->name.data(), name, key->name.size()) == 0;
    });
    if (found == self.keys_.end()) return WOLFSSL_TICKET_RET_REJECT;
    const Header aad = header(name, iv);
    const auto length = static_cast<word32>(size);
    if (wc_AesGcmDecrypt(&(*found)->aes, ticket, ticket, length, iv, kNonceSize, mac, kTagSize,
                         aad.data(), aad.size()) != 0) {
      return WOLFSSL_TICKET_RET_REJECT;
    }
    // TLS 1.2 sends a new ticket when asked to: one of an older key is renewed before that key is
    // gone. TLS 1.3 sends one after every handshake, and in it wolfSSL takes no other answer.
    return found == self.keys_.begin() || tls13 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_CREATE;
  }

  static int call(WOLFSSL* ssl, byte* name, byte* iv, byte* mac, int enc, byte* ticket, int size,
                  int* out_size, void* context) noexcept {
    auto& self = *static_cast<TicketSealer*>(context);
    *out_size = size;
    return enc != 0
               ? seal(self, name, iv, mac, ticket, size)
               : open(self, name, iv, mac, ticket, size, wolfSSL_version(ssl) == TLS1_3_VERSION);
  }
};

TicketSealer::TicketSealer(const std::shared_ptr<const TicketKeySet>& keys)
    : random_(std::make_unique<Random>()) {
  set_keys(keys);
}

TicketSealer::~TicketSealer() = default;

void TicketSealer::set_keys(const std::shared_ptr<const TicketKeySet>& keys) {
  std::vector<std::unique_ptr<Key>> fresh;
  if (keys) {
    for (const TicketKey& key : keys->keys()) fresh.push_back(std::make_unique<Key>(key));
  }
  keys_ = std::move(fresh);
}

void TicketSealer::install(WOLFSSL_CTX* context) {
  wolfSSL_CTX_set_TicketEncCb(context, Callback::call);
  wolfSSL_CTX_set_TicketEncCtx(context, this);
}

}  // namespace mooring::tlsext
