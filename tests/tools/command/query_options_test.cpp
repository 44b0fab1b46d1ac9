// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/query_options.hpp"

#include <catch2/catch.hpp>

#include "run_mooring.hpp"

using namespace mooring::tools;
using Catch::Contains;

namespace {

using List = std::vector<std::string>;

Outcome<QueryPlan> plan_of(List words) {
  QueryOptions options;
  options.words = std::move(words);
  return plan_query(options);
}

List questions_of(const List& words) {
  List found;
  const auto plan = plan_of(words);
  INFO((plan ? "" : plan.error().text));
  REQUIRE(plan.has_value());
  for (const auto& question : plan->questions) {
    found.push_back(question.name.text() + "/" + std::to_string(question.type));
    if (question.rr_class != 1) found.back() += "/" + std::to_string(question.rr_class);
  }
  return found;
}

std::string joined(const List& words) {
  std::string out;
  for (const std::string& word : words) out += word + " ";
  return out;
}

}  // namespace

TEST_CASE("the words of a query are understood as dig does", "[tools]") {
  struct Case {
    List words, questions;
  };
  const auto given = GENERATE(values<Case>({
      {{"example.org"}, {"example.org./1"}},
      {{"example.org", "aaaa"}, {"example.org./28"}},
      {{"@192.0.2.1", "example.org", "MX"}, {"example.org./15"}},
      {{"example.org", "MX", "@192.0.2.1"}, {"example.org./15"}},
      {{"MX", "example.org"}, {"example.org./15"}},
      {{"a.example", "b.example", "AAAA", "c.example"},
       {"a.example./1", "b.example./28", "c.example./1"}},
      {{"MX", "a.example", "b.example", "AAAA"}, {"a.example./15", "b.example./28"}},
      {{"mx.", "mx"}, {"mx./15"}},
      {{"-q", "mx", "mx", "-q", "in"}, {"mx./15", "in./1"}},
      {{".", "TYPE48"}, {"./48"}},
      {{"@192.0.2.1"}, {"./2"}},
      {{"SOA"}, {"./6"}},
      {{"example.org", "IN", "MX"}, {"example.org./15"}},
      {{"example.org", "MX", "in"}, {"example.org./15"}},
      {{"IN", "example.org"}, {"example.org./1"}},
      {{"ch", "txt", "version.bind"}, {"version.bind./16/3"}},
      {{"version.bind", "-c", "CLASS3", "-t", "txt", "b.example"},
       {"version.bind./16/3", "b.example./1"}},
      {{"-t", "mx", "a.example", "b.example"}, {"a.example./15", "b.example./15"}},
      {{"-x", "192.0.2.1"}, {"1.2.0.192.in-addr.arpa./12"}},
      {{"-x", "192.0.2.1", "-t", "any", "a.example"},
       {"1.2.0.192.in-addr.arpa./255", "a.example./1"}},
      {{"-t", "mx", "a.example", "-x", "192.0.2.1"},
       {"a.example./15", "1.2.0.192.in-addr.arpa./12"}},
      {{"-x", "2001:db8::567:89ab"},
       {"b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa./12"}},
      {{"+tls", "example.org", "+noall", "AAAA", "+answer"}, {"example.org./28"}},
  }));
  INFO(joined(given.words));
  CHECK(questions_of(given.words) == given.questions);
}

TEST_CASE("what no query can be made of is refused in words", "[tools]") {
  struct Case {
    List words;
    std::string said;
  };
  const auto given = GENERATE(values<Case>({
      {{"a..b"}, "\"a..b\" is no domain name"},
      {{"a.example", "A", "AAAA"}, "\"AAAA\" is a second type for a.example."},
      {{"a.example", "IN", "CH"}, "\"CH\" is a second class for a.example."},
      {{"-t", "mx", "txt", "a.example"}, "\"txt\" is a second type"},
      {{"-t", "nonesuch"}, "\"nonesuch\" is no type"},
      {{"-c", "A"}, "\"A\" is no class"},
      {{"-c", "CLASS65536"}, "is no class"},
      {{"-x", "www.example"}, "-x \"www.example\" is no IPv4 or IPv6 address"},
      {{"-x", "192.0.2"}, "is no IPv4 or IPv6 address"},
      {{"@192.0.2.1", "@192.0.2.2"}, "more than one server"},
      {{"@", "x"}, "is missing"},
      {{"+trace", "x"}, "\"+trace\" is not known here"},
      {{"+", "x"}, "\"+\" is not known here"},
      {{"+no", "x"}, "\"+no\" is not known here"},
      {{"+a", "x"}, "\"+a\" is not known here"},
      {{"+https", "x"}, "\"+https\": only DNS over TLS"},
      {{"+notcp", "x"}, "\"+notcp\": only DNS over TLS"},
      {{"+cookie", "x"}, "\"+cookie\" is not known here"},
      {{"+nobufsize", "x"}, "\"+nobufsize\" is not known here"},
      {{"+time", "x"}, "\"+time\": a value is missing"},
      {{"+time=", "x"}, "\"+time=\": the value is out of range"},
      {{"+time=0", "x"}, "\"+time=0\": the value is out of range"},
      {{"+time=1s", "x"}, "\"+time=1s\": the value is out of range"},
      {{"+short=2", "x"}, "\"+short=2\": it takes no value"},
      {{"+nopadding=2", "x"}, "\"+nopadding=2\": it takes no value"},
      {{"+edns=1", "x"}, "\"+edns=1\": the value is out of range"},
      {{"+padding=9999", "x"}, "out of range"},
      {{"+dnssec", "+noedns", "x"}, "without EDNS"},
  }));
  INFO(joined(given.words));
  const auto plan = plan_of(given.words);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().status == ExitStatus::trouble);
  CHECK_THAT(plan.error().text, Contains(given.said));
}

TEST_CASE("a query goes to 127.0.0.1:853 unless told otherwise", "[tools]") {
  struct Case {
    List words;
    std::uint16_t port;
    std::string server;
  };
  const auto given = GENERATE(values<Case>({
      {{}, 853, "127.0.0.1:853"},
      {{"x"}, 8853, "127.0.0.1:8853"},
      {{"@[::1]:8853", "x"}, 853, "[::1]:8853"},
      {{"@192.0.2.1", "x"}, 8853, "192.0.2.1:8853"},
      {{"@192.0.2.1@1853", "x"}, 8853, "192.0.2.1:1853"},
      {{"x", "@192.0.2.1#1853"}, 853, "192.0.2.1:1853"},
      {{"@2001:db8::1@1853"}, 853, "[2001:db8::1]:1853"},
  }));
  QueryOptions options;
  options.words = given.words;
  options.port = given.port;
  CHECK(plan_query(options)->server.text() == given.server);
}

TEST_CASE("words with a plus change how questions are asked and answers are printed", "[tools]") {
  const auto plan = plan_of({"a.example", "+dnssec", "+cd", "+nord", "+noad", "+nsid", "+short",
                             "+padding=468", "+bufsize=4096", "+time=2.5", "b.example",
                             "+tls-ca=ca.pem", "+tls-host=dot.example"});
  REQUIRE(plan.has_value());
  for (const auto& question : plan->questions) {
    CHECK(question.dnssec_ok);
    CHECK(question.checking_disabled);
    CHECK_FALSE(question.recurse);
    CHECK_FALSE(question.authentic_data);
    CHECK(question.nsid);
    CHECK(question.padding_block == 468);
    CHECK(question.udp_size == 4096);
  }
  CHECK(plan->options.short_form);
  CHECK(plan->options.server.timeout == 2.5);
  CHECK(plan->options.ca_file == "ca.pem");
  CHECK(plan->options.server.name == "dot.example");
}

TEST_CASE("what DNS over TLS does anyway may be asked for, and the last word wins", "[tools]") {
  const auto plan = plan_of({"+tls",       "+tcp",       "+vc",       "+keepopen", "+retry=0",
                             "+tries=1",   "+nocookie",  "+nosearch", "+nocmd",    "+rec",
                             "+norecurse", "+recurse",   "+do",       "+nodnssec", "+noedns",
                             "+edns=0",    "+nopadding", "+noall",    "+answer",   "a.example"});
  INFO((plan ? "" : plan.error().text));
  REQUIRE(plan.has_value());
  const auto& question = plan->questions.at(0);
  CHECK(question.recurse);
  CHECK(question.edns);
  CHECK_FALSE(question.dnssec_ok);
  CHECK(question.padding_block == 0);
  CHECK_FALSE(plan->options.shown.comments);
  CHECK(plan->options.shown.sections == std::array{true, false, false});
}

TEST_CASE("the command line keeps the order of names and options", "[tools]") {
  struct Case {
    List arguments;
    std::string said;
  };
  // Each ends before anything is sent, with what the words were taken for.
  for (const Case& given :
       {Case{{"--no-auth", "+tls-ca=ca.pem", "x"}, "exclude each other"},
        Case{{"-t", "mx", "a.example", "-t", "txt", "-t", "ns"}, "second type for a.example."},
        Case{{"-x", "192.0.2.1", "b.example", "-t", "a", "-taaaa"}, "second type for b.example."},
        Case{{"b.example", "-x", "192.0.2.1", "a", "aaaa"}, "second type for 1.2.0.192.in-addr"},
        Case{{"-q", "mx", "txt", "@192.0.2.1", "mx"}, "second type for mx."},
        Case{{"-p", "0", "x"}, "-p"}, Case{{"-p", "x"}, "-p"},
        Case{{"a.example", "+trace", "-p", "53"}, "\"+trace\" is not known here"}}) {
    List arguments = given.arguments;
    arguments.insert(arguments.begin(), "query");
    const auto ran = mooring::test::run_mooring(arguments);
    INFO(joined(given.arguments));
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains(given.said));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
}
