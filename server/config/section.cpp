// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/section.hpp"

#include <algorithm>
#include <numeric>

namespace mooring::server {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  // More than a third of the letters wrong is another word, not a slip.
  std::size_t allowed = word.size() < 4 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > allowed) continue;
    best = candidate;
    allowed = distance - (distance == 0 ? 0 : 1);
  }
  return best;
}

std::string type_text(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

Place Section::place_of(const toml::source_region& source) const {
  return {place_.file, source.begin.line, source.begin.column};
}

Place Section::place(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? place_ : place_of(node->source());
}

const toml::node* Section::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

void Section::wrong(std::string_view key, const toml::node& node, const std::string& expected) {
  error(place_of(node.source()), name_ + "." + std::string(key) + ": expected " + expected +
                                     ", found " + type_text(node.type()));
}

bool Section::whole(std::string_view key, const toml::node& node, std::int64_t least,
                    std::int64_t most) {
  const auto* number = node.as_integer();
  const std::string expected =
      "an integer from " + std::to_string(least) + " to " + std::to_string(most);
  if (number == nullptr) {
    wrong(key, node, expected);
    return false;
  }
  if (number->get() >= least && number->get() <= most) return true;
  error(place_of(node.source()), name_ + "." + std::string(key) + ": expected " + expected +
                                     ", found " + std::to_string(number->get()));
  return false;
}

std::optional<std::chrono::milliseconds> Section::span(std::string_view key,
                                                       std::chrono::milliseconds unit,
                                                       std::chrono::milliseconds least,
                                                       std::chrono::milliseconds most) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const std::string expected = "a duration from \"" + duration_text(least) + "\" to \"" +
                               duration_text(most) + "\" in whole " +
                               (unit.count() == 1      ? "milliseconds"
                                : unit.count() == 1000 ? "seconds"
                                                       : "hours");
  const auto* text = node->as_string();
  if (text == nullptr) {
    wrong(key, *node, expected);
    return {};
  }
  const auto value = parse_duration(text->get());
  if (value && *value >= least && *value <= most && *value % unit == unit.zero()) return value;
  error(place_of(node->source()), name_ + "." + std::string(key) + ": expected " + expected +
                                      ", found \"" + text->get() + "\"");
  return {};
}

const toml::array* Section::array(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? nullptr : node->as_array();
}

void Section::flag(std::string_view key, bool& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto* value = node->as_boolean();
  if (value == nullptr) return wrong(key, *node, "true or false");
  into = value->get();
}

bool Section::text(std::string_view key, std::string& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_string();
  if (value == nullptr) {
    wrong(key, *node, "a string");
    return false;
  }
  if (value->get().empty()) {
    error(place_of(node->source()), name_ + "." + std::string(key) + ": must not be empty");
    return false;
  }
  into = value->get();
  return true;
}

void Section::texts(std::string_view key,
                    const std::function<void(const std::string&, const Place&)>& each) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_array()) return wrong(key, *node, "an array of strings");
  for (const toml::node& item : *node->as_array()) {
    const auto* text = item.as_string();
    if (text == nullptr) {
      wrong(key, item, "a string");
    } else {
      each(text->get(), place_of(item.source()));
    }
  }
}

void Section::numbers(std::string_view key, std::int64_t least, std::int64_t most,
                      const std::function<void(std::int64_t, const Place&)>& each) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_array()) return wrong(key, *node, "an array of integers");
  for (const toml::node& item : *node->as_array()) {
    if (whole(key, item, least, most)) each(item.as_integer()->get(), place_of(item.source()));
  }
}

void Section::require(std::string_view key, std::string_view expected) {
  if (has(key) || broken_) return;
  error(place_, name_ + "." + std::string(key) + " is missing: expected " + std::string(expected));
}

void Section::finish() {
  for (const auto& [key, node] : table_) {
    const std::string word(key.str());
    if (std::ranges::find(known_, word) != known_.end()) continue;
    const std::string meant = nearest(word, known_);
    std::string what = "unknown key " + name_ + (name_.empty() ? "" : ".") + word;
    if (!meant.empty()) {
      what += "; did you mean " + meant + "?";
    } else {
      std::string all;
      for (const std::string& one : known_) all += (all.empty() ? "" : ", ") + one;
      what += "; expected one of " + all;
    }
    error(place_of(key.source()), std::move(what));
  }
}

}  // namespace mooring::server
