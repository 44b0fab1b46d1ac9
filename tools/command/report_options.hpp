// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"
#include "tools/command/trust_options.hpp"
#include "tools/report/chain_report.hpp"

namespace mooring::tools {

/// What all the `chain` commands take.
struct ReportOptions {
  TrustOptions trust;
  std::string out;      ///< file for the extension body; empty: none
  std::string require;  ///< verdict that is needed for exit status 0; empty: any but bogus
  bool json = false;
  bool tree_only = false;
  bool records_only = false;
};

void add_report_options(CLI::App& command, ReportOptions& options);

/// judge_chain() by the anchor and at the moment that the options name.
[[nodiscard]] Outcome<Judgement> judge(const ChainUnderTest& chain, const ReportOptions& options,
                                       const Environment& environment);

/// Prints what was found, keeps the body when --out says so, and gives the exit status. `match` is
/// about the server's certificate, where there is one; `more` is added to the JSON object.
[[nodiscard]] Outcome<ExitStatus> report(const ChainUnderTest& chain, const Judgement& judgement,
                                         const ReportOptions& options,
                                         const std::optional<CertificateMatch>& match,
                                         const Json& more, Environment& environment);

}  // namespace mooring::tools
