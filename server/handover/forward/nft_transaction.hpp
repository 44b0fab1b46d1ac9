// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/base/result.hpp"

struct mnl_socket;
struct nlmsghdr;

namespace mooring::server {

/// The socket on which nftables is talked to.
class NftSocket {
 public:
  [[nodiscard]] static Result<NftSocket> open();
  NftSocket(NftSocket&&) noexcept = default;
  NftSocket& operator=(NftSocket&&) noexcept = default;
  ~NftSocket();

  [[nodiscard]] mnl_socket* raw() const { return socket_.get(); }

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit NftSocket(mnl_socket* socket) : socket_(socket) {}

  std::unique_ptr<mnl_socket, Close> socket_;
};

/// A message that the kernel refused: its place among those of the transaction, and errno.
struct NftRefusal {
  std::size_t message = 0;
  int error = 0;
};

/// Messages to nftables of which all take effect at the same moment, or none.
class NftTransaction {
 public:
  /// Octets that one message may have; who writes more is at fault.
  static constexpr std::size_t kMostMessage = 4096;

  NftTransaction();
  /// Adds a message of a type (NFT_MSG_..), with its flags beside NLM_F_REQUEST; `fill` writes what
  /// follows its header.
  void add(std::uint16_t type, std::uint16_t flags, const std::function<void(nlmsghdr*)>& fill);
  [[nodiscard]] std::size_t size() const { return messages_; }
  /// Empty when all is done. An error: the transaction as a whole came to nothing.
  [[nodiscard]] Result<std::vector<NftRefusal>> commit(const NftSocket& socket) &&;

 private:
  char* next();
  void taken(const nlmsghdr* header);

  std::vector<char> octets_;
  std::size_t used_ = 0;
  std::size_t messages_ = 0;
  std::size_t last_ = 0;  ///< where the last message begins
};

}  // namespace mooring::server
