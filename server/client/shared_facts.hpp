// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace mooring::server {

/// What is known of a session's handshake, and the same for very many sessions.
struct SessionFacts {
  std::string server_name;  ///< as FrozenSession has it, as all of these
  std::string alpn;
  std::string group;
  std::optional<std::uint16_t> chain_port;
  bool known_name = false;

  friend auto operator<=>(const SessionFacts&, const SessionFacts&) = default;
};

/// Keeps one copy of equal facts for all that share them. Used by one thread; must outlive them.
class SharedFacts {
  using Table = std::map<SessionFacts, std::size_t>;  // with how many share them

 public:
  /// One share.
  class Share {
   public:
    Share(Share&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), entry_(other.entry_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (table_ != nullptr && --entry_->second == 0) table_->erase(entry_);
    }
    const SessionFacts& operator*() const { return entry_->first; }
    const SessionFacts* operator->() const { return &entry_->first; }

   private:
    friend class SharedFacts;
    Share(Table& table, Table::iterator entry) : table_(&table), entry_(entry) { ++entry_->second; }
    Table* table_;
    Table::iterator entry_;
  };

  SharedFacts() = default;
  SharedFacts(const SharedFacts&) = delete;
  SharedFacts& operator=(const SharedFacts&) = delete;

  [[nodiscard]] Share share(SessionFacts facts) {
    return {table_, table_.try_emplace(std::move(facts), 0).first};
  }
  /// Different ones.
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  Table table_;
};

}  // namespace mooring::server
