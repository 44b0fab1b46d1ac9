// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace mooring::tools {

/// A line of text with what hangs below it.
struct TreeNode {
  std::string text;
  std::vector<TreeNode> children;

  TreeNode& add(std::string line) { return children.emplace_back(TreeNode{std::move(line), {}}); }
};

/// The tree, one line a node, each ended by a line feed; joined by box drawing in UTF-8, or by
/// "|", "+-" and "`-" where that cannot be shown.
[[nodiscard]] std::string draw_tree(const TreeNode& root, bool utf8);

}  // namespace mooring::tools
