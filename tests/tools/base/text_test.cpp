// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/text.hpp"

#include <catch2/catch.hpp>

#include "tools/client/dns_stream.hpp"
#include "tools/report/tree.hpp"

using namespace mooring::tools;
using mooring::dnschain::Bytes;

TEST_CASE("what could drive a terminal is escaped", "[tools]") {
  CHECK(printable("plain text ~") == "plain text ~");
  CHECK(printable("\033[31mred\a\n\t\x7f\x9b") == "\\027[31mred\\007\\010\\009\\127\\155");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\000b");
}

TEST_CASE("numbers are digits alone, within their bound", "[tools]") {
  CHECK(parse_number("0", 9) == 0);
  CHECK(parse_number("065535", 65535) == 65535);
  const auto text =
      GENERATE(as<std::string>{}, "", "+1", "-1", "1 ", "0x1", "10", "18446744073709551616");
  CHECK_FALSE(parse_number(text, 9).has_value());
}

TEST_CASE("a tree is drawn with boxes or, where they cannot be shown, in ASCII", "[tools]") {
  TreeNode root{"root", {}};
  TreeNode& first = root.add("a");
  first.add("a1");
  first.add("a2");
  root.add("b").add("b1");
  CHECK(draw_tree(root, true) == "root\n├─ a\n│  ├─ a1\n│  └─ a2\n└─ b\n   └─ b1\n");
  CHECK(draw_tree(root, false) == "root\n+- a\n|  +- a1\n|  `- a2\n`- b\n   `- b1\n");
}

TEST_CASE("messages come out of a stream whole, however it is cut", "[tools]") {
  const Bytes first(3, std::byte{1});
  const Bytes second(300, std::byte{2});
  Bytes stream = framed(first);
  const Bytes tail = framed(second);
  stream.insert(stream.end(), tail.begin(), tail.end());

  const auto step = GENERATE(as<std::size_t>{}, 1, 2, 7, 1000);
  MessageSplitter splitter;
  std::vector<Bytes> messages;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    splitter.feed(std::span(stream).subspan(at, std::min(step, stream.size() - at)));
    while (auto message = splitter.next()) messages.push_back(*message);
  }
  CHECK(messages == std::vector{first, second});
}
