// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/denial.hpp"

#include <catch2/catch.hpp>

#include "support/scripted_answers.hpp"

namespace {

using namespace mooring::dnschain;
using mooring::test::name;
using mooring::test::nsec;
using mooring::test::nsec3;
using mooring::test::Nsec3Kind;
using Places = std::vector<std::size_t>;

const AcceptRecord kAll = [](std::size_t) { return true; };

/// Records of the zone "example.", and the views of them.
struct NsecRecords {
  explicit NsecRecords(std::vector<Record> given) : records(std::move(given)) {
    for (std::size_t i = 0; i < records.size(); ++i)
      views.push_back(NsecView::read(i, records[i]).value());
  }
  [[nodiscard]] NsecDenials denials(const AcceptRecord& accept = kAll) const {
    return {views, zone, accept};
  }

  std::vector<Record> records;
  std::vector<NsecView> views;
  Name zone = name("example.");
};

struct Nsec3Records {
  explicit Nsec3Records(std::vector<Record> given) : records(std::move(given)) {
    for (std::size_t i = 0; i < records.size(); ++i)
      views.push_back(Nsec3View::read(i, records[i], zone).value());
  }
  [[nodiscard]] Nsec3Denials denials() const { return {views, zone, hash, kAll}; }

  std::vector<Record> records;
  std::vector<Nsec3View> views;
  Name zone = name("example.");
  Nsec3Hash hash = [this](const Name& each) {
    return nsec3_hash(each.lower().wire(), views.front().salt, views.front().iterations);
  };
};

NsecView view(std::string_view owner, std::string_view next, const Record& keep) {
  NsecView out = NsecView::read(0, keep).value();
  out.owner = name(owner);
  out.next = name(next);
  return out;
}

Record nsec3_at(std::string_view owner, std::initializer_list<RrType> types) {
  return nsec3("example.", owner, Nsec3Kind::matches, types);
}
Record nsec3_over(std::string_view covered, Nsec3Kind kind = Nsec3Kind::covers) {
  return nsec3("example.", covered, kind, {RrType::a});
}

TEST_CASE("an NSEC record covers what lies between owner and next name", "[dnschain][denial]") {
  const Record plain = nsec("b.example.", "d.example.", {RrType::a});
  const Record cut = nsec("b.example.", "d.example.", {RrType::ns});
  const Record dname = nsec("b.example.", "d.example.", {RrType::dname});
  const Record apex = nsec("example.", "d.example.", {RrType::ns, RrType::soa});
  const Name zone = name("example.");
  struct Case {
    const Record& types;
    const char* owner;
    const char* next;
    const char* asked;
    bool covered;
  };
  for (const Case& each : {
           Case{plain, "b.example.", "d.example.", "c.example.", true},
           Case{plain, "b.example.", "d.example.", "x.b.example.", true},
           Case{plain, "b.example.", "d.example.", "B.example.", false},
           Case{plain, "b.example.", "d.example.", "d.example.", false},
           Case{plain, "b.example.", "d.example.", "a.example.", false},
           Case{plain, "x.example.", "example.", "z.example.", true},
           Case{plain, "x.example.", "example.", "a.example.", false},
           Case{plain, "x.example.", "example.", "other.", false},
           // Only the apex ends a zone.
           Case{plain, "x.example.", "b.example.", "z.example.", false},
           Case{cut, "b.example.", "d.example.", "c.example.", true},
           Case{cut, "b.example.", "d.example.", "x.b.example.", false},
           Case{dname, "b.example.", "d.example.", "x.b.example.", false},
           Case{apex, "example.", "d.example.", "c.example.", true},
       }) {
    INFO(each.owner << " to " << each.next << " and " << each.asked);
    CHECK(view(each.owner, each.next, each.types).covers(name(each.asked), zone) == each.covered);
  }
}

TEST_CASE("an NSEC record is of a zone when it stays within it", "[dnschain][denial]") {
  const Record plain = nsec("b.example.", "d.example.", {RrType::a});
  const Record apex = nsec("example.", "d.example.", {RrType::soa});
  CHECK(view("b.example.", "d.example.", plain).is_of(name("example.")));
  CHECK_FALSE(view("b.example.", "d.other.", plain).is_of(name("example.")));
  CHECK_FALSE(view("b.other.", "d.example.", plain).is_of(name("example.")));
  CHECK(view("example.", "d.example.", apex).is_of(name("example.")));
  CHECK_FALSE(view("b.example.", "d.example.", apex).is_of(name("example.")));
}

TEST_CASE("a type list denies what is not in it, as its side of a zone cut may",
          "[dnschain][denial]") {
  struct Case {
    std::initializer_list<RrType> types;
    RrType asked;
    DenialKind denied;
  };
  for (const Case& each : {
           Case{{RrType::a}, RrType::tlsa, DenialKind::no_data},
           Case{{RrType::tlsa}, RrType::tlsa, DenialKind::none},
           Case{{RrType::cname}, RrType::tlsa, DenialKind::none},
           Case{{RrType::ns}, RrType::tlsa, DenialKind::none},
           Case{{RrType::ns, RrType::soa}, RrType::tlsa, DenialKind::no_data},
           Case{{RrType::a}, RrType::ds, DenialKind::no_data},
           Case{{RrType::ns}, RrType::ds, DenialKind::insecure_delegation},
           Case{{RrType::ns, RrType::ds}, RrType::ds, DenialKind::none},
           Case{{RrType::ns, RrType::soa}, RrType::ds, DenialKind::none},
       }) {
    const Record record = nsec("b.example.", "d.example.", each.types);
    CHECK(denied_by(NsecView::read(0, record)->types, each.asked) == each.denied);
  }
}

TEST_CASE("NSEC denies with the fewest records, or tells which name is missing",
          "[dnschain][denial]") {
  const NsecRecords zone({
      nsec("example.", "b.example.", {RrType::ns, RrType::soa}),
      nsec("b.example.", "x.e.example.", {RrType::a}),
      nsec("x.e.example.", "*.w.example.", {RrType::a}),
      nsec("*.w.example.", "example.", {RrType::a}),
  });
  struct Case {
    const char* asked;
    DenialKind kind;
    Places records;
  };
  for (const Case& each : {
           Case{"b.example.", DenialKind::no_data, {1}},
           Case{"e.example.", DenialKind::empty, {1}},
           Case{"c.example.", DenialKind::name_error, {1, 0}},
           Case{"a.example.", DenialKind::name_error, {0}},
           Case{"y.w.example.", DenialKind::no_data_at_wildcard, {3, 3}},
       }) {
    INFO(each.asked);
    const Denial denial = zone.denials().deny(name(each.asked), RrType::tlsa);
    CHECK(denial.kind == each.kind);
    CHECK(denial.records == each.records);
    CHECK_FALSE(denial.missing);
  }
  const NsecRecords less({zone.records[1]});
  CHECK(less.denials().deny(name("c.example."), RrType::tlsa).missing == name("*.example."));
  CHECK(less.denials().deny(name("z.example."), RrType::tlsa).missing == name("z.example."));
  // It is there: nothing is missing.
  const Denial there = less.denials().deny(name("b.example."), RrType::a);
  CHECK(there.kind == DenialKind::none);
  CHECK_FALSE(there.missing);
}

TEST_CASE("a record that is not accepted denies nothing, and is asked for only when it is needed",
          "[dnschain][denial]") {
  const NsecRecords zone({nsec("a.example.", "c.example.", {RrType::a}),
                          nsec("b.example.", "d.example.", {RrType::a}),
                          nsec("x.example.", "example.", {RrType::a})});
  Places asked;
  const AcceptRecord second = [&](std::size_t place) {
    asked.push_back(place);
    return place == 1;
  };
  const Denial denial = zone.denials(second).deny_name(name("bb.example."));
  CHECK(denial.kind == DenialKind::name_error);
  CHECK(denial.records == Places{1});
  CHECK(asked == Places{0, 1});
}

TEST_CASE("a zone cut is found by NSEC and by NSEC3, with or without DS", "[dnschain][denial]") {
  const NsecRecords zone({nsec("a.example.", "b.example.", {RrType::ns}),
                          nsec("b.example.", "c.example.", {RrType::ns, RrType::ds})});
  const Denial insecure = zone.denials().cut(name("x.a.example."));
  CHECK(insecure.kind == DenialKind::insecure_delegation);
  CHECK(insecure.at == name("a.example."));
  CHECK(zone.denials().cut(name("b.example.")).kind == DenialKind::secure_delegation);
  CHECK(zone.denials().cut(name("c.example.")).kind == DenialKind::none);
  const Nsec3Records hashed(
      {nsec3_at("a.example.", {RrType::ns}), nsec3_at("b.example.", {RrType::ns, RrType::ds})});
  CHECK(hashed.denials().cut(name("x.a.example.")).kind == DenialKind::insecure_delegation);
  CHECK(hashed.denials().cut(name("b.example.")).kind == DenialKind::secure_delegation);
  CHECK(hashed.denials().cut(name("c.example.")).kind == DenialKind::none);
}

TEST_CASE("NSEC3 denies by closest encloser, next closer name and wildcard", "[dnschain][denial]") {
  const Record apex = nsec3_at("example.", {RrType::ns, RrType::soa});
  const Record closer = nsec3_over("c.example.");
  const Record opt_out = nsec3_over("c.example.", Nsec3Kind::covers_with_opt_out);
  const Record none = nsec3_over("*.example.");
  const Record wildcard = nsec3_at("*.example.", {RrType::a});
  const Name asked = name("x.c.example.");
  const auto deny = [&](std::vector<Record> records) {
    return Nsec3Records(std::move(records)).denials().deny(asked, RrType::tlsa);
  };
  CHECK(deny({apex, closer, none}).kind == DenialKind::name_error);
  CHECK(deny({apex, closer, none}).records == Places{0, 1, 2});
  CHECK(deny({apex, closer, wildcard}).kind == DenialKind::no_data_at_wildcard);
  CHECK(deny({apex, opt_out, none}).kind == DenialKind::opt_out);
  CHECK(deny({apex, closer}).missing == name("*.example."));
  CHECK(deny({apex, none}).missing == name("c.example."));
  CHECK(deny({closer, none}).missing == asked);
  // A delegation or DNAME as closest encloser tells nothing of names below (RFC 5155, 8.3).
  for (const RrType type : {RrType::ns, RrType::dname}) {
    const Record hiding = nsec3_at("c.example.", {type});
    const Denial denial =
        deny({apex, hiding, nsec3_over("x.c.example."), nsec3_over("*.c.example.")});
    CHECK(denial.kind == DenialKind::none);
  }
  CHECK(deny({nsec3_at("x.c.example.", {RrType::a})}).kind == DenialKind::no_data);
}

TEST_CASE("NSEC3 shows that a next closer name does not exist, unless it opts out",
          "[dnschain][denial]") {
  const Name asked = name("c.example.");
  const Nsec3Records plain({nsec3_over("c.example.")});
  const Nsec3Records opt_out({nsec3_over("c.example.", Nsec3Kind::covers_with_opt_out)});
  const Nsec3Records matching({nsec3_at("c.example.", {RrType::a})});
  CHECK(plain.denials().deny_name(asked).kind == DenialKind::name_error);
  CHECK(opt_out.denials().deny_name(asked).kind == DenialKind::opt_out);
  CHECK(matching.denials().deny_name(asked).missing == asked);
}

TEST_CASE("an NSEC3 record is read when its owner, algorithm and flags are known",
          "[dnschain][denial]") {
  const Record good = nsec3_at("a.example.", {RrType::a});
  CHECK(Nsec3View::read(0, good, name("example.")));
  CHECK_FALSE(Nsec3View::read(0, good, name(".")));
  CHECK_FALSE(Nsec3View::read(0, good, name("other.")));
  Record other_algorithm = good;
  other_algorithm.rdata[0] = std::byte{2};
  CHECK_FALSE(Nsec3View::read(0, other_algorithm, name("example.")));
  Record other_flags = good;
  other_flags.rdata[1] = std::byte{2};
  CHECK_FALSE(Nsec3View::read(0, other_flags, name("example.")));
}

TEST_CASE("too many iterations make a zone count as unsigned", "[dnschain][denial]") {
  Record cheap = nsec3_at("a.example.", {RrType::a});
  Record costly = cheap;
  costly.rdata[3] = std::byte{151};
  const Name zone = name("example.");
  const auto sets =
      by_parameters({*Nsec3View::read(0, costly, zone), *Nsec3View::read(1, cheap, zone)});
  REQUIRE(sets.size() == 2);
  CHECK(sets.begin()->second.front().place == 1);
  const Denial denial = count_as_unsigned(sets, kMaxNsec3Iterations, kAll);
  CHECK(denial.kind == DenialKind::too_many_iterations);
  CHECK(denial.records == Places{0});
  CHECK(count_as_unsigned(sets, 151, kAll).kind == DenialKind::none);
}

}  // namespace
