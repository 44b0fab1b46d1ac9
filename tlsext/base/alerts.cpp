// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/base/alerts.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mooring::tlsext {
namespace {

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

// What wolfSSL reports, and what the peer is told of it. BUFFER_E and BAD_FUNC_ARG are not here: in
// the handshake both stand for a key share of a wrong length.
constexpr std::array<std::pair<int, Alert>, 27> kAlertOfError{{
    {VERSION_ERROR, Alert::protocol_version},
    {UNKNOWN_RECORD_TYPE, Alert::unexpected_message},
    {OUT_OF_ORDER_E, Alert::unexpected_message},
    {DUPLICATE_MSG_E, Alert::unexpected_message},
    {NO_CHANGE_CIPHER_E, Alert::unexpected_message},
    {SANITY_MSG_E, Alert::unexpected_message},
    {INCOMPLETE_DATA, Alert::unexpected_message},
    {PARSE_ERROR, Alert::decode_error},
    {BUFFER_ERROR, Alert::decode_error},
    {LENGTH_ERROR, Alert::decode_error},
    {COMPRESSION_ERROR, Alert::decode_error},
    {HANDSHAKE_SIZE_ERROR, Alert::illegal_parameter},
    {INVALID_PARAMETER, Alert::illegal_parameter},
    {PEER_KEY_ERROR, Alert::illegal_parameter},
    {ECC_PEERKEY_ERROR, Alert::illegal_parameter},
    {BAD_KEY_SHARE_DATA, Alert::illegal_parameter},
    {EXT_NOT_ALLOWED, Alert::illegal_parameter},
    {ECC_BAD_ARG_E, Alert::illegal_parameter},
    {ECC_OUT_OF_RANGE_E, Alert::illegal_parameter},
    {IS_POINT_E, Alert::illegal_parameter},
    {PUBLIC_KEY_E, Alert::illegal_parameter},
    {VERIFY_FINISHED_ERROR, Alert::decrypt_error},
    {VERIFY_CERT_ERROR, Alert::decrypt_error},
    {VERIFY_SIGN_ERROR, Alert::decrypt_error},
    {MATCH_SUITE_ERROR, Alert::handshake_failure},
    {ECC_CURVE_ERROR, Alert::handshake_failure},
    {SECURE_RENEGOTIATION_E, Alert::handshake_failure},
}};

}  // namespace

std::string alert_name(std::uint8_t alert) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const auto& name) { return name.first == alert; });
  return found != kNames.end() ? found->second : std::to_string(alert);
}

Alert alert_for(int wolfssl_error, bool open) {
  if (wolfssl_error == BUFFER_E || wolfssl_error == BAD_FUNC_ARG) {
    return open ? Alert::decode_error : Alert::illegal_parameter;
  }
  const auto* found = std::find_if(kAlertOfError.begin(), kAlertOfError.end(),
                                   [&](const auto& entry) { return entry.first == wolfssl_error; });
  return found != kAlertOfError.end() ? found->second : Alert::internal_error;
}

}  // namespace mooring::tlsext
