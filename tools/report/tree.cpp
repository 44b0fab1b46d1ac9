// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/tree.hpp"

#include <string_view>

namespace mooring::tools {

namespace {

struct Strokes {
  std::string_view branch, last, pass, gap;
};

constexpr Strokes kBoxes{"├─ ", "└─ ", "│  ", "   "};
constexpr Strokes kAscii{"+- ", "`- ", "|  ", "   "};

void draw_below(const TreeNode& node, const std::string& indent, const Strokes& strokes,
                std::string& out) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool last = i + 1 == node.children.size();
    const TreeNode& child = node.children[i];
    out.append(indent).append(last ? strokes.last : strokes.branch).append(child.text) += '\n';
    draw_below(child, indent + std::string(last ? strokes.gap : strokes.pass), strokes, out);
  }
}

}  // namespace

std::string draw_tree(const TreeNode& root, bool utf8) {
  std::string out = root.text + "\n";
  draw_below(root, "", utf8 ? kBoxes : kAscii, out);
  return out;
}

}  // namespace mooring::tools
