// SPDX-License-Identifier: GPL-3.0-or-later
//
// write_trees DIRECTORY: writes every tree of the case table that stands for itself, no record of
// its chain altered, for real name servers to serve. Each gets a directory with its zone files,
// "anchor" (the root's DS record), "owner" (the TLSA owner), "title" and "verdict" (what the
// verifier makes of it now).
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cases/scene.hpp"

using namespace mooring::dnschain;
using namespace mooring::test;

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << '\n';
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::string verdict_of(Scene& scene) {
  static const char* const names[] = {"secure", "denial", "insecure", "bogus"};
  return names[static_cast<std::size_t>(scene.verify().kind)];
}

/// False when the case is one that only its chain can express.
bool write_tree(const TreeCase& each, WallTime now, const std::filesystem::path& directory) {
  Scene scene;
  scene.tree = SignedTree({"."}, now);
  scene.now = now;
  each.make(scene);
  if (!scene.records.empty() || !scene.anchor.empty() || scene.now != now) return false;
  std::filesystem::create_directories(directory);
  scene.tree.write_zone_files(directory);
  write(directory / "anchor", scene.tree.anchor_text());
  write(directory / "owner", scene.service().tlsa_owner().text());
  write(directory / "title", each.title);
  write(directory / "verdict", verdict_of(scene));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_trees DIRECTORY\n";
    return 2;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::size_t written = 0;
  for (const auto& cases : {shape_cases(), key_cases()})
    for (const TreeCase& each : cases)
      if (write_tree(each, now, std::filesystem::path(argv[1]) / std::to_string(written)))
        ++written;
  std::cout << written << " trees\n";
}
