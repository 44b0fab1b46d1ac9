// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/ask_list.hpp"

#include <algorithm>
#include <utility>

namespace mooring::dnschain {

void AskList::ask(const Service& service, const Question& question, WallTime deadline) {
  const auto same = std::ranges::find_if(
      waiting_, [&](const auto& entry) { return entry.second.question == question; });
  if (same != waiting_.end()) {
    same->second.services.push_back(service);
    return;
  }
  const AskId id = ++last_id_;
  waiting_.emplace(id, Waiting{question, deadline, {service}});
  unsent_.push_back({id, question});
}

std::vector<Ask> AskList::take_unsent() {
  return std::exchange(unsent_, {});
}

std::optional<AskList::Waiting> AskList::take(AskId id) {
  auto found = waiting_.extract(id);
  if (found.empty()) return std::nullopt;
  drop_unsent();
  return std::move(found.mapped());
}

std::vector<AskId> AskList::late(WallTime now) const {
  std::vector<AskId> out;
  for (const auto& [id, waiting] : waiting_)
    if (waiting.deadline <= now) out.push_back(id);
  return out;
}

void AskList::forget(const Service& service) {
  for (auto& [id, waiting] : waiting_) std::erase(waiting.services, service);
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.services.empty(); });
  drop_unsent();
}

void AskList::clear() {
  waiting_.clear();
  unsent_.clear();
}

bool AskList::waits(const Service& service) const {
  return std::ranges::any_of(waiting_, [&](const auto& entry) {
    return std::ranges::find(entry.second.services, service) != entry.second.services.end();
  });
}

WallTime AskList::next_deadline() const {
  WallTime when = WallTime::max();
  for (const auto& [id, waiting] : waiting_) when = std::min(when, waiting.deadline);
  return when;
}

/// What nobody waits for need not be sent.
void AskList::drop_unsent() {
  std::erase_if(unsent_, [&](const Ask& each) { return !waiting_.contains(each.id); });
}

}  // namespace mooring::dnschain
