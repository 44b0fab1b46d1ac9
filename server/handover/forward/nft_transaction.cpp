// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/forward/nft_transaction.hpp"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mooring::server {

namespace {

/// Sequence number of the frame around the messages; theirs follow it.
constexpr std::uint32_t kFrame = 1;
constexpr std::uint32_t kFirst = 2;

tl::unexpected<Error> broken(const char* what) {
  const int code = errno;
  return failure(std::string(what) + ": " + std::strerror(code), code);
}

/// What came back for one message: errno, 0 for done.
struct Reply {
  std::uint32_t sequence = 0;
  int error = 0;
};

/// The kernel answers while the messages are sent, so that all replies are there.
Result<std::vector<Reply>> replies(const NftSocket& socket) {
  std::vector<Reply> out;
  alignas(nlmsghdr) std::array<char, 16384> buffer{};
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket.raw(), buffer.data(), buffer.size());
    if (size < 0 && errno == EAGAIN) return out;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return broken("what nftables answers");
    int left = static_cast<int>(size);
    for (const auto* at = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(at, left);
         at = mnl_nlmsg_next(at, &left)) {
      if (at->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(at) < sizeof(nlmsgerr))
        continue;
      const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(at));
      out.push_back({at->nlmsg_seq, -error->error});
    }
  }
}

}  // namespace

void NftSocket::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

NftSocket::~NftSocket() = default;

Result<NftSocket> NftSocket::open() {
  mnl_socket* raw = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (raw == nullptr) return broken("the kernel has no nftables");
  NftSocket socket(raw);
  // A refusal need not repeat what it refuses.
  int on = 1;
  mnl_socket_setsockopt(raw, NETLINK_CAP_ACK, &on, sizeof on);
  if (mnl_socket_bind(raw, 0, MNL_SOCKET_AUTOPID) < 0) return broken("nftables");
  return socket;
}

NftTransaction::NftTransaction() {
  taken(nftnl_batch_begin(next(), kFrame));
}

char* NftTransaction::next() {
  octets_.resize(used_ + kMostMessage);
  return octets_.data() + used_;
}

void NftTransaction::taken(const nlmsghdr* header) {
  last_ = used_;
  used_ += header->nlmsg_len;  // all of a message is padded to four octets
}

void NftTransaction::add(std::uint16_t type, std::uint16_t flags,
                         const std::function<void(nlmsghdr*)>& fill) {
  const auto sequence = static_cast<std::uint32_t>(kFirst + messages_++);
  nlmsghdr* header = nftnl_nlmsg_build_hdr(next(), type, NFPROTO_NETDEV, flags, sequence);
  fill(header);
  taken(header);
}

Result<std::vector<NftRefusal>> NftTransaction::commit(const NftSocket& socket) && {
  // The last one is confirmed: the proof that all were looked at.
  auto* last = reinterpret_cast<nlmsghdr*>(octets_.data() + last_);
  last->nlmsg_flags = static_cast<std::uint16_t>(last->nlmsg_flags | NLM_F_ACK);
  taken(nftnl_batch_end(next(), kFrame));
  if (mnl_socket_sendto(socket.raw(), octets_.data(), used_) < 0) return broken("nftables");
  const auto came = replies(socket);
  if (!came) return tl::make_unexpected(came.error());
  std::vector<NftRefusal> refusals;
  bool confirmed = false;
  for (const Reply& reply : *came) {
    const auto message = std::size_t{reply.sequence} - kFirst;
    if (reply.sequence < kFirst || message >= messages_)
      return failure(std::string("nftables: ") + std::strerror(reply.error), reply.error);
    if (message + 1 == messages_) confirmed = true;
    if (reply.error != 0) refusals.push_back({message, reply.error});
  }
  if (!confirmed) return failure("nftables has not answered");
  return refusals;
}

}  // namespace mooring::server
