// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "tools/base/outcome.hpp"
#include "tools/command/query_options.hpp"

namespace mooring::tools {

/// Obeys a word of `dig` and `kdig`, such as "+short", "+nordflag" or "+time=2"; any beginning that
/// only one of them has will do. What DNS over TLS does anyway ("+tcp") changes nothing. A word
/// that is not known, or that asks for something else than DNS over TLS, is refused by name.
[[nodiscard]] Outcome<void> obey_plus_word(std::string_view word, QueryOptions& options);

/// Those that are known, for --help.
[[nodiscard]] std::string plus_words_help();

}  // namespace mooring::tools
