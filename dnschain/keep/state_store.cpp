// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/state_store.hpp"

#include <system_error>

#include "dnschain/keep/sealed_file.hpp"
#include "dnschain/keep/state_file.hpp"

namespace mooring::dnschain {

Result<StateStore::Loaded> StateStore::load() const {
  std::error_code error;
  std::filesystem::create_directory(directory_, error);
  if (error)
    return tl::unexpected(
        Error{ErrorCode::unusable, directory_.string() + ": cannot be made: " + error.message()});
  const auto octets = read_whole(file());
  if (!octets) return tl::unexpected(octets.error());
  if (!*octets) return Loaded{};
  auto state = decode_state(**octets);
  if (state) return Loaded{std::move(*state), {}};
  auto set_aside = dnschain::set_aside(file(), state.error().context);
  if (!set_aside) return tl::unexpected(set_aside.error());
  return Loaded{{}, std::move(*set_aside)};
}

Result<void> StateStore::save(const KeeperState& state) const {
  return replace_file(file(), encode_state(state));
}

}  // namespace mooring::dnschain
