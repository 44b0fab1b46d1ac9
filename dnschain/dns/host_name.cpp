// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/host_name.hpp"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

namespace mooring::dnschain {
namespace {

struct IdnFree {
  void operator()(char* text) const { idn2_free(text); }
};

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  const bool brackets = text.starts_with('[') && text.ends_with(']');
  const std::string six = brackets ? text.substr(1, text.size() - 2) : text;
  return ::inet_pton(AF_INET, text.c_str(), octets.data()) == 1 ||
         ::inet_pton(AF_INET6, six.substr(0, six.find('%')).c_str(), octets.data()) == 1;
}

/// A character for a person, whatever it is.
std::string shown(char c) {
  if (c == ' ') return "a space";
  if (c > ' ' && c <= '~') return std::string("'") + c + "'";
  return "octet " + std::to_string(static_cast<unsigned>(static_cast<unsigned char>(c)));
}

std::optional<std::string> label_fault(std::string_view label) {
  const auto odd = std::ranges::find_if(label, [](char c) {
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return !letter && !is_digit(c) && c != '-' && c != '_';
  });
  if (odd != label.end()) return "there is " + shown(*odd) + " in it";
  if (label.empty()) return "a label is empty";
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  return std::nullopt;
}

}  // namespace

Result<std::string> to_a_labels(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  const std::string input(text);
  char* output = nullptr;
  // To libidn2 a zero octet is the end.
  const int status =
      input.find('\0') == std::string::npos
          ? idn2_to_ascii_8z(input.c_str(), &output, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)
          : IDN2_DISALLOWED;
  const std::unique_ptr<char, IdnFree> owned(output);
  if (status != IDN2_OK)
    return tl::unexpected(
        Error{ErrorCode::malformed, std::string("it has no A-label: ") + idn2_strerror(status)});
  return std::string(output);
}

std::optional<std::string> host_name_fault(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (is_address(std::string(text))) return "it is an address, and a server proves a name";
  if (!is_ascii(text)) {
    const auto labels = to_a_labels(text);
    return "it has letters outside of ASCII" +
           (labels ? "; write it as " + *labels : ", and " + labels.error().context);
  }
  std::string_view last;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    last = text.substr(begin, end - begin);
    if (auto fault = label_fault(last)) return fault;
    begin = end + 1;
  }
  if (std::ranges::all_of(last, is_digit)) return "it ends in a number, as addresses do";
  return std::nullopt;
}

}  // namespace mooring::dnschain
