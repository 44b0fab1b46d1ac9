// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/config/config.hpp"
#include "server/config/section.hpp"

namespace mooring::server {

/// What the sections have in common while one file is read: the whole of it, how other files are
/// read, and what is wrong so far. Borrows the table and the reader.
class Reading {
 public:
  Reading(const toml::table& root, std::string file, const FileReader& read)
      : file_(std::move(file)), read_(read), top_(root, "", {file_, 1, 1}, errors_) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  /// The table [name]; an empty one at the top of the file when it is absent or no table.
  [[nodiscard]] Section section(std::string_view name);
  /// The keys at the top, which are the names of the sections.
  [[nodiscard]] Section& top() { return top_; }
  /// A path as the file writes it, relative to the file's directory.
  [[nodiscard]] std::string path_of(const std::string& written) const;
  [[nodiscard]] Result<std::string> read(const std::string& path) const { return read_(path); }
  /// The text of the file that `key` names, and its path; reports when there is none.
  [[nodiscard]] std::optional<std::string> file_of(Section& section, std::string_view key,
                                                   std::string& path);
  /// All that was reported, in the order of the file. To be called last.
  [[nodiscard]] Findings take_errors();

 private:
  const std::string file_;
  const FileReader& read_;
  Findings errors_;
  Section top_;
  const toml::table none_;
};

}  // namespace mooring::server
