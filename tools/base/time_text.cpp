// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/time_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "dnschain/base/time_text.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

using std::chrono::seconds;

/// Takes a number of exactly `digits` digits, at most `most`, off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits, std::uint64_t most) {
  if (text.size() < digits) return std::nullopt;
  const auto value = parse_number(text.substr(0, digits), most);
  text.remove_prefix(digits);
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

bool take_one_of(std::string_view& text, std::string_view wanted) {
  if (text.empty() || wanted.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4, 9999);
  if (!year || !take_one_of(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2, 12);
  if (!month || !take_one_of(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

/// "hh:mm:ss", with a fraction that is dropped. 60 seconds are a leap second (RFC 3339, 5.7).
std::optional<seconds> take_time_of_day(std::string_view& text) {
  const auto hour = take_number(text, 2, 23);
  if (!hour || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2, 59);
  if (!minute || !take_one_of(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2, 60);
  if (!second) return std::nullopt;
  if (take_one_of(text, ".")) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (end == 0) return std::nullopt;
    text.remove_prefix(end);
  }
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + seconds{*second};
}

/// "Z" or "+hh:mm" or "-hh:mm": how far the local time is ahead of UTC.
std::optional<seconds> take_offset(std::string_view& text) {
  if (take_one_of(text, "Zz")) return seconds{0};
  const bool behind = !text.empty() && text.front() == '-';
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hour = take_number(text, 2, 23);
  if (!hour || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2, 59);
  if (!minute) return std::nullopt;
  const seconds offset = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  return behind ? -offset : offset;
}

}  // namespace

std::optional<dnschain::WallTime> parse_time(std::string_view text) {
  // RRSIG times are 32 bits, but a person may ask about any date that RFC 3339 can write.
  static constexpr std::uint64_t kLastSecondOf9999 = 253402300799;
  if (const auto epoch = parse_number(text, kLastSecondOf9999)) {
    return dnschain::WallTime{seconds{static_cast<std::int64_t>(*epoch)}};
  }
  const auto date = take_date(text);
  if (date && text.empty()) return dnschain::WallTime{*date};
  if (!date || !take_one_of(text, "Tt ")) return std::nullopt;
  const auto time_of_day = take_time_of_day(text);
  if (!time_of_day) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return dnschain::WallTime{*date} + *time_of_day - *offset;
}

std::string format_span(seconds span) {
  struct Unit {
    std::int64_t length;
    const char* name;
  };
  static constexpr std::array kUnits{Unit{86400, " d"}, Unit{3600, " h"}, Unit{60, " min"},
                                     Unit{1, " s"}};
  std::int64_t rest = span.count() < 0 ? -span.count() : span.count();
  std::string out;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (rest < kUnits[i].length && !(out.empty() && i + 1 == kUnits.size())) continue;
    out = std::to_string(rest / kUnits[i].length) + kUnits[i].name;
    rest %= kUnits[i].length;
    if (i + 1 < kUnits.size() && rest >= kUnits[i + 1].length) {
      out += " " + std::to_string(rest / kUnits[i + 1].length) + kUnits[i + 1].name;
    }
    break;
  }
  return out;
}

std::string format_until(dnschain::WallTime time, dnschain::WallTime now) {
  const std::string span = format_span(time - now);
  return dnschain::to_text(time) + (time >= now ? " (in " + span + ")" : " (" + span + " ago)");
}

}  // namespace mooring::tools
