// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/alerts.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

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

}  // namespace

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
