// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "server/dns/answer_writer.hpp"
#include "server/dns/framer.hpp"
#include "server/dns/message.hpp"

using namespace mooring::server;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::byte> copied(ByteView message, OptShape& opt) {
  std::vector<std::byte> copy(message.size());
  copy.resize(copy_for_next_hop(message, opt, copy.data()));
  return copy;
}

// What is forwarded must be a sound query still, without options for one hop, and with the same
// question.
void forwarded(ByteView message, QueryShape shape) {
  const auto copy = copied(message, shape.opt);
  const auto again = check_query(copy);
  expect(again.verdict == QueryVerdict::forward);
  expect(!again.shape.opt.hop.for_one_hop());
  expect(again.shape.opt.begin == shape.opt.begin && again.shape.opt.end == shape.opt.end);
  expect(std::equal(copy.begin() + 12, copy.begin() + shape.question_end, message.begin() + 12));
}

// Whatever we answer must be read as the answer to the same query.
void answered(ByteView message, const QueryShape& shape) {
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  const OwnAnswer answer{Rcode::server_failure, ExtendedError::network_error, "text"};
  expect(append_own_answer(out, message, shape, answer));
  const ByteView own = out.view().subspan(2);
  expect(read_u16(out.view(), 0) == own.size());
  expect(is_response(own));
  expect(read_u16(own, 0) == shape.id);
  if (shape.question_end == 0) return;
  const auto verdict = check_answer(own, message, shape.question_end).verdict;
  expect(verdict == ((own[2] & std::byte{0x78}) == std::byte{0} ? AnswerVerdict::sound
                                                                : AnswerVerdict::malformed));
}

void as_query(ByteView message) {
  const auto checked = check_query(message);
  if (checked.verdict == QueryVerdict::no_header) return;
  answered(message, checked.shape);
  if (checked.verdict == QueryVerdict::forward) forwarded(message, checked.shape);
}

// A sound answer stays sound on its way to the client.
void as_answer(ByteView message, ByteView query) {
  const auto shape = check_query(query).shape;
  if (shape.question_end == 0 || !is_response(message)) return;
  const auto checked = check_answer(message, query, shape.question_end);
  if (checked.verdict != AnswerVerdict::sound) return;
  BufferPool pool(1U << 20U);
  Buffer out(pool);
  const ByteView question = query.subspan(12, shape.question_end - std::size_t{12});
  expect(append_answer(out, {message, checked.opt, 0x1234, question}));
  const ByteView passed = out.view().subspan(2);
  expect(read_u16(out.view(), 0) == passed.size());
  expect(read_u16(passed, 0) == 0x1234);
  const auto again = check_answer(passed, query, shape.question_end);
  expect(again.verdict == AnswerVerdict::sound && !again.opt.hop.for_one_hop());
}

}  // namespace

// The input is a row of messages with length prefixes, cut into pieces by its first octet: each is
// taken for a query, and for an answer to the first one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + std::size_t{1};
  ByteView left(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  BufferPool pool(1U << 20U);
  DnsFramer framer(pool);
  std::vector<std::byte> first;
  const auto take = [&](ByteView message) {
    as_query(message);
    if (first.empty()) first.assign(message.begin(), message.end());
    as_answer(message, first);
    return MessageVerdict::next;
  };
  while (!left.empty()) {
    const ByteView part = left.first(std::min(piece, left.size()));
    left = left.subspan(part.size());
    expect(framer.feed(part, take) == FramerState::ready);
  }
  return 0;
}
