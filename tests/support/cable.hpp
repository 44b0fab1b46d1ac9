// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/base/owned_fd.hpp"
#include "support/network_namespace.hpp"

namespace mooring::test {

/// An Ethernet cable between two namespaces that the test carries each frame through by hand, so
/// that it says what is under way, comes late, or is lost.
class Cable {
 public:
  using Frame = std::vector<std::byte>;

  /// Makes an interface (a tap) at each end; they are not up yet.
  Cable(const NetworkNamespace& left, const std::string& left_name, const NetworkNamespace& right,
        const std::string& right_name);

  /// All frames that wait at both ends go to the other, or stay under way when held.
  void carry();
  /// What is put in from now on stays under way until release().
  void hold() { held_ = true; }
  void release();
  /// Decides for each TCP segment whether it is lost: `true`. Frame and whether it goes to the
  /// left.
  void lose(std::function<bool(const Frame&, bool to_left)> lost) { lost_ = std::move(lost); }

  /// Segments with RST that were put in, at either end.
  [[nodiscard]] std::size_t resets() const { return resets_; }
  /// Segments under way, held.
  [[nodiscard]] std::size_t held_to_left() const { return ends_[0].coming.size(); }
  [[nodiscard]] std::size_t held_to_right() const { return ends_[1].coming.size(); }

 private:
  struct End {
    server::OwnedFd tap;
    std::vector<Frame> coming;  ///< to leave by this end
  };

  void take_in(std::size_t from);
  void put_out(End& end);

  std::array<End, 2> ends_;
  std::function<bool(const Frame&, bool)> lost_;
  std::size_t resets_ = 0;
  bool held_ = false;
};

/// Octets of TCP payload in a frame; nothing when it is no TCP segment.
[[nodiscard]] std::optional<std::size_t> tcp_payload(const Cable::Frame& frame);

}  // namespace mooring::test
