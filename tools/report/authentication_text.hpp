// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "dnschain/dane/authentication.hpp"
#include "tools/report/chain_tree.hpp"

namespace mooring::tools {

/// "none", "dane", "pkix".
[[nodiscard]] std::string method_name(dnschain::AuthenticationMethod method);

/// One line: how the server was authenticated by `policy`, or exactly why it was not.
[[nodiscard]] std::string authentication_text(const dnschain::Authentication& found,
                                              const dnschain::Presentation& presentation,
                                              const dnschain::AuthenticationPolicy& policy);

/// Which certificate the TLSA records of a secure verdict match, or that none does; nothing for
/// another verdict.
[[nodiscard]] std::optional<CertificateMatch> match_certificate(
    const dnschain::Verdict& verdict, const dnschain::PresentedIdentity& presented,
    const dnschain::Service& service, dnschain::WallTime at);

}  // namespace mooring::tools
