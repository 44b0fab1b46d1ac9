// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/answer_writer.hpp"

#include <cstring>

namespace mooring::server {
namespace {

constexpr std::size_t kPrefix = 2;
constexpr std::size_t kEmptyOpt = 11;
constexpr std::size_t kErrorOption = 15;
/// What fits into one UDP datagram nearly everywhere; without meaning on TCP, but it must say
/// something (RFC 6891, 6.2.5).
constexpr std::size_t kUdpPayload = 1232;

struct Sizes {
  std::size_t question = 0;
  std::size_t option = 0;  // the whole extended error option
  std::size_t opt = 0;     // the whole OPT record

  [[nodiscard]] std::size_t message() const { return kDnsHeaderSize + question + opt; }
};

Sizes measure(const QueryShape& shape, const OwnAnswer& answer) {
  Sizes sizes;
  if (shape.question_end > kDnsHeaderSize) sizes.question = shape.question_end - kDnsHeaderSize;
  if (shape.opt.begin == 0) return sizes;
  if (answer.error != ExtendedError::none) sizes.option = 6 + answer.text.size();
  sizes.opt = kEmptyOpt + sizes.option;
  return sizes;
}

void write_header(std::byte* place, ByteView query, std::uint16_t id, const Sizes& sizes,
                  Rcode rcode) {
  write_u16(place, id);  // the query may be one that went upstream with another ID
  place[2] = std::byte{0x80} | (query[2] & std::byte{0x79});   // QR; opcode and RD of the query
  place[3] = std::byte{0x80} | (query[3] & std::byte{0x10}) |  // RA; CD of the query
             std::byte(static_cast<unsigned>(rcode) & 0x0fU);
  std::memset(place + 4, 0, kDnsHeaderSize - 4);
  write_u16(place + 4, sizes.question != 0 ? 1 : 0);
  write_u16(place + 10, sizes.opt != 0 ? 1 : 0);
}

void write_opt(std::byte* place, ByteView query, const QueryShape& shape, const Sizes& sizes,
               const OwnAnswer& answer) {
  std::memset(place, 0, kEmptyOpt);
  write_u16(place + 1, 41);
  write_u16(place + 3, kUdpPayload);
  place[5] = std::byte(static_cast<unsigned>(answer.rcode) >> 4U);
  place[7] = query[shape.opt.begin + 7U] & std::byte{0x80};  // DO is copied (RFC 3225, 3)
  write_u16(place + 9, sizes.option);
  if (sizes.option == 0) return;
  std::byte* const option = place + kEmptyOpt;
  write_u16(option, kErrorOption);
  write_u16(option + 2, sizes.option - 4);
  write_u16(option + 4, static_cast<std::size_t>(answer.error));
  std::memcpy(option + 6, answer.text.data(), answer.text.size());
}

}  // namespace

bool append_answer(Buffer& out, const Answer& answer) {
  const std::size_t size = answer.message.size();
  std::byte* const place = out.extend(kPrefix + size);
  if (place == nullptr) return false;
  std::byte* const message = place + kPrefix;
  OptShape opt = answer.opt;
  const std::size_t copied = copy_for_next_hop(answer.message, opt, message);
  out.shrink(size - copied);
  write_u16(place, copied);
  write_u16(message, answer.client_id);
  // A resolver may lower the case; a client that compares exactly would not know its question.
  if (read_u16(answer.message, 4) != 0) {
    std::memcpy(message + kDnsHeaderSize, answer.question.data(), answer.question.size());
  }
  return true;
}

bool append_own_answer(Buffer& out, ByteView query, const QueryShape& shape,
                       const OwnAnswer& answer) {
  const Sizes sizes = measure(shape, answer);
  std::byte* place = out.extend(kPrefix + sizes.message());
  if (place == nullptr) return false;
  write_u16(place, sizes.message());
  place += kPrefix;
  write_header(place, query, shape.id, sizes, answer.rcode);
  std::memcpy(place + kDnsHeaderSize, query.data() + kDnsHeaderSize, sizes.question);
  if (sizes.opt != 0) {
    write_opt(place + kDnsHeaderSize + sizes.question, query, shape, sizes, answer);
  }
  return true;
}

}  // namespace mooring::server
