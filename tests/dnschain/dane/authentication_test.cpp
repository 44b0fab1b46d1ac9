// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/authentication.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "dnschain/dane/pem.hpp"
#include "support/dane_certificates.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::test;
using namespace mooring::dnschain;
using Catch::Contains;
using Method = AuthenticationMethod;

namespace {

constexpr WallTime kStart{std::chrono::seconds{1'700'000'000}};
constexpr WallTime kEnd = kStart + std::chrono::days{90};

const Vector& vector_of(const std::string& expected) {
  return *std::ranges::find(rfc9102_vectors(), expected, &Vector::expected);
}

TrustAnchor vectors_anchor() {
  return TrustAnchor::parse(fixture("rfc9102/trust-anchor.txt"), "f").value();
}

Bytes vectors_certificate() {
  return certificates_in_pem(fixture("rfc9102/certificate.pem")).front();
}

// A server that a vector's chain is about, and what a client wants of it while the chain holds.
struct Scene {
  explicit Scene(const std::string& expected) {
    const Vector& vector = vector_of(expected);
    presentation.identity.certificates = {vectors_certificate()};
    presentation.chain = vector.derived;
    policy.service = vector.service();
    policy.anchor = vectors_anchor();
    policy.at = vector.inception + std::chrono::days{1};
  }

  Presentation presentation;
  AuthenticationPolicy policy;
};

}  // namespace

TEST_CASE("a certificate of a trusted authority must hold the name where RFC 8310 wants it",
          "[dnschain][dane]") {
  struct Case {
    const char* what;
    CertificateSpec leaf;
    bool holds;
    const char* reason;
  };
  const CertificateSpec good{"dot.example", {"dot.example"}, kStart, kEnd, false, "Root"};
  CertificateSpec subject_only = good;
  subject_only.dns_names.clear();
  CertificateSpec sha1 = good;
  sha1.sha1 = true;
  const TestKey root_key;
  const TestKey key;
  const Bytes root = make_certificate({"Root", {}, kStart, kEnd, true, ""}, root_key, root_key);
  for (const Case& given : {Case{"plain", good, true, ""},
                            Case{"in the subject alone", subject_only, false, "mismatch"},
                            Case{"signed with SHA-1", sha1, false, "too weak"}}) {
    INFO(given.what);
    AuthenticationPolicy policy;
    policy.service = Service::create("dot.example", Port{853}).value();
    policy.authorities = {root};
    policy.at = kStart + std::chrono::days{1};
    const Authentication found =
        authenticate({{{make_certificate(given.leaf, key, root_key)}, {}, {}}, {}}, policy);
    CHECK((found.method == Method::pkix) == given.holds);
    CHECK((found.refusal == Refusal::no_path) == !given.holds);
    CHECK_THAT(found.reason, Contains(given.reason));
  }
}

TEST_CASE("where nothing is demanded nothing is proven and nobody is refused", "[dnschain][dane]") {
  Scene scene("secure-tlsa");
  const auto demand = scene.policy;
  for (const bool with_service : {true, false}) {
    scene.policy = demand;
    if (with_service) {
      scene.policy.anchor.reset();
    } else {
      scene.policy.service.reset();
    }
    const Authentication found = authenticate(scene.presentation, scene.policy);
    CHECK(found.method == Method::none);
    CHECK_FALSE(found.refusal);
    CHECK_FALSE(found.verdict);
  }
}

TEST_CASE("a chain that proves a TLSA record of the certificate authenticates it",
          "[dnschain][dane]") {
  const Scene scene("secure-tlsa");
  const Authentication found = authenticate(scene.presentation, scene.policy);
  CHECK(found.method == Method::dane);
  CHECK_FALSE(found.refusal);
  REQUIRE(found.verdict);
  REQUIRE(found.matched);
  CHECK(*found.matched == found.verdict->tlsa.front());
  CHECK(found.depth == 0);
  CHECK(found.body->records.size() == vector_of("secure-tlsa").records);
}

TEST_CASE("a server is refused for the first thing that does not hold", "[dnschain][dane]") {
  struct Case {
    const char* what;
    const char* vector;
    std::function<void(Scene&)> spoil;
    Refusal refusal;
    bool judged;  // a verdict is there to be shown
  };
  const auto authorities = [](Scene& scene) {
    const TestKey key;
    scene.policy.authorities = {make_certificate({"Root", {}, kStart, kEnd, true, ""}, key, key)};
  };
  const std::vector<Case> cases{
      {"no chain", "secure-tlsa", [](Scene& scene) { scene.presentation.chain.reset(); },
       Refusal::no_chain, false},
      {"no chain and no path", "secure-tlsa",
       [&](Scene& scene) {
         scene.presentation.chain.reset();
         authorities(scene);
       },
       Refusal::no_path, false},
      {"half a chain", "secure-tlsa",
       [](Scene& scene) { scene.presentation.chain->resize(scene.presentation.chain->size() / 2); },
       Refusal::malformed_chain, false},
      {"too late", "secure-tlsa",
       [](Scene& scene) {
         scene.policy.at = vector_of("secure-tlsa").expiration + std::chrono::days{1};
       },
       Refusal::bogus_chain, true},
      {"bogus, whatever the authorities say", "secure-tlsa",
       [&](Scene& scene) {
         scene.policy.at = vector_of("secure-tlsa").expiration + std::chrono::days{1};
         authorities(scene);
       },
       Refusal::bogus_chain, true},
      {"another certificate", "secure-tlsa",
       [](Scene& scene) {
         const TestKey key;
         scene.presentation.identity.certificates = {
             make_certificate({"x", {}, kStart, kEnd, false, ""}, key, key)};
       },
       Refusal::no_tlsa_match, true},
      {"denial", "secure-denial", [](Scene&) {}, Refusal::no_tlsa_records, true},
      {"unsigned zone", "insecure-delegation", [](Scene&) {}, Refusal::no_tlsa_records, true},
      {"denial and no path", "secure-denial", authorities, Refusal::no_path, true}};
  for (const Case& given : cases) {
    INFO(given.what);
    Scene scene(given.vector);
    given.spoil(scene);
    const Authentication found = authenticate(scene.presentation, scene.policy);
    CHECK(found.method == Method::none);
    CHECK(found.refusal == given.refusal);
    CHECK(found.verdict.has_value() == given.judged);
    CHECK_FALSE(found.matched);
  }
}
