// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/authentication_text.hpp"

#include <catch2/catch.hpp>

#include "support/rfc9102_vectors.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/text.hpp"
#include "tools/tlsa/certificate.hpp"

using namespace mooring::test;
using namespace mooring::tools;
using namespace mooring::dnschain;

namespace {

Authentication refused_for(Refusal refusal, std::string reason,
                           std::optional<Verdict> verdict = std::nullopt) {
  Authentication found;
  found.refusal = refusal;
  found.reason = std::move(reason);
  found.verdict = std::move(verdict);
  return found;
}

Verdict verdict_for(std::string reason) {
  Verdict verdict;
  verdict.reason = std::move(reason);
  return verdict;
}

}  // namespace

TEST_CASE("a refusal says exactly what did not hold", "[tools]") {
  struct Case {
    Authentication found;
    bool by_chain;
    std::string said;
  };
  const std::string none = "the server sent no dnssec_chain extension for dot.example:853";
  const std::string denied =
      "the chain proves that there are no TLSA records to go by for dot.example:853: it says so";
  const std::string path =
      "not authenticated by PKIX: its certificate does not hold for dot.example: expired";
  const std::string chain = "not authenticated: the chain for dot.example:853 is ";
  for (const Case& given :
       {Case{refused_for(Refusal::no_chain, ""), true, "not authenticated: " + none},
        Case{refused_for(Refusal::malformed_chain, "too short"), true,
             chain + "malformed: too short"},
        Case{refused_for(Refusal::bogus_chain, "", verdict_for("a signature is too old")), true,
             chain + "bogus: a signature is too old"},
        Case{refused_for(Refusal::no_tlsa_records, "", verdict_for("it says so")), true,
             "not authenticated: " + denied},
        Case{refused_for(Refusal::no_tlsa_match, "nothing fits", verdict_for("")), true,
             "not authenticated: nothing fits; it presented an unreadable certificate"},
        Case{refused_for(Refusal::no_path, "expired"), false, path},
        Case{refused_for(Refusal::no_path, "expired"), true, path + "; " + none},
        Case{refused_for(Refusal::no_path, "expired", verdict_for("it says so")), true,
             path + "; " + denied}}) {
    AuthenticationPolicy policy;
    policy.service = make_service("dot.example", 853).value();
    if (given.by_chain) {
      policy.anchor = TrustAnchor::parse(fixture("rfc9102/trust-anchor.txt"), "f").value();
    }
    CHECK(authentication_text(given.found, {}, policy) == given.said);
  }
}

TEST_CASE("a server that was authenticated is described by what it presented", "[tools]") {
  const std::string pem = fixture("rfc9102/certificate.pem");
  const auto keys = read_key_material(as_octets(pem), "x").value();
  const Presentation presentation{as_presented(keys), std::nullopt};
  Authentication found;
  CHECK(authentication_text(found, presentation, {}) == "nobody knows who this server is");
  found.method = AuthenticationMethod::pkix;
  CHECK(authentication_text(found, presentation, {}) == describe(keys.front()));
  found.method = AuthenticationMethod::dane;
  found.matched = make_tlsa(keys.front(), 3, 1, 1);
  CHECK(authentication_text(found, presentation, {}) ==
        "TLSA " + to_text(*found.matched) + " matches " + describe(keys.front()));
}

TEST_CASE("methods have the names that --json prints", "[tools]") {
  CHECK(method_name(AuthenticationMethod::none) == "none");
  CHECK(method_name(AuthenticationMethod::dane) == "dane");
  CHECK(method_name(AuthenticationMethod::pkix) == "pkix");
}
