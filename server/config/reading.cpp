// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/reading.hpp"

#include <algorithm>
#include <filesystem>

namespace mooring::server {

Section Reading::section(std::string_view name) {
  const toml::table* table = &none_;
  if (top_.has(name)) {
    top_.table(name, [&](const toml::table& found) { table = &found; });
  } else {
    top_.known(name);
  }
  const Place place = table == &none_ ? top_.place() : top_.place(name);
  Section out(*table, std::string(name), place, errors_);
  if (top_.has(name) && table == &none_) out.broken();
  return out;
}

std::string Reading::path_of(const std::string& written) const {
  return (std::filesystem::path(file_).parent_path() / written).lexically_normal().string();
}

std::optional<std::string> Reading::file_of(Section& section, std::string_view key,
                                            std::string& path) {
  if (!section.text(key, path)) return {};
  path = path_of(path);
  auto text = read_(path);
  if (text) return std::move(*text);
  section.error(section.place(key), "cannot read \"" + path + "\": " + text.error().context);
  return {};
}

Findings Reading::take_errors() {
  top_.finish();
  std::ranges::stable_sort(errors_, [](const Finding& a, const Finding& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return std::move(errors_);
}

}  // namespace mooring::server
