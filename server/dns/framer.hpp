// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/dns/wire.hpp"
#include "server/memory/buffer_pool.hpp"

namespace mooring::server {

/// What is to become of the stream, says whoever is offered a message.
enum class MessageVerdict : std::uint8_t {
  next,       ///< taken; the next one, please
  hold_back,  ///< not taken: keep this one and all that follow until resume()
  stop,       ///< taken; never mind the rest
};

enum class FramerState : std::uint8_t {
  ready,      ///< all whole messages were taken; part of one may be waiting for its rest
  held_back,  ///< whole messages wait for resume()
  stopped,    ///< the taker said so
  no_memory,  ///< what should have been kept was lost: the stream is of no more use
};

/// What a framer holds, as plain values: another can be made from it, also in another process.
struct FramerSnapshot {
  std::vector<std::byte> unread;  ///< part of a message, or messages that are held back
  bool stopped = false;           ///< it takes nothing more
};

/// Cuts a stream into DNS messages by their two-octet length prefix (RFC 7766, 8). A message that
/// has come whole is handed on where it lies; only what is cut or held back is kept, and memory is
/// used only while there is such.
class DnsFramer {
 public:
  /// `use` is what the messages count as in the pool.
  explicit DnsFramer(BufferPool& pool, BufferUse use = BufferUse::outgoing) : kept_(pool, use) {}

  /// Takes octets of the stream and calls `take` with each message, without its prefix, valid
  /// during the call.
  template <class Taker>
  FramerState feed(ByteView octets, Taker&& take) {
    if (state_ == FramerState::held_back) return keep(octets);
    if (state_ != FramerState::ready) return state_;
    if (!kept_.empty() && !complete_kept(octets, take)) return state_;
    const std::size_t used = run(octets, take);
    if (state_ == FramerState::stopped) return state_;
    return keep(octets.subspan(used));
  }

  /// Offers again what was held back.
  template <class Taker>
  FramerState resume(Taker&& take) {
    if (state_ != FramerState::held_back) return state_;
    state_ = FramerState::ready;
    kept_.consume(run(kept_.view(), take));
    return state_;
  }

  /// Forgets what is kept; nothing is taken any more.
  void stop() {
    state_ = FramerState::stopped;
    kept_.clear();
  }

  /// Starts anew, for another stream.
  void reset() {
    kept_.clear();
    state_ = FramerState::ready;
  }

  [[nodiscard]] FramerSnapshot snapshot() const {
    const bool ended = state_ == FramerState::stopped || state_ == FramerState::no_memory;
    return {kept_.snapshot(), ended};
  }
  /// Makes a new framer go on where another one was. Whole messages are held back until resume().
  FramerState restore(const FramerSnapshot& from) {
    if (from.stopped) {
      stop();
    } else if (keep(from.unread) == FramerState::ready) {
      run(kept_.view(), [](ByteView) { return MessageVerdict::hold_back; });
    }
    return state_;
  }

  [[nodiscard]] FramerState state() const { return state_; }
  [[nodiscard]] std::size_t octets_kept() const { return kept_.size(); }
  void set_use(BufferUse use) { kept_.set_use(use); }
  /// What is kept lies in this.
  [[nodiscard]] const Buffer& buffer() const { return kept_; }

 private:
  /// Offers the whole messages at the front of `octets`; returns how much was used up.
  template <class Taker>
  std::size_t run(ByteView octets, Taker&& take) {
    std::size_t at = 0;
    while (octets.size() - at >= kLengthPrefix) {
      const std::size_t length = read_u16(octets, at);
      if (octets.size() - at - kLengthPrefix < length) break;
      const MessageVerdict verdict = take(octets.subspan(at + kLengthPrefix, length));
      if (verdict == MessageVerdict::hold_back) {
        state_ = FramerState::held_back;
        break;
      }
      at += kLengthPrefix + length;
      if (verdict == MessageVerdict::stop) {
        state_ = FramerState::stopped;
        break;
      }
    }
    return at;
  }

  /// Adds to the message that was cut what it still lacks, and no more, so that those after it are
  /// read where they lie. False: it is still not whole, or nothing is to be read after it now.
  template <class Taker>
  bool complete_kept(ByteView& octets, Taker&& take) {
    for (;;) {
      const std::size_t have = kept_.size();
      const std::size_t whole =
          have < kLengthPrefix ? kLengthPrefix : kLengthPrefix + read_u16(kept_.view(), 0);
      const std::size_t part = std::min(whole - have, octets.size());
      if (keep(octets.first(part)) == FramerState::no_memory) return false;
      octets = octets.subspan(part);
      if (kept_.size() < whole) return false;
      if (whole > kLengthPrefix || read_u16(kept_.view(), 0) == 0) break;
    }
    kept_.consume(run(kept_.view(), take));
    if (state_ == FramerState::held_back) (void)keep(octets);
    return state_ == FramerState::ready;
  }

  FramerState keep(ByteView octets) {
    if (!kept_.append(octets)) {
      kept_.clear();
      state_ = FramerState::no_memory;
    }
    return state_;
  }

  Buffer kept_;
  FramerState state_ = FramerState::ready;
};

}  // namespace mooring::server
