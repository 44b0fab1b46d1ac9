// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tlsa/forms.hpp"

#include <algorithm>
#include <array>

namespace mooring::tools {

namespace {

constexpr std::array kLeafForms{TlsaForm{3, 1, 1}, TlsaForm{3, 0, 1}, TlsaForm{3, 1, 2},
                                TlsaForm{3, 0, 2}};
constexpr std::array kAuthorityForms{TlsaForm{2, 0, 1}, TlsaForm{2, 1, 1}};

/// The certificate of the authority that is nearest to the root.
const KeyMaterial* authority_of(const std::vector<KeyMaterial>& keys) {
  const auto found = std::find_if(keys.rbegin(), keys.rend(),
                                  [](const KeyMaterial& key) { return key.authority; });
  return found == keys.rend() ? nullptr : &*found;
}

std::string form_text(TlsaForm form) {
  return std::to_string(form.usage) + " " + std::to_string(form.selector) + " " +
         std::to_string(form.matching);
}

}  // namespace

Outcome<TlsaForm> parse_form(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ' ');
  const bool good = digits.size() == 3 && digits[0] >= '0' && digits[0] <= '3' &&
                    digits[1] >= '0' && digits[1] <= '1' && digits[2] >= '0' && digits[2] <= '2';
  if (!good) {
    return trouble("\"" + std::string(text) +
                   "\" is no TLSA form: usage 0 to 3, selector 0 or 1, matching 0 to 2 are "
                   "needed, such as \"3 1 1\"");
  }
  const auto value = [&](std::size_t i) { return static_cast<std::uint8_t>(digits[i] - '0'); };
  return TlsaForm{value(0), value(1), value(2)};
}

Outcome<dnschain::TlsaRecord> make_record(const std::vector<KeyMaterial>& keys, TlsaForm form) {
  const bool about_authority = form.usage == 0 || form.usage == 2;
  const KeyMaterial* key = about_authority ? authority_of(keys) : &keys.front();
  if (key == nullptr) {
    return trouble("\"" + form_text(form) +
                   "\" is about an authority, and none of the certificates is one");
  }
  auto record = make_tlsa(*key, form.usage, form.selector, form.matching);
  if (!record) {
    return trouble("\"" + form_text(form) + "\" needs a certificate, and this is a bare key");
  }
  return *std::move(record);
}

std::vector<dnschain::TlsaRecord> useful_records(const std::vector<KeyMaterial>& keys) {
  std::vector<dnschain::TlsaRecord> records;
  for (const TlsaForm form : kLeafForms) {
    if (auto record = make_record(keys, form)) records.push_back(*std::move(record));
  }
  for (const TlsaForm form : kAuthorityForms) {
    if (auto record = make_record(keys, form)) records.push_back(*std::move(record));
  }
  return records;
}

std::string zone_line(const dnschain::Service& service, std::uint32_t ttl,
                      const dnschain::TlsaRecord& record) {
  return service.tlsa_owner().text() + " " + std::to_string(ttl) + " IN TLSA " + to_text(record);
}

}  // namespace mooring::tools
