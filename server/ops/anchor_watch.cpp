// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/anchor_watch.hpp"

#include <utility>

namespace mooring::server {

bool AnchorWatch::look(ChainConfig& chain) {
  if (!chain.anchor) return false;
  const auto text = read_(chain.anchor_file);
  note(text ? "" : text.error().context, chain.anchor_file);
  if (!text || *text == chain.anchor_text) return false;
  chain.anchor_text = *text;
  auto anchor = dnschain::TrustAnchor::parse(*text, chain.anchor_file);
  if (!anchor) {
    log_.error("trust_anchor", {{"result", "refused"}, {"error", anchor.error().context}});
    return false;
  }
  chain.anchor = std::move(*anchor);
  return true;
}

void AnchorWatch::note(const std::string& fault, const std::string& file) {
  if (fault == std::exchange(fault_, fault)) return;
  if (fault.empty()) {
    return log_.info("trust_anchor", {{"result", "readable"}, {"file", file}});
  }
  log_.warning("trust_anchor", {{"result", "unreadable"},
                                {"file", file},
                                {"error", fault},
                                {"detail", "the one that was read last stays in use"}});
}

}  // namespace mooring::server
