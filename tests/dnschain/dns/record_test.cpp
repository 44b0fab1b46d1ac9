// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/record.hpp"

#include <catch2/catch.hpp>

#include "dnschain/dns/rdata.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using mooring::test::from_hex;

namespace {

struct Malformed {
  const char* what;
  RrType type;
  const char* rdata;
};

Bytes record_with(RrType type, const Bytes& rdata) {
  Bytes wire;
  write_record(Record{Name::parse("a.example").value(), type, 1, 300, rdata}, wire);
  return wire;
}

}  // namespace

TEST_CASE("records keep their octets through reading and writing", "[dnschain]") {
  for (const auto& vector : mooring::test::rfc9102_vectors()) {
    const ByteView chain = ByteView(vector.derived).subspan(2);
    const auto records = read_records(chain, 100);
    REQUIRE(records);
    CHECK(records->size() == vector.records);
    Bytes again;
    for (const Record& record : *records) write_record(record, again);
    CHECK(std::ranges::equal(again, chain));
  }
}

TEST_CASE("a chain cut anywhere but between records is refused", "[dnschain]") {
  const ByteView chain = ByteView(mooring::test::rfc9102_vectors()[0].derived).subspan(2);
  const auto whole = read_records(chain, 100).value();
  std::vector<std::size_t> ends{0};
  Bytes so_far;
  for (const Record& record : whole) {
    write_record(record, so_far);
    ends.push_back(so_far.size());
  }
  for (std::size_t size = 0; size <= chain.size(); ++size) {
    const bool between = std::ranges::find(ends, size) != ends.end();
    CHECK(read_records(chain.first(size), 100).has_value() == between);
  }
}

TEST_CASE("more records than allowed are refused", "[dnschain]") {
  const auto& vector = mooring::test::rfc9102_vectors()[0];
  const auto records = read_records(ByteView(vector.derived).subspan(2), vector.records - 1);
  REQUIRE_FALSE(records);
  CHECK(records.error().code == ErrorCode::limit);
}

TEST_CASE("RDATA that is not what its type asks for is refused", "[dnschain]") {
  const auto bad = GENERATE(values<Malformed>({
      {"CNAME without a name", RrType::cname, ""},
      {"CNAME cut", RrType::cname, "0161"},
      {"CNAME with an octet behind it", RrType::cname, "01610000"},
      {"CNAME compressed", RrType::cname, "c000"},
      {"DNAME with a label of 64 octets", RrType::dname, "40"},
      {"SOA of one name", RrType::soa, "00"},
      {"DS of three octets", RrType::ds, "000108"},
      {"DNSKEY of three octets", RrType::dnskey, "010003"},
      {"TLSA of two octets", RrType::tlsa, "0301"},
      {"RRSIG without signer", RrType::rrsig, "00340d0500000e105fc6d9005bfdda80074e"},
      {"RRSIG without signature", RrType::rrsig, "00340d0500000e105fc6d9005bfdda80074e00"},
      {"RRSIG with a compressed signer", RrType::rrsig,
       "00340d0500000e105fc6d9005bfdda80074ec00000"},
      {"NSEC with an empty window", RrType::nsec, "000000"},
      {"NSEC with a window of 33 octets", RrType::nsec, "000021"},
      {"NSEC with windows out of order", RrType::nsec, "00010140000140"},
      {"NSEC with a window twice", RrType::nsec, "00000140000140"},
      {"NSEC with a window cut", RrType::nsec, "00000240"},
      {"NSEC3 without next hash", RrType::nsec3, "010000010000"},
      {"NSEC3 with its salt cut", RrType::nsec3, "0100000108abcd"},
      {"NSEC3 with its next hash cut", RrType::nsec3, "010000010014abcd"},
  }));
  INFO(bad.what);
  CHECK_FALSE(read_records(record_with(bad.type, from_hex(bad.rdata)), 10).has_value());
}

TEST_CASE("records of unknown types are kept as they are", "[dnschain]") {
  const auto records = read_records(record_with(RrType{65280}, from_hex("c0ffee")), 10);
  REQUIRE(records);
  CHECK(to_text(records->front()) == "a.example. 300 IN TYPE65280 \\# 3 c0ffee");
}

TEST_CASE("a record is written as in a zone file", "[dnschain]") {
  const auto& vectors = mooring::test::rfc9102_vectors();
  const auto a1 = read_records(ByteView(vectors[0].derived).subspan(2), 100).value();
  CHECK(to_text(a1[0]) ==
        "_443._tcp.www.example.com. 3600 IN TLSA 3 1 1 "
        "8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922");
  CHECK(to_text(a1[1]) ==
        "_443._tcp.www.example.com. 3600 IN RRSIG TLSA 13 5 3600 20201202000000 20181128000000 "
        "1870 example.com. "
        "rqY69NnTf4CN3GBGQjKEJCLAMsRkUrXe0JW8IqDb5rQHHzxNqqPeEoi+2vI6Sz2BhaswpGLVVuoijuVdzxYjmw==");
  CHECK(to_text(a1[4]) ==
        "example.com. 172800 IN DS 1870 13 2 "
        "e9b533a049798e900b5c29c90cd25a986e8a44f319ac3cd302bafc08f5b81e16");
  const auto a8 = read_records(ByteView(vectors[7].derived).subspan(2), 100).value();
  CHECK(to_text(a8[0]) ==
        "c1kgc91hrn9nqi2qjh1ms78ki8p7s75o.example. 43200 IN NSEC3 1 1 1 - "
        "shn05itmoa45mmnv74lc4p0nnfmimtjt NS SOA RRSIG DNSKEY NSEC3PARAM");
}

TEST_CASE("the key tag of a DNSKEY is that of RFC 4034, appendix B", "[dnschain]") {
  const auto a1 =
      read_records(ByteView(mooring::test::rfc9102_vectors()[0].derived).subspan(2), 100).value();
  CHECK(key_tag(a1[2].rdata) == 1870);
}

TEST_CASE("a type bitmap tells what is at a name", "[dnschain]") {
  // NS SOA RRSIG DNSKEY NSEC3PARAM in window 0, type 256 in window 1.
  const Bytes octets = from_hex(
      "0007220000000002900101"
      "80");
  const auto types = TypeBitmap::parse(octets);
  REQUIRE(types);
  CHECK(types->has(RrType::ns));
  CHECK(types->has(RrType::soa));
  CHECK(types->has(RrType::nsec3param));
  CHECK(types->has(RrType{256}));
  CHECK_FALSE(types->has(RrType::tlsa));
  CHECK_FALSE(types->has(RrType{257}));
  CHECK_FALSE(types->has(RrType{512}));
}
