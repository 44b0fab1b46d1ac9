// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/signed_tree.hpp"

#include <catch2/catch.hpp>

#include "dnschain/proof/verifier.hpp"

using namespace mooring::dnschain;
using namespace mooring::test;

TEST_CASE("a chain of a signed tree is secure with every algorithm", "[dnschain]") {
  const int algorithm = GENERATE(8, 10, 13, 14, 15, 16);
  const auto number = static_cast<std::uint8_t>(algorithm);
  SignedTree tree;
  tree.zone({"example.", number}).zone({"sub.example.", number});
  tree.tlsa("_853._tcp.dot.sub.example.");
  const auto service = Service::create("dot.sub.example", Port{853}).value();
  const auto verdict = verify(tree.chain(service), service, tree.anchor(), tree.now());
  INFO(verdict.reason);
  CHECK(verdict.kind == VerdictKind::secure);
  CHECK(verdict.zones.size() == 3);
}
