// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "dnschain/base/time_text.hpp"
#include "run_mooring.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::test;
using Catch::Contains;
using nlohmann::json;

namespace {

const char* const kTlsa = "3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922";

const Vector& vector_of(std::string_view file) {
  for (const Vector& vector : rfc9102_vectors()) {
    if (vector.file == file) return vector;
  }
  throw std::runtime_error(std::string(file));
}

/// `mooring chain verify` of a vector in the middle of its time, with more arguments.
Ran verify(const Vector& vector, std::vector<std::string> more, bool utf8 = false) {
  const ScratchDirectory scratch;
  std::vector<std::string> arguments{"chain",
                                     "verify",
                                     scratch.write("chain.bin", vector.derived),
                                     vector.service().text(),
                                     "--anchor",
                                     std::string(MOORING_FIXTURES) + "/rfc9102/trust-anchor.txt"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_mooring(arguments, vector.inception + std::chrono::hours{24}, utf8);
}

std::string verdict_of(const Vector& vector) {
  if (vector.expected == "secure-tlsa") return "secure";
  return vector.expected == "secure-denial" ? "denial" : "insecure";
}

}  // namespace

TEST_CASE("chain verify judges every vector of RFC 9102 as it should", "[tools]") {
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    const Ran ran = verify(vector, {"--json"});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    const json object = json::parse(ran.out);
    CHECK(object["verdict"] == verdict_of(vector));
    CHECK(object["until"] == mooring::dnschain::to_text(vector.expiration));
    CHECK(object["name"] == vector.sni);
    CHECK(object["port"] == vector.port);
    CHECK(object["records"].size() == vector.records);
    CHECK(object["support_lifetime_hours"] == 0);
    CHECK_FALSE(object["reason"].get<std::string>().empty());
    CHECK(object["tlsa"].size() == (verdict_of(vector) == "secure" ? 1 : 0));
    if (verdict_of(vector) == "secure") CHECK(object["tlsa"][0]["text"] == kTlsa);
  }
}

TEST_CASE("chain verify calls a chain bogus out of its time and says why", "[tools]") {
  const Vector& vector = vector_of("a1.txt");
  const auto late = vector.expiration + std::chrono::seconds{1};
  for (const auto& [time, reason] :
       {std::pair{mooring::dnschain::to_text(late), "expired"},
        std::pair{std::to_string(vector.inception.time_since_epoch().count() - 1), "not"}}) {
    const Ran ran = verify(vector, {"--json", "--at", time});
    CHECK(ran.status == 1);
    CHECK_THAT(ran.err, Catch::StartsWith("mooring: the chain for " + vector.service().text() +
                                          " is bogus: "));
    const json object = json::parse(ran.out);
    CHECK(object["verdict"] == "bogus");
    CHECK(object["until"].is_null());
    CHECK(object["tlsa"].empty());
    CHECK_THAT(object["reason"].get<std::string>(), Contains(reason));
  }
  CHECK(verify(vector, {"--at", mooring::dnschain::to_text(vector.expiration)}).status == 0);
}

TEST_CASE("chain verify wants the name and port that the chain is for", "[tools]") {
  const Vector& vector = vector_of("a1.txt");
  const ScratchDirectory scratch;
  const std::string file = scratch.write("chain.bin", vector.derived);
  const std::string anchor = std::string(MOORING_FIXTURES) + "/rfc9102/trust-anchor.txt";
  for (const char* const service : {"www.example.com:853", "www.example.com", "example.com:443"}) {
    const Ran ran = run_mooring({"chain", "verify", file, service, "--anchor", anchor, "--at",
                                 mooring::dnschain::to_text(vector.inception)});
    INFO(service);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, Contains("bogus"));
  }
}

TEST_CASE("chain verify can require a verdict", "[tools]") {
  for (const Vector& vector : rfc9102_vectors()) {
    for (const char* const wanted : {"secure", "denial", "insecure"}) {
      INFO(vector.file << " " << wanted);
      const bool given = verdict_of(vector) == wanted;
      CHECK(verify(vector, {"--require", wanted}).status == (given ? 0 : 1));
    }
  }
  CHECK(verify(vector_of("a1.txt"), {"--require", "good"}).status == 2);
}

TEST_CASE("a chain is drawn from the root down to the records that it proves", "[tools]") {
  const Ran ran = verify(vector_of("a1.txt"), {"--tree"}, true);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Contains("www.example.com:443: secure"));
  const auto tree = ran.out.find("\n.\n");
  REQUIRE(tree != std::string::npos);
  CHECK(ran.out.substr(tree + 1) ==
        ".\n"
        "├─ key 47005 ECDSAP256SHA256 KSK, trusted: in the trust anchor\n"
        "│  └─ signs . DNSKEY until 2020-12-02T00:00:00Z\n"
        "├─ key 31918 ECDSAP256SHA256 ZSK\n"
        "│  └─ signs com. DS until 2020-12-02T00:00:00Z\n"
        "├─ key 2635 ECDSAP256SHA256 ZSK\n"
        "└─ com.\n"
        "   ├─ key 18931 ECDSAP256SHA256 KSK, vouched for by a DS in .\n"
        "   │  └─ signs com. DNSKEY until 2020-12-02T00:00:00Z\n"
        "   ├─ key 28809 ECDSAP256SHA256 KSK, vouched for by a DS in .\n"
        "   ├─ key 34327 ECDSAP256SHA256 ZSK\n"
        "   │  └─ signs example.com. DS until 2020-12-02T00:00:00Z\n"
        "   └─ example.com.\n"
        "      ├─ key 1870 ECDSAP256SHA256 KSK, vouched for by a DS in com.\n"
        "      │  ├─ signs example.com. DNSKEY until 2020-12-02T00:00:00Z\n"
        "      │  └─ signs _443._tcp.www.example.com. TLSA until 2020-12-02T00:00:00Z\n"
        "      └─ _443._tcp.www.example.com. TLSA, TTL 3600\n"
        "         └─ " +
            std::string(kTlsa) + "\n");
}

TEST_CASE("the tree of a denial ends in what was proven", "[tools]") {
  const Ran ran = verify(vector_of("a6.txt"), {"--tree"});
  CHECK_THAT(ran.out, Contains("smtp.example.com. NSEC www.example.com. A AAAA RRSIG NSEC\n"));
  CHECK_THAT(ran.out, Contains("`- so "));
  CHECK_THAT(ran.out, Contains("_25._tcp.smtp.example.com."));
}

TEST_CASE("the tree of an alias has both of its branches", "[tools]") {
  const Ran ran = verify(vector_of("a5.txt"), {"--tree"});
  CHECK_THAT(ran.out, Contains("+- net.\n"));
  CHECK_THAT(ran.out, Contains("`- com.\n"));
  CHECK_THAT(ran.out, Contains("example.net. DNAME example.com.\n"));
  CHECK_THAT(ran.out, Contains(std::string("`- ") + kTlsa));
}

TEST_CASE("without UTF-8 the output is ASCII", "[tools]") {
  for (const Vector& vector : rfc9102_vectors()) {
    for (const char c : verify(vector, {}).out) CHECK(static_cast<unsigned char>(c) < 0x7f);
  }
}

TEST_CASE("chain verify prints records, the tree or both", "[tools]") {
  const Vector& vector = vector_of("a1.txt");
  const std::string record = std::string("_443._tcp.www.example.com. 3600 IN TLSA ") + kTlsa;
  CHECK_THAT(verify(vector, {}).out, Contains(record));
  CHECK_THAT(verify(vector, {}).out, Contains("+- com.") || Contains("`- com."));
  CHECK_THAT(verify(vector, {"--records"}).out, Contains(record) && !Contains("`- com."));
  CHECK_THAT(verify(vector, {"--tree"}).out, !Contains(record) && Contains("`- com."));
}

TEST_CASE("chain verify keeps the octets as they came", "[tools]") {
  const Vector& vector = vector_of("a1.txt");
  const ScratchDirectory scratch;
  const std::string kept = scratch.path("kept.bin");
  REQUIRE(verify(vector, {"--out", kept, "--tree"}).status == 0);
  const Ran again = run_mooring({"chain", "verify", kept, vector.service().text(), "--anchor",
                                 std::string(MOORING_FIXTURES) + "/rfc9102/trust-anchor.txt",
                                 "--at", mooring::dnschain::to_text(vector.inception), "--json"});
  CHECK(json::parse(again.out)["octets"] == vector.derived.size());
}

TEST_CASE("no chain at all, or half of one, is bogus", "[tools]") {
  Vector vector = vector_of("a1.txt");
  vector.derived.resize(vector.derived.size() / 2);
  CHECK(verify(vector, {}).status == 1);
  vector.derived.clear();
  const Ran ran = verify(vector, {"--json"});
  CHECK(ran.status == 1);
  CHECK(json::parse(ran.out)["verdict"] == "bogus");
}

TEST_CASE("what keeps chain verify from judging is said in one line", "[tools]") {
  const ScratchDirectory scratch;
  const std::string chain = scratch.write("chain.bin", vector_of("a1.txt").derived);
  const std::string junk = scratch.write("junk", std::string_view("not an anchor\n"));
  struct Case {
    std::vector<std::string> arguments;
    std::string reason;
  };
  const std::vector<Case> cases{
      {{"/nonexistent", "a.example"}, "/nonexistent: No such file"},
      {{chain, "a..example"}, "a..example"},
      {{chain, "a.example:0"}, "no port"},
      {{chain, "a.example", "--at", "noon"}, "--at"},
      {{chain, "a.example", "--anchor", "/nonexistent"}, "/nonexistent"},
      {{chain, "a.example", "--anchor", junk}, junk + ":1"},
      {{chain, "a.example", "--wrong"}, "--wrong"},
      {{chain}, "NAME"},
  };
  for (const Case& given : cases) {
    std::vector<std::string> arguments{"chain", "verify"};
    arguments.insert(arguments.end(), given.arguments.begin(), given.arguments.end());
    const Ran ran = run_mooring(arguments);
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::StartsWith("mooring: ") && Contains(given.reason));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
}
