// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/parcel.hpp"
#include "server/base/result.hpp"
#include "server/base/secret_bytes.hpp"

namespace mooring::server {

/// What both hosts say over a link, by ALPN: another version of these messages is another name.
inline constexpr const char* kHandoverProtocol = "mooring-handover/1";

/// Octets of a connection's TCP state at most; what they say is not looked at here.
inline constexpr std::size_t kMostTcpOctets = (2U << 20U) + 4096;
/// Letters of a text at most: a program's version, a reason.
inline constexpr std::size_t kMostLinkText = 200;

/// Says which process is at an end; random, made when it starts.
using HostId = std::array<std::byte, 16>;
/// Numbers the offers of a link, from 1 upwards.
using OfferId = std::uint64_t;

/// Of the interface at which a host takes what clients send: an Ethernet (MAC) address.
using LinkAddress = std::array<std::uint8_t, 6>;

/// What a host has taken on, and could.
struct Load {
  std::uint32_t sessions = 0;
  std::uint32_t capacity = 0;

  friend bool operator==(const Load&, const Load&) = default;
};

/// The first message of the host that gives.
struct Hello {
  HostId host{};
  std::string program;  ///< its version, for the log
};
/// The answer to it.
struct Welcome {
  HostId host{};
  std::string program;
  std::uint32_t most_offers = 0;  ///< that may be under way at a time
  std::uint32_t most_octets = 0;  ///< in all of those together
  LinkAddress address{};          ///< where its clients' packets are to go
  Load load;
};

/// A connection that is offered.
struct Offer {
  OfferId id = 0;
  std::vector<std::byte> tcp;  ///< its TCP state
  SecretBytes parcel;          ///< Parcel::octets
};
/// It is there, and waits: it may not go on before it is released.
struct OfferTaken {
  OfferId id = 0;
};

enum class Refusal : std::uint8_t {
  full,       ///< another host may have a place, or this one later
  leaving,    ///< the host takes no more at all
  unfit,      ///< it cannot be of use there: an address that is not there, a format not known
  failed,     ///< the host's system would not
  withdrawn,  ///< the giver has taken it back before there was an answer
};
struct OfferRefused {
  OfferId id = 0;
  Refusal why{};
  std::string text;
};
/// Why, in one line.
[[nodiscard]] std::string describe(const OfferRefused& refused);
/// It goes on where it was taken; the giver has let go.
struct OfferReleased {
  OfferId id = 0;
};
/// It goes on where it was: whoever has it drops it without a word to the client.
struct OfferWithdrawn {
  OfferId id = 0;
};
/// One that was released has come to its end.
struct SessionEnded {
  OfferId id = 0;
};
/// The taking host's, from time to time.
struct LoadReport {
  Load load;
};
/// The giving host's, when it has said nothing else for a while.
struct Alive {};

using Message = std::variant<Hello, Welcome, Offer, OfferTaken, OfferRefused, OfferReleased,
                             OfferWithdrawn, SessionEnded, LoadReport, Alive>;

/// A message that has no key material, with its header. Texts that are too long are cut.
[[nodiscard]] std::vector<std::byte> encode(const Hello& message);
[[nodiscard]] std::vector<std::byte> encode(const Welcome& message);
[[nodiscard]] std::vector<std::byte> encode(const OfferTaken& message);
[[nodiscard]] std::vector<std::byte> encode(const OfferRefused& message);
[[nodiscard]] std::vector<std::byte> encode(const OfferReleased& message);
[[nodiscard]] std::vector<std::byte> encode(const OfferWithdrawn& message);
[[nodiscard]] std::vector<std::byte> encode(const SessionEnded& message);
[[nodiscard]] std::vector<std::byte> encode(const LoadReport& message);
[[nodiscard]] std::vector<std::byte> encode(Alive message);
/// An offer, out of `arena`; none without memory. `tcp` has at most kMostTcpOctets, `parcel` at
/// most kMostParcelOctets.
[[nodiscard]] std::optional<SecretBytes> encode_offer(OfferId id, ByteView tcp, ByteView parcel,
                                                      SecretArena& arena);

/// Puts messages together from octets that come cut anywhere. After an error it is of no more use.
class MessageReader {
 public:
  /// The next message, if one is whole; what was used of `octets` is taken off its front. An error,
  /// one line: this is no message, or there is no memory for it.
  [[nodiscard]] Result<std::optional<Message>> next(ByteView& octets);

 private:
  static constexpr std::size_t kHeader = 5;  ///< its type, and the octets that follow in four
  [[nodiscard]] Result<void> begin_body();
  [[nodiscard]] Result<Message> decode();

  SecretArena arena_;
  std::array<std::byte, kHeader> header_{};
  std::size_t have_ = 0;  ///< octets of the message, its header included
  SecretBytes body_;
};

}  // namespace mooring::server
