// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "tlsext/link/link.hpp"

namespace mooring::tlsext {

/// The pin of the key in a certificate in DER; none for what cannot be read.
[[nodiscard]] std::optional<KeyPin> key_pin_of_der(ByteView certificate);

}  // namespace mooring::tlsext
