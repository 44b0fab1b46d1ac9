// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/base/alerts.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tlsext/base/types.hpp"

namespace mooring::tlsext {
namespace {

// AlertDescription (RFC 8446, 6).
constexpr std::uint8_t kUnexpectedMessage = 10;
constexpr std::uint8_t kHandshakeFailure = 40;
constexpr std::uint8_t kIllegalParameter = 47;
constexpr std::uint8_t kDecodeError = 50;
constexpr std::uint8_t kDecryptError = 51;
constexpr std::uint8_t kProtocolVersion = 70;
constexpr std::uint8_t kInternalError = 80;

constexpr std::array<std::pair<std::uint8_t, const char*>, 30> kNames{{
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {117, "general_error"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
}};

}  // namespace

std::string alert_name(std::uint8_t alert) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const auto& name) { return name.first == alert; });
  return found != kNames.end() ? found->second : std::to_string(alert);
}

std::uint8_t alert_for(int wolfssl_error, bool open) {
  switch (wolfssl_error) {
    case VERSION_ERROR:
      return kProtocolVersion;
    case UNKNOWN_RECORD_TYPE:
    case OUT_OF_ORDER_E:
    case DUPLICATE_MSG_E:
    case NO_CHANGE_CIPHER_E:
    case SANITY_MSG_E:
    case INCOMPLETE_DATA:
      return kUnexpectedMessage;
    case PARSE_ERROR:
    case BUFFER_ERROR:
    case LENGTH_ERROR:
    case COMPRESSION_ERROR:
      return kDecodeError;
    case BUFFER_E:
    case BAD_FUNC_ARG:  // in the handshake both stand for a key share of a wrong length
      return open ? kDecodeError : kIllegalParameter;
    case HANDSHAKE_SIZE_ERROR:
    case INVALID_PARAMETER:
    case PEER_KEY_ERROR:
    case ECC_PEERKEY_ERROR:
    case BAD_KEY_SHARE_DATA:
    case EXT_NOT_ALLOWED:
    case ECC_BAD_ARG_E:
    case ECC_OUT_OF_RANGE_E:
    case IS_POINT_E:
    case PUBLIC_KEY_E:
      return kIllegalParameter;
    case VERIFY_FINISHED_ERROR:
    case VERIFY_CERT_ERROR:
    case VERIFY_SIGN_ERROR:
      return kDecryptError;
    case MATCH_SUITE_ERROR:
    case ECC_CURVE_ERROR:
    case SECURE_RENEGOTIATION_E:
      return kHandshakeFailure;
    default:
      return kInternalError;
  }
}

}  // namespace mooring::tlsext
