// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/observe/log_level.hpp"

namespace spdlog {
class logger;
}

namespace mooring::server {

/// One "key=value" of a log line.
struct Field {
  std::string_view key;
  std::string value;
};

/// "event=NAME key=value ...". A value that is empty or holds anything but plain characters is put
/// in double quotes; what could end the quotes or the line is escaped.
[[nodiscard]] std::string format_event(std::string_view event, const std::vector<Field>& fields);

/// Event lines, with time and level in front. Thread safe.
class Log {
 public:
  /// On standard error.
  explicit Log(LogLevel level);
  /// On `out`, which must outlive this.
  Log(LogLevel level, std::ostream& out);

  void set_level(LogLevel level);
  /// Whether lines of that level are written: for those that cost something to make.
  [[nodiscard]] bool writes(LogLevel level) const;
  void write(LogLevel level, std::string_view event, const std::vector<Field>& fields);
  void debug(std::string_view event, const std::vector<Field>& fields) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, const std::vector<Field>& fields) {
    write(LogLevel::info, event, fields);
  }
  void warning(std::string_view event, const std::vector<Field>& fields) {
    write(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, const std::vector<Field>& fields) {
    write(LogLevel::error, event, fields);
  }

 private:
  Log(LogLevel level, std::shared_ptr<spdlog::logger> logger);

  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace mooring::server
