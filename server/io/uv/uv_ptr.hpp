// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <uv.h>

#include <memory>

#include "server/base/result.hpp"
#include "server/memory/cell_pool.hpp"

namespace mooring::server {

/// Gives a libuv handle up: no callback finds its owner any more, and the memory goes when libuv is
/// done with it, in a later turn of the loop. The handle must have been initialised.
template <class Handle>
struct UvClose {
  void operator()(Handle* handle) const noexcept {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) noexcept { delete reinterpret_cast<Handle*>(closed); });
  }
};

/// Owns a libuv handle on the heap. Its owner's callbacks find it by `data`, which is null once the
/// handle is being closed.
template <class Handle>
using UvPtr = std::unique_ptr<Handle, UvClose<Handle>>;

/// A new handle whose `data` is `owner`; `init` is given it and returns libuv's status. Null when
/// that fails.
template <class Handle, class Init>
[[nodiscard]] UvPtr<Handle> make_uv(void* owner, Init init) {
  auto handle = std::make_unique<Handle>();
  if (init(handle.get()) != 0) return nullptr;
  handle->data = owner;
  return UvPtr<Handle>(handle.release());
}

/// The same with the handle in a cell of `cells`, which must outlive libuv's use of it. A Handle
/// derives from libuv's type, first, and from InCells.
template <class Handle, class Init>
[[nodiscard]] UvPtr<Handle> make_uv_in(CellPool& cells, void* owner, Init init) {
  std::unique_ptr<Handle> handle(new (cells) Handle());
  if (init(handle.get()) != 0) return nullptr;
  handle->data = owner;
  return UvPtr<Handle>(handle.release());
}

/// An error of libuv, which is errno with its sign turned, as one of ours.
[[nodiscard]] inline Error uv_error(int status) {
  return Error{uv_strerror(status), -status};
}

}  // namespace mooring::server
