// SPDX-License-Identifier: GPL-3.0-or-later
//
// The only source of the server that sees CLI11, which takes its time to compile.
#include "server/ops/command_line.hpp"

#include <CLI/CLI.hpp>

namespace mooring::server {

namespace {

constexpr const char* kUsage =
    R"(usage: mooringd -c FILE       serve as the configuration says, in the foreground
       mooringd -c FILE --take-over
                              the same in the place of the process that serves by it now: takes
                              over its sessions, at the control socket
       mooringd -t -c FILE    check the configuration, and that a start would find what it needs
       mooringd --version
       mooringd --help

Logs to standard error. SIGHUP reloads the configuration, SIGUSR1 logs the counters, SIGUSR2 puts
the program at this one's path in its place with all sessions, SIGTERM answers what is in flight and
ends.
)";

tl::unexpected<CommandEnd> wrong(const std::string& why) {
  return tl::make_unexpected(CommandEnd{2, "mooringd: " + why + "\n" + kUsage});
}

}  // namespace

tl::expected<CommandLine, CommandEnd> read_command_line(int argc, const char* const* argv,
                                                        const std::string& version) {
  CommandLine out;
  CLI::App app;
  app.set_help_flag("-h,--help");
  app.set_version_flag("--version", version);
  app.add_option("-c,--config", out.config)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_flag("-t,--test", out.test);
  app.add_flag("--take-over", out.take_over);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return tl::make_unexpected(CommandEnd{0, kUsage});
  } catch (const CLI::CallForVersion&) {
    return tl::make_unexpected(CommandEnd{0, "mooringd " + version + "\n"});
  } catch (const CLI::ExtrasError&) {
    return wrong("unexpected argument");
  } catch (const CLI::ParseError& error) {
    return wrong(error.what());
  }
  if (out.config.empty()) return wrong("-c FILE is missing");
  if (out.test && out.take_over) return wrong("-t and --take-over do not go together");
  return out;
}

}  // namespace mooring::server
