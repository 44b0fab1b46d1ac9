// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/certificate_release.hpp"

#include <algorithm>
#include <chrono>

namespace mooring::server {

namespace {

/// Until a certificate that could not be put to use is tried again.
constexpr std::chrono::seconds kPause{30};

}  // namespace

CertificateRelease::CertificateRelease(Loop& loop, Log& log, Service service)
    : loop_(loop),
      log_(log),
      service_(std::move(service)),
      timer_(loop.make_timer([this] { release(); })) {}

void CertificateRelease::look() {
  if (!held_.empty()) timer_->set(loop_.now());
}

void CertificateRelease::release() {
  Config config = service_.config();
  // First: a clock that was set changes the chains.
  const auto now = service_.now();
  const auto names = held_.release(config, *service_.chains(), now);
  if (const auto next = held_.next_release())
    timer_->set(loop_.now() + std::max(*next - now, std::chrono::seconds{1}));
  if (names.empty()) return;
  const auto contexts = service_.make_contexts(config);
  if (!contexts) {
    timer_->set_earlier(loop_.now() + kPause);
    return log_.error("certificate", {{"state", "failed"},
                                      {"error", contexts.error().context},
                                      {"detail", "it is tried again; the old one stays in use"}});
  }
  held_.forget(names);
  service_.use(std::move(config), *contexts);
  for (const auto& name : names) log_.info("certificate", {{"name", name}, {"state", "in_use"}});
}

}  // namespace mooring::server
