// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <memory>

namespace mooring::dnschain {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

/// What PEM_read_bio() allocates for the caller.
struct Parts {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
};

bool read_block(BIO& from, PemText& text) {
  Parts parts;
  if (PEM_read_bio(&from, &parts.name, &parts.header, &parts.data, &parts.size) != 1) return false;
  PemBlock block;
  block.label = parts.name;
  block.encrypted = block.label == "ENCRYPTED PRIVATE KEY" ||
                    std::string_view(parts.header).find("ENCRYPTED") != std::string_view::npos;
  const auto* octets = reinterpret_cast<const std::byte*>(parts.data);
  block.der.assign(octets, octets + parts.size);
  text.blocks.push_back(std::move(block));
  return true;
}

}  // namespace

PemText parse_pem(std::string_view text) {
  PemText out;
  const std::unique_ptr<BIO, BioDeleter> from(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!from) return out;
  ERR_clear_error();
  while (read_block(*from, out)) {
  }
  out.damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  ERR_clear_error();
  return out;
}

std::vector<Bytes> certificates_in_pem(std::string_view text) {
  std::vector<Bytes> out;
  for (PemBlock& block : parse_pem(text).blocks)
    if (block.label == "CERTIFICATE") out.push_back(std::move(block.der));
  return out;
}

}  // namespace mooring::dnschain
