// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"

namespace CLI {
class App;
}

namespace mooring::tools {

/// What the chosen subcommand does, once the command line is understood.
using Action = std::function<Outcome<ExitStatus>(Environment&)>;

/// Each adds one subcommand to `parent`; when it is the one chosen, `action` is set. Both must
/// outlive the parsing.
void add_chain_build(CLI::App& parent, Action& action);
void add_chain_show(CLI::App& parent, Action& action);
void add_chain_status(CLI::App& parent, Action& action);
void add_chain_verify(CLI::App& parent, Action& action);
void add_ctl(CLI::App& parent, Action& action);
/// `socket`: the control socket's path, once the options have been read.
void add_ctl_move(CLI::App& group, std::shared_ptr<const std::string> socket, Action& action);
void add_query(CLI::App& parent, Action& action);
void add_tlsa_check(CLI::App& parent, Action& action);
void add_tlsa_create(CLI::App& parent, Action& action);
void add_tlsa_rollover(CLI::App& parent, Action& action);

/// The whole program but for its surroundings: `arguments` without the program's name. Gives the
/// exit status; every failure is one line on `environment.err`.
[[nodiscard]] int run_mooring(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace mooring::tools
