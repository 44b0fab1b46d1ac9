// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/base/bytes.hpp"
#include "tools/base/outcome.hpp"

namespace mooring::tools {

/// The whole of a file of at most 16 MB; "-" is the standard input.
[[nodiscard]] Outcome<dnschain::Bytes> read_file(const std::string& path);

/// The same as text.
[[nodiscard]] Outcome<std::string> read_text_file(const std::string& path);

/// Makes or replaces a file; "-" is the standard output.
[[nodiscard]] Outcome<void> write_file(const std::string& path, dnschain::ByteView octets);

}  // namespace mooring::tools
