// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/config.hpp"

#include <algorithm>

#include "server/config/sections.hpp"

namespace mooring::server {

namespace {

ConfigResult<Config> read_config(const toml::table& root, const std::string& file,
                                 const FileReader& read) {
  Config out;
  Reading reading(root, file, read);
  read_server(reading, out.server);
  read_identities(reading, out.identities);
  const auto has_port = [](const IdentityConfig& one) { return !one.services.empty(); };
  read_chain(reading, std::ranges::any_of(out.identities, has_port), out.chain);
  read_upstream(reading, out.upstream);
  read_limits(reading, out.limits);
  read_tls(reading, out.tls);
  read_log(reading, out.log);
  read_control(reading, out.control);
  read_handover(reading, out.handover, out.handover_place);
  Findings errors = reading.take_errors();
  if (errors.empty()) return out;
  return tl::make_unexpected(std::move(errors));
}

tl::unexpected<Findings> one_error(Place place, std::string what) {
  return tl::make_unexpected(Findings{{std::move(place), std::move(what)}});
}

}  // namespace

std::string Place::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

ConfigResult<Config> parse_config(std::string_view text, const std::string& file,
                                  const FileReader& read) {
  try {
    const toml::table root = toml::parse(text, file);
    return read_config(root, file, read);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    return one_error({file, begin.line, begin.column}, std::string(error.description()));
  }
}

ConfigResult<Config> load_config(const std::string& file) {
  const auto text = read_file(file);
  if (!text)
    return one_error({file, 1, 1}, "cannot read the configuration: " + text.error().context);
  return parse_config(*text, file, read_file);
}

}  // namespace mooring::server
