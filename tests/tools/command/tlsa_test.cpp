// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "run_mooring.hpp"
#include "support/rfc9102_vectors.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/report/rollover_text.hpp"
#include "tools/tlsa/forms.hpp"
#include "tools/tlsa/rollover.hpp"

using namespace mooring::test;
using namespace mooring::tools;
using Catch::Contains;
using mooring::dnschain::WallTime;
using nlohmann::json;

namespace {

const char* const kKeyRecord =
    "3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922";

std::string certificate_file() {
  return std::string(MOORING_FIXTURES) + "/rfc9102/certificate.pem";
}

/// The certificate of RFC 9102's vectors.
KeyMaterial rfc_key() {
  const std::string pem = fixture("rfc9102/certificate.pem");
  return read_key_material(std::as_bytes(std::span(pem)), "certificate.pem").value().front();
}

KeyMaterial other_key() {
  KeyMaterial key;
  key.public_key = from_hex(
      "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62"
      "325af021a68f707511a");
  key.subject = "raw public key";
  return key;
}

RolloverInput rollover_input() {
  RolloverInput input;
  input.old_keys = {rfc_key()};
  input.new_keys = {other_key()};
  input.forms = {{3, 1, 1}};
  input.ttl = 3600;
  input.published_at = WallTime{std::chrono::seconds{1'600'000'000}};
  return input;
}

}  // namespace

TEST_CASE("tlsa create gives the record that RFC 9102 publishes for its certificate", "[tools]") {
  const Ran ran = run_mooring({"tlsa", "create", certificate_file()});
  CHECK(ran.status == 0);
  CHECK(ran.out.substr(0, ran.out.find('\n')) == kKeyRecord);
  CHECK_THAT(ran.out, Contains("\n3 0 1 ") && Contains("\n3 1 2 ") && Contains("\n3 0 2 "));
}

TEST_CASE("tlsa create prints lines for a zone, one of them live", "[tools]") {
  const Ran ran = run_mooring({"tlsa", "create", certificate_file(), "--name", "Dot.Example.",
                               "--port", "8853", "--ttl", "60"});
  CHECK(ran.out.substr(0, ran.out.find('\n')) ==
        std::string("_8853._tcp.dot.example. 60 IN TLSA ") + kKeyRecord);
  CHECK_THAT(ran.out, Contains("\n; _8853._tcp.dot.example. 60 IN TLSA 3 0 1 "));
  CHECK_THAT(ran.out, !Contains("\n_8853"));
}

TEST_CASE("tlsa create makes the forms that are asked for, and says which it cannot", "[tools]") {
  const Ran ran =
      run_mooring({"tlsa", "create", certificate_file(), "--form", "3 1 0", "--form", "301"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Catch::StartsWith("3 1 0 30820122") && Contains("\n3 0 1 "));

  const ScratchDirectory scratch;
  const std::string bare = scratch.write("key.der", other_key().public_key);
  struct Case {
    std::string file, form, reason;
  };
  for (const Case& given : {Case{certificate_file(), "4 1 1", "no TLSA form"},
                            Case{certificate_file(), "3 1", "no TLSA form"},
                            Case{certificate_file(), "2 0 1", "none of the certificates is one"},
                            Case{bare, "3 0 1", "needs a certificate"},
                            Case{scratch.write("junk", std::string_view("junk")), "3 1 1",
                                 "neither a certificate nor a public key"}}) {
    const Ran failed = run_mooring({"tlsa", "create", given.file, "--form", given.form});
    CHECK(failed.status == 2);
    CHECK_THAT(failed.err, Contains(given.reason));
  }
}

TEST_CASE("tlsa create takes a raw public key, in DER or PEM", "[tools]") {
  const ScratchDirectory scratch;
  const std::string der = scratch.write("key.der", other_key().public_key);
  const std::string pem = scratch.write(
      "key.pem", std::string_view("-----BEGIN PUBLIC KEY-----\n"
                                  "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                                  "-----END PUBLIC KEY-----\n"));
  const Ran from_der = run_mooring({"tlsa", "create", der, "--json"});
  const Ran from_pem = run_mooring({"tlsa", "create", pem, "--json"});
  CHECK(from_der.out == from_pem.out);
  const json object = json::parse(from_der.out);
  CHECK(object["subject"] == "raw public key");
  REQUIRE(object["tlsa"].size() == 2);
  CHECK(object["tlsa"][0]["selector"] == 1);
  CHECK(object["tlsa"][1]["matching"] == 2);
}

TEST_CASE("a rollover waits two TTLs between publishing and using", "[tools]") {
  const RolloverInput input = rollover_input();
  const auto plan = plan_rollover(input);
  REQUIRE(plan.has_value());
  CHECK_FALSE(plan->same_key);
  CHECK_FALSE(plan->new_is_there);
  CHECK(plan->new_key_from == input.published_at + std::chrono::hours{2});
  const auto service = parse_service("dot.example").value();
  const std::string text = rollover_text(*plan, service, input.published_at);
  CHECK_THAT(text, Contains(kKeyRecord) && Contains("2020-09-13T14:26:40Z (in 2 h)"));
  const json object = rollover_json(*plan, service);
  CHECK(object["new_key_from"] == "2020-09-13T14:26:40Z");
  CHECK(object["publish"].size() == 2);
  CHECK(object["publish"][0]["text"] == kKeyRecord);
}
