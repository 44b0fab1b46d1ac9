// SPDX-License-Identifier: GPL-3.0-or-later
#include <langinfo.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "tools/command/command.hpp"

namespace {

bool speaks_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

/// A terminal, unless its user or its kind does not want colours (no-color.org).
bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

int main(int argc, char** argv) {
  // Sockets do not raise it; a reader of our output that leaves ends us quietly, as it should.
  std::signal(SIGPIPE, SIG_DFL);
  try {
    mooring::tools::Environment environment{
        std::cout, std::cerr,
        [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); },
        speaks_utf8(), wants_colour()};
    return mooring::tools::run_mooring({argv + 1, argv + argc}, environment);
  } catch (const std::exception& error) {
    std::cerr << "mooring: " << error.what() << "\n";
    return 2;
  }
}
