// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/config.hpp"
#include "server/config/duration.hpp"

namespace mooring::server {

/// One table of a configuration: reads its keys one by one into a struct, and at the end reports
/// those that nobody asked for. A key that is absent leaves its target as it was. Borrows the table
/// and the list of errors.
class Section {
 public:
  Section(const toml::table& table, std::string name, Place place, Findings& errors)
      : table_(table), name_(std::move(name)), place_(std::move(place)), errors_(errors) {}

  void flag(std::string_view key, bool& into);
  /// Text that is not empty. Returns whether `into` was set.
  bool text(std::string_view key, std::string& into);
  /// An array; `each` is given every text in it and its place.
  void texts(std::string_view key,
             const std::function<void(const std::string&, const Place&)>& each);
  /// An array of integers in a range.
  void numbers(std::string_view key, std::int64_t least, std::int64_t most,
               const std::function<void(std::int64_t, const Place&)>& each);
  template <std::integral T>
  void number(std::string_view key, T& into, std::int64_t least, std::int64_t most);
  template <class Rep, class Period>
  void duration(std::string_view key, std::chrono::duration<Rep, Period>& into,
                std::chrono::milliseconds least, std::chrono::milliseconds most);

  /// One of a few words.
  template <class T>
  void choice(std::string_view key, T& into,
              const std::vector<std::pair<std::string_view, T>>& words);
  /// A table; `use` is given it.
  template <class Use>
  void table(std::string_view key, Use use);
  /// The array that `key` holds; null when there is none.
  [[nodiscard]] const toml::array* array(std::string_view key) const;
  /// A table of that array, as a section of its own.
  [[nodiscard]] Section item(const toml::table& table, std::string name) const {
    return {table, std::move(name), place_of(table.source()), errors_};
  }
  /// Lets finish() accept `key`.
  void known(std::string_view key) { known_.emplace_back(key); }

  /// The table could not be read, which has been reported: nothing in it is missing.
  void broken() { broken_ = true; }
  void require(std::string_view key, std::string_view expected);
  void error(const Place& place, std::string what) { errors_.push_back({place, std::move(what)}); }
  /// The place of the value of `key`, or of the table when there is none.
  [[nodiscard]] Place place(std::string_view key) const;
  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] Place place_of(const toml::source_region& source) const;
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  /// Reports the keys that no call above has named.
  void finish();

 private:
  const toml::node* find(std::string_view key);
  void wrong(std::string_view key, const toml::node& node, const std::string& expected);
  bool whole(std::string_view key, const toml::node& node, std::int64_t least, std::int64_t most);
  std::optional<std::chrono::milliseconds> span(std::string_view key,
                                                std::chrono::milliseconds unit,
                                                std::chrono::milliseconds least,
                                                std::chrono::milliseconds most);

  const toml::table& table_;
  std::string name_;
  Place place_;
  Findings& errors_;
  std::vector<std::string> known_;
  bool broken_ = false;
};

/// The one of `known` that `word` was probably meant to be; empty: none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// "a string", "an integer", ...
[[nodiscard]] std::string type_text(toml::node_type type);

template <std::integral T>
void Section::number(std::string_view key, T& into, std::int64_t least, std::int64_t most) {
  const toml::node* node = find(key);
  if (node != nullptr && whole(key, *node, least, most)) {
    into = static_cast<T>(node->as_integer()->get());
  }
}

template <class T>
void Section::choice(std::string_view key, T& into,
                     const std::vector<std::pair<std::string_view, T>>& words) {
  std::string expected;
  std::string found;
  for (const auto& word : words) {
    expected += (expected.empty() ? "\"" : ", \"") + std::string(word.first) + "\"";
  }
  if (!text(key, found)) return;
  for (const auto& [word, value] : words) {
    if (word != found) continue;
    into = value;
    return;
  }
  error(place(key), name_ + "." + std::string(key) + ": expected one of " + expected +
                        ", found \"" + found + "\"");
}

template <class Use>
void Section::table(std::string_view key, Use use) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_table()) {
    error(place(key), std::string(key) + ": expected a table, found " + type_text(node->type()));
    return;
  }
  use(*node->as_table());
}

template <class Rep, class Period>
void Section::duration(std::string_view key, std::chrono::duration<Rep, Period>& into,
                       std::chrono::milliseconds least, std::chrono::milliseconds most) {
  using Target = std::chrono::duration<Rep, Period>;
  const auto found = span(key, std::chrono::milliseconds(Target(1)), least, most);
  if (found) into = std::chrono::duration_cast<Target>(*found);
}

}  // namespace mooring::server
