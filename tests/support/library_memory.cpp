// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/library_memory.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/wolfcrypt/memory.h>

#include <cstdlib>
#include <set>

namespace mooring::test {

namespace {

std::size_t asked = 0;
std::size_t failing_one = 0;
std::set<const void*> pieces;

bool fails() {
  return asked++ == failing_one;
}

void* take(std::size_t size) {
  if (fails()) return nullptr;
  void* const piece = std::malloc(size);
  if (piece != nullptr) pieces.insert(piece);
  return piece;
}

void give_back(void* piece) {
  pieces.erase(piece);
  std::free(piece);
}

void* resize(void* piece, std::size_t size) {
  if (fails()) return nullptr;
  pieces.erase(piece);
  void* const other = std::realloc(piece, size);
  if (other != nullptr) pieces.insert(other);
  return other;
}

}  // namespace

LibraryMemory::LibraryMemory(std::size_t failing) {
  asked = 0;
  failing_one = failing;
  pieces.clear();
  wolfSSL_SetAllocators(take, give_back, resize);
}

LibraryMemory::~LibraryMemory() {
  wolfSSL_SetAllocators(nullptr, nullptr, nullptr);
}

bool LibraryMemory::failed() const {
  return asked > failing_one;
}

std::size_t LibraryMemory::live() const {
  return pieces.size();
}

}  // namespace mooring::test
