// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/link/key_pin.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/hash.h>

namespace mooring::tlsext {

std::optional<KeyPin> key_pin_of_der(ByteView certificate) {
  const auto* der = reinterpret_cast<const byte*>(certificate.data());
  const auto size = static_cast<word32>(certificate.size());
  word32 key_size = 0;
  if (wc_GetSubjectPubKeyInfoDerFromCert(der, size, nullptr, &key_size) != 0) return std::nullopt;
  Bytes key(key_size);
  auto* octets = reinterpret_cast<byte*>(key.data());
  KeyPin pin{};
  if (wc_GetSubjectPubKeyInfoDerFromCert(der, size, octets, &key_size) != 0 ||
      wc_Sha256Hash(octets, key_size, reinterpret_cast<byte*>(pin.data())) != 0) {
    return std::nullopt;
  }
  return pin;
}

Result<KeyPin> key_pin_of(std::string_view certificate_pem) {
  Bytes der(certificate_pem.size());  // is shorter than its PEM
  const int size =
      wc_CertPemToDer(reinterpret_cast<const byte*>(certificate_pem.data()),
                      static_cast<int>(certificate_pem.size()), reinterpret_cast<byte*>(der.data()),
                      static_cast<int>(der.size()), CERT_TYPE);
  std::optional<KeyPin> pin;
  if (size > 0) pin = key_pin_of_der(ByteView(der).first(static_cast<std::size_t>(size)));
  if (!pin) return failure(ErrorCode::configuration, "this is no certificate in PEM");
  return *pin;
}

}  // namespace mooring::tlsext
