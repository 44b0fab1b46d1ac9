// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/anchor_watch.hpp"

#include <catch2/catch.hpp>

#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;

namespace {

constexpr const char* kAnchor =
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";
constexpr const char* kOther =
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

ChainConfig chain() {
  ChainConfig out;
  out.anchor_file = "root.ds";
  out.anchor_text = kAnchor;
  out.anchor = dnschain::TrustAnchor::parse(kAnchor, "root.ds").value();
  return out;
}

}  // namespace

TEST_CASE("a trust anchor is taken anew when its file has changed, and only then", "[server]") {
  test::Logged logged;
  std::string text = kAnchor;
  AnchorWatch watch(
      [&](const std::string& path) -> Result<std::string> {
        CHECK(path == "root.ds");
        return text;
      },
      logged.log);
  ChainConfig config = chain();
  CHECK_FALSE(watch.look(config));
  text = kOther;
  CHECK(watch.look(config));
  CHECK(config.anchor_text == kOther);
  CHECK_FALSE(watch.look(config));
  CHECK(logged.take().empty());
}

TEST_CASE("a trust anchor's file that cannot be used is logged once, and nothing changes",
          "[server]") {
  test::Logged logged;
  Result<std::string> file = failure("No such file or directory");
  AnchorWatch watch([&](const std::string&) { return file; }, logged.log);
  ChainConfig config = chain();
  CHECK_FALSE(watch.look(config));
  CHECK_THAT(logged.take(),
             Catch::StartsWith("warning event=trust_anchor result=unreadable file=root.ds error="
                               "\"No such file or directory\""));
  CHECK_FALSE(watch.look(config));
  CHECK(logged.take().empty());
  file = std::string("; nothing\n");
  CHECK_FALSE(watch.look(config));
  const std::string lines = logged.take();
  CHECK_THAT(lines, Catch::StartsWith("info event=trust_anchor result=readable file=root.ds\n") &&
                        Catch::Contains("error event=trust_anchor result=refused error="));
  CHECK_FALSE(watch.look(config));
  CHECK(logged.take().empty());
  CHECK(config.anchor);
}

TEST_CASE("without a trust anchor no file is looked at", "[server]") {
  test::Logged logged;
  AnchorWatch watch(
      [](const std::string&) -> Result<std::string> {
        FAIL("it was");
        return std::string();
      },
      logged.log);
  ChainConfig config;
  CHECK_FALSE(watch.look(config));
}
