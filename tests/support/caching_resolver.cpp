// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/caching_resolver.hpp"

#include <algorithm>

#include "support/scripted_answers.hpp"

namespace mooring::test {

using dnschain::Bytes;
using dnschain::Question;
using dnschain::Record;
using dnschain::WallTime;
using std::chrono::seconds;

namespace {

seconds smallest_ttl(const TreeAnswer& content) {
  seconds smallest{7 * 86400};
  for (const auto* section : {&content.answer, &content.authority}) {
    for (const Record& record : *section) smallest = std::min(smallest, seconds(record.ttl));
  }
  return smallest;
}

}  // namespace

Bytes CachingResolver::answer(const Question& question, WallTime now) {
  Entry& entry = cache_[{question.owner, question.type, question.checking_disabled}];
  if (now >= entry.expires) {
    entry.content = authority_(question, now);
    entry.fetched = now;
    entry.expires = now + smallest_ttl(entry.content);
    ++misses_;
  }
  TreeAnswer aged = entry.content;
  for (auto* section : {&aged.answer, &aged.authority}) {
    for (Record& record : *section)
      record.ttl -= static_cast<std::uint32_t>((now - entry.fetched).count());
  }
  return response(question, aged.answer, aged.authority, static_cast<dnschain::Rcode>(aged.rcode));
}

}  // namespace mooring::test
