// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mooring::server {

/// Tells when a descriptor of any kind can be read from or written to, for as long as this lives.
/// The descriptor is somebody else's, and is closed after this has gone. Its loop must outlive it.
class Watch {
 public:
  Watch() = default;
  virtual ~Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// What to wait for from now on; neither at first. The end of what can be read counts as
  /// readable.
  virtual void set(bool readable, bool writable) = 0;
};

}  // namespace mooring::server
