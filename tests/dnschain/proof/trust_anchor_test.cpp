// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/trust_anchor.hpp"

#include <catch2/catch.hpp>

#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;

namespace {

const std::string kDs =
    ". IN DS 47005 13 2 2eb6e9f2480126691594d649a5a613de3052e37861634641bb568746f2ffc4d4";
const std::string kKey =
    "IN DNSKEY 257 3 13 "
    "yvX+VNTUjxZiGvtr060hVbrPV9H6rVusQtF9lIxCFzbZOJxMQBFmbqlc8XclvQ+gDOXnFOTsgs/frMmxyGOtRg==";

std::string error_of(const std::string& text) {
  const auto anchor = TrustAnchor::parse(text, "root.ds");
  return anchor ? "" : anchor.error().context;
}

}  // namespace

TEST_CASE("a trust anchor is read from DS and DNSKEY records", "[dnschain]") {
  const auto text = GENERATE_COPY(
      as<std::string>{}, kDs, kDs + "\n", "; comment\n\n" + kDs + " ; KSK\r\n", ". 86400 " + kKey,
      "example.com " + kKey, "\xef\xbb\xbf" + kDs, kDs + " ; my state=of-the-art key",
      ". IN DS 47005 13 2 (\n 2eb6e9f2480126691594d649a5a613de3052e378 ; one\n"
      " 61634641bb568746f2ffc4d4 )\n");
  const auto anchor = TrustAnchor::parse(text, "f");
  REQUIRE(anchor);
  CHECK(anchor->records().size() == 1);
}

TEST_CASE("a trust anchor can hold several records, of zones below the root too", "[dnschain]") {
  const auto anchor = TrustAnchor::parse(kDs + "\nexample.com. " + kKey + "\n", "f").value();
  REQUIRE(anchor.records().size() == 2);
  CHECK(anchor.records()[0].type == RrType::ds);
  CHECK(anchor.records()[1].owner.text() == "example.com.");
}

TEST_CASE("of Unbound's root.key only valid and missing keys are trusted", "[dnschain]") {
  const auto state = GENERATE(0, 1, 2, 3, 4, 5);
  const std::string text =
      "; autotrust trust anchor file\n;;id: . 1\n;;last_queried: 1 ;;Thu Jan  1 00:00:01 1970\n" +
      kDs + "\n.\t86400\t" + kKey +
      " ;{id = 47005 (ksk), size = 256b} ;;state=" + std::to_string(state) +
      " [  VALID  ] ;;count=0 ;;lastchange=1 ;;Thu Jan  1 1970\n";
  const auto anchor = TrustAnchor::parse(text, "root.key").value();
  CHECK(anchor.records().size() == (state == 2 || state == 3 ? 2 : 1));
}

TEST_CASE("a wrong trust anchor is refused with file and line", "[dnschain]") {
  CHECK(error_of(kDs + "\n\nnonsense\n").rfind("root.ds:3: ", 0) == 0);
  CHECK(error_of(". IN A 192.0.2.1").rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of(". CH DS 47005 13 2 2eb6").rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of(". IN DS 47005 13 2 xyz").rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of(". IN DS 47005 13 2 2eb6").rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of(kDs + std::string("\0", 1)).rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of("a..b IN DS 47005 13 2 2eb6").rfind("root.ds:1: ", 0) == 0);
  CHECK(error_of(" " + kDs.substr(2)).find("white space") != std::string::npos);
  CHECK(error_of("\t172800 " + kDs.substr(2)).find("white space") != std::string::npos);
  CHECK(error_of("@ " + kDs.substr(2)).find("@") != std::string::npos);
  CHECK(error_of("$ORIGIN .\n" + kDs).find("directives") != std::string::npos);
  CHECK(error_of(". IN DS 47005 13 2 ( " + kDs.substr(19)).find("parenthesis") !=
        std::string::npos);
  CHECK(error_of("-----BEGIN CERTIFICATE-----\n") == "root.ds:1: not a resource record");
  CHECK(error_of("; nothing\n") == "root.ds: there is no DS or DNSKEY record in it");
  CHECK_FALSE(error_of("").empty());
}

TEST_CASE("a trust anchor of which nothing can be used is refused", "[dnschain]") {
  const std::string digest = "2eb6e9f2480126691594d649a5a613de3052e378";
  CHECK_FALSE(error_of(". IN DS 47005 13 1 " + digest).empty());
  CHECK_FALSE(error_of(". IN DS 47005 5 2 " + digest + "61634641bb568746f2ffc4d4").empty());
  std::string revoked = ". " + kKey;
  revoked.replace(revoked.find("257"), 3, "385");
  CHECK_FALSE(error_of(revoked).empty());
}
