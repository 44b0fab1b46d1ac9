// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/dns/answer_writer.hpp"

#include <cstring>

namespace mooring::server {
namespace {

struct Sizes {
  std::size_t question = 0;
  std::size_t error = 0;  // the data of the extended error option
  std::size_t opt = 0;    // the whole OPT record

  [[nodiscard]] std::size_t message() const { return kDnsHeaderSize + question + opt; }
};

Sizes measure(const QueryShape& shape, const OwnAnswer& answer) {
  Sizes sizes;
  if (shape.question_end > kDnsHeaderSize) sizes.question = shape.question_end - kDnsHeaderSize;
  if (shape.opt.begin == 0) return sizes;
  sizes.opt = OptWriter::kEmptySize;
  if (answer.error == ExtendedError::none) return sizes;
  sizes.error = 2 + answer.text.size();
  sizes.opt += OptWriter::option_size(sizes.error);
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

void write_opt(std::byte* place, const QueryShape& shape, const Sizes& sizes,
               const OwnAnswer& answer) {
  // DO is copied (RFC 3225, 3).
  OptWriter opt(place, static_cast<unsigned>(answer.rcode), shape.opt.hop.dnssec_ok);
  if (sizes.error == 0) return;
  std::byte* const error = opt.add(OptionCode::extended_error, sizes.error);
  write_u16(error, static_cast<std::size_t>(answer.error));
  std::memcpy(error + 2, answer.text.data(), answer.text.size());
}

}  // namespace

bool append_answer(Buffer& out, const Answer& answer) {
  const std::size_t size = answer.message.size();
  std::byte* const place = out.extend(kLengthPrefix + size);
  if (place == nullptr) return false;
  std::byte* const message = place + kLengthPrefix;
  OptShape opt = answer.opt;
  // What answer.context says that the client has asked of this hop would be added here.
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
  std::byte* place = out.extend(kLengthPrefix + sizes.message());
  if (place == nullptr) return false;
  write_u16(place, sizes.message());
  place += kLengthPrefix;
  write_header(place, query, shape.id, sizes, answer.rcode);
  std::memcpy(place + kDnsHeaderSize, query.data() + kDnsHeaderSize, sizes.question);
  if (sizes.opt != 0) {
    write_opt(place + kDnsHeaderSize + sizes.question, shape, sizes, answer);
  }
  return true;
}

}  // namespace mooring::server
