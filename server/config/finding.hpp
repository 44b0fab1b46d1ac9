// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mooring::server {

/// A place in a configuration file; lines and columns count from 1.
struct Place {
  std::string file;
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  [[nodiscard]] std::string text() const;  ///< "mooring.toml:3:12"

  bool operator==(const Place&) const = default;
};

/// One thing to be said of a configuration, of what is wrong or may be: where, and what was
/// expected there.
struct Finding {
  Place place;
  std::string what;

  [[nodiscard]] std::string text() const { return place.text() + ": " + what; }
};

using Findings = std::vector<Finding>;

}  // namespace mooring::server
