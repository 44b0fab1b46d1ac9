// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

namespace mooring::server {

namespace {

bool is_plain(unsigned char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c < 0x20 || c == 0x7f) {
    out += "\\x";
    out += digits[c >> 4U];
    out += digits[c & 15U];
  } else {
    out += static_cast<char>(c);
  }
}

void append_value(std::string& out, const std::string& value) {
  if (!value.empty() && std::ranges::all_of(value, is_plain)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) append_escaped(out, static_cast<unsigned char>(c));
  out += '"';
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

std::string format_event(std::string_view event, const std::vector<Field>& fields) {
  std::string line = "event=";
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  return line;
}

Log::Log(LogLevel level)
    : Log(level, std::make_shared<spdlog::logger>(
                     "mooringd", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(LogLevel level, std::ostream& out)
    : Log(level, std::make_shared<spdlog::logger>(
                     "mooringd", std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Log::Log(LogLevel level, std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger_->flush_on(spdlog::level::debug);
  set_level(level);
}

void Log::set_level(LogLevel level) {
  logger_->set_level(to_spdlog(level));
}

bool Log::writes(LogLevel level) const {
  return logger_->should_log(to_spdlog(level));
}

void Log::write(LogLevel level, std::string_view event, const std::vector<Field>& fields) {
  if (!logger_->should_log(to_spdlog(level))) return;
  logger_->log(to_spdlog(level), "{}", format_event(event, fields));
}

}  // namespace mooring::server
