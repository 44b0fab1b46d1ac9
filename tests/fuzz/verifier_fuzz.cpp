// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>

#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"

using namespace mooring::dnschain;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

// The root of the RFC 9102 vectors, and a time at which they hold.
constexpr char kAnchor[] =
    ". IN DS 47005 13 2 2eb6e9f2480126691594d649a5a613de3052e37861634641bb568746f2ffc4d4";
constexpr WallTime kNow{std::chrono::seconds(1'560'000'000)};

const char* const kHosts[] = {"www.example.com", "example.com",      "www.example.org",
                              "www.example.net", "smtp.example.com", "www.insecure.example"};

}  // namespace

// Nobody but the RFC's authors has the keys: whatever comes out secure must be their TLSA record,
// and what a proof holds must prove the same by itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TrustAnchor anchor = TrustAnchor::parse(kAnchor, "vectors").value();
  const auto body = parse_extension_body({reinterpret_cast<const std::byte*>(data), size});
  if (!body) return 0;
  for (const char* host : kHosts) {
    for (const Port port : {Port{25}, Port{443}}) {
      const auto service = Service::create(host, port).value();
      const Verdict verdict = verify(body->records, service, anchor, kNow);
      expect(!verdict.reason.empty());
      if (verdict.kind == VerdictKind::bogus) continue;
      expect(verify(verdict.proof, service, anchor, kNow).kind == verdict.kind);
      if (verdict.kind != VerdictKind::secure) continue;
      expect(verdict.tlsa.size() == 1);
      expect(to_text(verdict.tlsa.front()) ==
             "3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922");
    }
  }
  return 0;
}
