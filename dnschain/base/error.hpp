// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace mooring::dnschain {

enum class ErrorCode {
  malformed,  ///< octets or text that are not what they should be
  unusable,   ///< well-formed, but of no use here (a trust anchor without a usable key, say)
  resolver,   ///< the resolver did not give a usable answer
  unproven,   ///< what the resolver gave does not prove anything
  limit,      ///< a bound on size or work was hit
};

struct Error {
  ErrorCode code;
  std::string context;  ///< one line for a person; names the record or place at fault
};

template <class T>
using Result = tl::expected<T, Error>;

}  // namespace mooring::dnschain
