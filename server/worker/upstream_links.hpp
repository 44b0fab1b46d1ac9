// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "server/base/endpoint.hpp"
#include "server/io/loop.hpp"
#include "server/upstream/pool.hpp"

namespace mooring::server {

/// The TCP connections of an upstream pool.
class UpstreamLinks final : public UpstreamTransport {
 public:
  /// `servers` in the order in which the pool numbers them.
  UpstreamLinks(Loop& loop, std::vector<Endpoint> servers);
  ~UpstreamLinks();

  /// Whom to tell what happens; to be called once, before the pool is used.
  void serve(UpstreamPool& pool) { pool_ = &pool; }
  /// Destroys what was closed in this turn of the loop.
  void end_turn();
  [[nodiscard]] const std::vector<Endpoint>& servers() const { return servers_; }
  /// Others from now on, numbered in this order; connections that exist stay what they are.
  void set_servers(std::vector<Endpoint> servers) { servers_ = std::move(servers); }

  bool open(UpstreamId connection, std::size_t server) override;
  void send(UpstreamId connection, ByteView octets) override;
  void acknowledge(UpstreamId connection) override;
  void close(UpstreamId connection) override;

 private:
  class Link;
  static constexpr std::size_t kMost = 64;
  void lost(UpstreamId connection, std::string_view why);

  Loop& loop_;
  std::vector<Endpoint> servers_;
  UpstreamPool* pool_ = nullptr;
  std::array<std::unique_ptr<Link>, kMost> links_;
  // A link is closed in its own callback as a rule: it is destroyed when that has returned.
  std::vector<std::unique_ptr<Link>> closed_;
};

}  // namespace mooring::server
