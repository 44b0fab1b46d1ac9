// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <ostream>

#include "dnschain/base/bytes.hpp"

namespace mooring::tools {

/// What a command is given by the outside world. Tests give their own.
struct Environment {
  std::ostream& out;
  std::ostream& err;
  std::function<dnschain::WallTime()> now;
  bool utf8 = false;    ///< box drawing may be used on `out`
  bool colour = false;  ///< `out` is a terminal that wants colours
};

}  // namespace mooring::tools
