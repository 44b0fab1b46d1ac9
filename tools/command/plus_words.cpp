// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/plus_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

/// What may follow the word.
enum class Value : std::uint8_t { none, optional, required };

/// What may stand before it: "no" turns it off.
enum class No : std::uint8_t { allowed, refused, only };

/// `value` is empty when there is none. False: it is a wrong one.
using Apply = bool (*)(QueryOptions& options, bool on, std::string_view value);

struct PlusWord {
  std::string_view name;
  Value value;
  No no;
  Apply apply;
};

bool nothing(QueryOptions& /*options*/, bool /*on*/, std::string_view /*value*/) {
  return true;
}

bool set_dnssec(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.dnssec = on;
  return true;
}

bool set_checking(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.checking_disabled = on;
  return true;
}

bool set_recursion(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.no_recurse = !on;
  return true;
}

bool set_ad(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.no_ad = !on;
  return true;
}

bool set_edns(QueryOptions& options, bool on, std::string_view value) {
  options.no_edns = !on;
  return value.empty() || value == "0";
}

bool set_buffer_size(QueryOptions& options, bool /*on*/, std::string_view value) {
  const auto size = parse_number(value, 65535);
  options.udp_size = static_cast<std::uint16_t>(size.value_or(0));
  return size.has_value();
}

bool set_padding(QueryOptions& options, bool on, std::string_view value) {
  static constexpr std::uint16_t kUsualBlock = 128;
  static constexpr std::uint64_t kLargestBlock = 4096;
  const auto block = value.empty() ? kUsualBlock : parse_number(value, kLargestBlock);
  options.padding_block = on ? static_cast<std::uint16_t>(block.value_or(0)) : std::uint16_t{0};
  return block.has_value();
}

bool set_nsid(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.nsid = on;
  return true;
}

bool set_json(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.json = on;
  return true;
}

bool set_short(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.short_form = on;
  return true;
}

bool set_timeout(QueryOptions& options, bool /*on*/, std::string_view value) {
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, options.server.timeout);
  return error == std::errc{} && stop == end && options.server.timeout >= kLeastTimeout &&
         options.server.timeout <= kMostTimeout;
}

bool set_authorities(QueryOptions& options, bool /*on*/, std::string_view value) {
  options.ca_file = value;
  return true;
}

bool set_server_name(QueryOptions& options, bool /*on*/, std::string_view value) {
  options.server.name = value;
  return true;
}

bool show_all(QueryOptions& options, bool on, std::string_view /*value*/) {
  options.shown = {on, on, {on, on, on}, on};
  return true;
}

constexpr std::array kWords{
    PlusWord{"short", Value::none, No::allowed, set_short},
    PlusWord{"json", Value::none, No::allowed, set_json},
    PlusWord{"all", Value::none, No::allowed, show_all},
    PlusWord{"comments", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.comments = on;
               return true;
             }},
    PlusWord{"question", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.question = on;
               return true;
             }},
    PlusWord{"answer", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.sections[0] = on;
               return true;
             }},
    PlusWord{"authority", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.sections[1] = on;
               return true;
             }},
    PlusWord{"additional", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.sections[2] = on;
               return true;
             }},
    PlusWord{"stats", Value::none, No::allowed,
             [](QueryOptions& options, bool on, std::string_view /*value*/) {
               options.shown.stats = on;
               return true;
             }},
    PlusWord{"dnssec", Value::none, No::allowed, set_dnssec},
    PlusWord{"do", Value::none, No::allowed, set_dnssec},
    PlusWord{"cd", Value::none, No::allowed, set_checking},
    PlusWord{"cdflag", Value::none, No::allowed, set_checking},
    PlusWord{"rd", Value::none, No::allowed, set_recursion},
    PlusWord{"rdflag", Value::none, No::allowed, set_recursion},
    PlusWord{"recurse", Value::none, No::allowed, set_recursion},
    PlusWord{"ad", Value::none, No::allowed, set_ad},
    PlusWord{"adflag", Value::none, No::allowed, set_ad},
    PlusWord{"edns", Value::optional, No::allowed, set_edns},
    PlusWord{"bufsize", Value::required, No::refused, set_buffer_size},
    PlusWord{"padding", Value::optional, No::allowed, set_padding},
    PlusWord{"nsid", Value::none, No::allowed, set_nsid},
    PlusWord{"time", Value::required, No::refused, set_timeout},
    PlusWord{"timeout", Value::required, No::refused, set_timeout},
    PlusWord{"tls-ca", Value::required, No::refused, set_authorities},
    PlusWord{"tls-hostname", Value::required, No::refused, set_server_name},
    // What is so in any case.
    PlusWord{"tls", Value::none, No::refused, nothing},
    PlusWord{"tcp", Value::none, No::refused, nothing},
    PlusWord{"vc", Value::none, No::refused, nothing},
    PlusWord{"keepopen", Value::none, No::refused, nothing},
    PlusWord{"ignore", Value::none, No::allowed, nothing},
    PlusWord{"retry", Value::optional, No::allowed, nothing},
    PlusWord{"tries", Value::required, No::refused, nothing},
    PlusWord{"fail", Value::none, No::allowed, nothing},
    PlusWord{"cmd", Value::none, No::allowed, nothing},
    PlusWord{"class", Value::none, No::refused, nothing},
    PlusWord{"ttl", Value::none, No::refused, nothing},
    PlusWord{"ttlid", Value::none, No::refused, nothing},
    PlusWord{"search", Value::none, No::only, nothing},
    PlusWord{"cookie", Value::none, No::only, nothing},
    PlusWord{"subnet", Value::none, No::only, nothing},
    PlusWord{"multiline", Value::none, No::only, nothing},
};

/// Other ways to carry DNS.
constexpr std::array<std::string_view, 8> kOtherTransports{
    "https", "https-get", "https-post", "http-plain", "quic", "notls", "notcp", "novc"};

/// The word of that name, or the only one that begins so (those that do the same count as one).
const PlusWord* find_word(std::string_view name) {
  const auto same = std::ranges::find(kWords, name, &PlusWord::name);
  if (same != kWords.end()) return &*same;
  const PlusWord* found = nullptr;
  for (const PlusWord& word : kWords) {
    if (name.empty() || !word.name.starts_with(name)) continue;
    if (found != nullptr && found->apply != word.apply) return nullptr;
    found = &word;
  }
  return found;
}

}  // namespace

Outcome<void> obey_plus_word(std::string_view word, QueryOptions& options) {
  const std::string quoted = "\"" + std::string(word) + "\"";
  const auto equals = std::min(word.find('='), word.size());
  std::string_view name = word.substr(1, equals - 1);
  const std::string_view value = word.substr(std::min(equals + 1, word.size()));
  if (std::ranges::find(kOtherTransports, name) != kOtherTransports.end()) {
    return trouble(quoted + ": only DNS over TLS is spoken here");
  }
  const PlusWord* found = find_word(name);
  const bool on = found != nullptr || !name.starts_with("no");
  if (!on) found = find_word(name.substr(2));
  if (found == nullptr || found->no == (on ? No::only : No::refused)) {
    return trouble(quoted + " is not known here (mooring query --help lists what is)");
  }
  const bool has_value = equals < word.size();
  if (has_value ? found->value == Value::none || !on : on && found->value == Value::required) {
    return trouble(quoted + (has_value ? ": it takes no value" : ": a value is missing, =..."));
  }
  if ((has_value && value.empty()) || !found->apply(options, on, value)) {
    return trouble(quoted + ": the value is out of range");
  }
  return {};
}

std::string plus_words_help() {
  std::string out;
  for (const PlusWord& word : kWords) {
    const std::string text = (word.no == No::only      ? "+no"
                              : word.no == No::allowed ? "+[no]"
                                                       : "+") +
                             std::string(word.name) +
                             (word.value == Value::required   ? "=..."
                              : word.value == Value::optional ? "[=...]"
                                                              : "");
    const auto line = out.rfind('\n') + 1;
    const bool full = out.size() - line + text.size() > 88;
    out += (out.empty() ? "" : full ? "\n" : " ") + text;
  }
  return out;
}

}  // namespace mooring::tools
