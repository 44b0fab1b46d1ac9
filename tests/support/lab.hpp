// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "support/temp_dir.hpp"

namespace mooring::test {

/// `tools/lab` up for as long as this lives.
class Lab {
 public:
  Lab() {
    REQUIRE(run("up") == 0);
    std::ifstream env(directory_.path("env"));
    for (std::string line; std::getline(env, line);) {
      const std::size_t equals = line.find('=');
      variables_[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  ~Lab() { stop(); }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  /// Ends its resolver and its name server; its files stay.
  void stop() { run("down"); }
  [[nodiscard]] std::string text_of(const std::string& variable) const {
    std::ifstream file(variables_.at(variable));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] const std::string& operator[](const std::string& variable) const {
    return variables_.at(variable);
  }
  /// The port of an "address:port".
  [[nodiscard]] std::string port_of(const std::string& variable) const {
    const std::string& endpoint = variables_.at(variable);
    return endpoint.substr(endpoint.rfind(':') + 1);
  }

 private:
  int run(const std::string& verb) const {
    return std::system(
        (MOORING_LAB " " + verb + " " + directory_.path(".") + " >/dev/null").c_str());
  }

  TempDir directory_;
  std::map<std::string, std::string> variables_;
};

}  // namespace mooring::test
