// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/dns/service.hpp"
#include "tools/report/json.hpp"
#include "tools/tlsa/rollover.hpp"

namespace mooring::tools {

/// The plan as steps for a person, with the lines to publish.
[[nodiscard]] std::string rollover_text(const RolloverPlan& plan, const dnschain::Service& service,
                                        dnschain::WallTime now);

[[nodiscard]] Json rollover_json(const RolloverPlan& plan, const dnschain::Service& service);

}  // namespace mooring::tools
