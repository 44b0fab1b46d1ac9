// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <list>
#include <string_view>

#include "dnschain/build/builder.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "support/signed_zone.hpp"

namespace mooring::test {

/// What a resolver's answer holds.
struct TreeAnswer {
  unsigned rcode = 0;
  RecordList answer;
  RecordList authority;
};

/// A tree of zones with keys of its own, in memory: gives what a validating client is served of it.
///
///   SignedTree tree;
///   tree.zone({"example."}).tlsa("_853._tcp.dot.example.");
///   verify(tree.chain(service), service, tree.anchor(), tree.now());
class SignedTree {
 public:
  /// Everything is signed from a day before `now` to 30 days after it.
  explicit SignedTree(ZoneSpec root = {"."}, dnschain::WallTime now = kNow);

  static constexpr dnschain::WallTime kNow{std::chrono::seconds(1'750'000'000)};

  /// A zone below those that are there already, delegated from the nearest of them.
  SignedTree& zone(ZoneSpec spec);
  SignedTree& add(std::string_view owner, dnschain::RrType type, dnschain::Bytes rdata,
                  std::uint32_t ttl = 3600);
  /// "3 1 1" with a digest made of `filler`.
  SignedTree& tlsa(std::string_view owner, std::uint8_t filler = 0xab, std::uint32_t ttl = 3600);
  SignedTree& cname(std::string_view owner, std::string_view target);
  SignedTree& dname(std::string_view owner, std::string_view target);
  SignedTree& address(std::string_view owner);

  [[nodiscard]] SignedZone& at(std::string_view zone);
  [[nodiscard]] const std::list<SignedZone>& zones() const { return zones_; }
  [[nodiscard]] dnschain::WallTime now() const { return now_; }
  [[nodiscard]] dnschain::WallTime inception() const { return now_ - std::chrono::days(1); }
  [[nodiscard]] dnschain::WallTime expiration() const { return now_ + std::chrono::days(30); }

  /// As a recursive resolver answers with DO and CD set.
  [[nodiscard]] TreeAnswer answer(const dnschain::Question& question) const;
  /// The same as a DNS message.
  [[nodiscard]] dnschain::Bytes message(const dnschain::Question& question,
                                        std::uint16_t id = 0) const;

  /// The records that prove or deny the TLSA RRset of a name.
  [[nodiscard]] RecordList chain(const dnschain::Name& owner) const;
  [[nodiscard]] RecordList chain(const dnschain::Service& service) const {
    return chain(service.tlsa_owner());
  }

  /// The DS records of a zone, the root's as a rule.
  [[nodiscard]] dnschain::TrustAnchor anchor(std::string_view zone = ".");
  [[nodiscard]] std::string anchor_text(std::string_view zone = ".");

  /// Writes every zone to "<zone>zone" in `directory` ("root.zone" for the root), for a name server
  /// to load.
  void write_zone_files(const std::filesystem::path& directory) const;

 private:
  struct Step;
  [[nodiscard]] const SignedZone& zone_of(const dnschain::Name& name, dnschain::RrType type) const;
  [[nodiscard]] Step look_up(const dnschain::Name& name, dnschain::RrType type) const;
  void append_way_to(const dnschain::Name& name, RecordList& out, bool& is_signed) const;

  dnschain::WallTime now_;
  std::list<SignedZone> zones_;  ///< parents before children
};

}  // namespace mooring::test
