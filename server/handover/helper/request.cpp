// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/request.hpp"

#include <algorithm>
#include <utility>

#include "server/base/octets.hpp"

namespace mooring::server {

namespace {

constexpr std::size_t kMostPorts = 64;
constexpr std::size_t kMostInterfaceName = 15;  // IFNAMSIZ less the zero at its end
constexpr std::size_t kMostErrorText = 1024;
enum class Outcome : std::uint8_t { done, failed };

void write(OctetWriter& writer, const Endpoint& endpoint) {
  writer.number(static_cast<std::uint8_t>(endpoint.address.family == IpFamily::v4 ? 4 : 6));
  const auto octets = std::as_bytes(std::span(endpoint.address.octets));
  writer.plain(octets.first(endpoint.address.width() / 8));
  writer.number(endpoint.port);
}

template <class Octets>
void read_into(Octets& place, ByteView octets) {
  std::ranges::transform(octets, place.begin(), std::to_integer<std::uint8_t>);
}

Endpoint read_endpoint(OctetReader& reader) {
  Endpoint out;
  const auto version = reader.number<std::uint8_t>();
  if (version != 4 && version != 6) reader.fail();
  out.address.family = version == 6 ? IpFamily::v6 : IpFamily::v4;
  read_into(out.address.octets, reader.plain(out.address.width() / 8));
  out.port = reader.number<std::uint16_t>();
  return out;
}

void write(OctetWriter& writer, const TcpConnection& connection) {
  write(writer, connection.client);
  write(writer, connection.service);
}

void read(OctetReader& reader, TcpConnection& connection) {
  connection = {read_endpoint(reader), read_endpoint(reader)};
  if (connection.client.address.family != connection.service.address.family) reader.fail();
}

void write(OctetWriter& writer, const Forward& forward) {
  write(writer, forward.connection);
  writer.plain(std::as_bytes(std::span(forward.to)));
  writer.number(forward.seconds);
}

void read(OctetReader& reader, Forward& forward) {
  read(reader, forward.connection);
  read_into(forward.to, reader.plain(forward.to.size()));
  forward.seconds = reader.number<std::uint32_t>();
  if (forward.seconds == 0) reader.fail();
}

void write(OctetWriter& writer, std::uint16_t port) {
  writer.number(port);
}

void read(OctetReader& reader, std::uint16_t& port) {
  port = reader.number<std::uint16_t>();
}

template <class Item>
void write(OctetWriter& writer, const std::vector<Item>& items) {
  writer.number(static_cast<std::uint16_t>(items.size()));
  for (const Item& item : items) write(writer, item);
}

template <class Item>
std::vector<Item> read_list(OctetReader& reader, std::size_t most) {
  const auto count = reader.number<std::uint16_t>();
  if (count > most) {
    reader.fail();
    return {};
  }
  std::vector<Item> items(count);
  for (Item& item : items) read(reader, item);
  return items;
}

/// What follows the number of a request, each with a way to be written and to be read.
struct BodyWriter {
  OctetWriter& writer;
  void operator()(const CheckRequest& request) { write(writer, request.ports); }
  void operator()(const InterfacesRequest& request) {
    writer.text(request.from);
    writer.text(request.to);
  }
  void operator()(const DumpRequest&) {}
  void operator()(const RestoreRequest& request) { writer.field(request.state); }
  void operator()(const ResumeRequest&) {}
  void operator()(const ForwardRequest& request) { write(writer, request.forwards); }
  void operator()(const ForgetRequest& request) { write(writer, request.connections); }
};

struct BodyReader {
  OctetReader& reader;
  void operator()(CheckRequest& request) {
    request.ports = read_list<std::uint16_t>(reader, kMostPorts);
  }
  void operator()(InterfacesRequest& request) {
    request.from = reader.text(kMostInterfaceName);
    request.to = reader.text(kMostInterfaceName);
    // The names go to functions that end at a zero.
    if ((request.from + request.to).find('\0') != std::string::npos) reader.fail();
  }
  void operator()(DumpRequest&) {}
  void operator()(RestoreRequest& request) {
    const ByteView state = reader.field(kMostState);
    request.state.assign(state.begin(), state.end());
  }
  void operator()(ResumeRequest&) {}
  void operator()(ForwardRequest& request) {
    request.forwards = read_list<Forward>(reader, kMostForwards);
  }
  void operator()(ForgetRequest& request) {
    request.connections = read_list<TcpConnection>(reader, kMostForwards);
  }
};

/// The request of this number, empty; nothing when there is none.
template <std::size_t At = 0>
std::optional<HelperRequest> empty_request(std::size_t number) {
  if constexpr (At < std::variant_size_v<HelperRequest>) {
    if (number == At) return HelperRequest(std::in_place_index<At>);
    return empty_request<At + 1>(number);
  } else {
    return std::nullopt;
  }
}

}  // namespace

std::vector<std::byte> encode_request(const HelperRequest& request) {
  OctetWriter writer;
  writer.number(static_cast<std::uint8_t>(request.index()));
  std::visit(BodyWriter{writer}, request);
  return std::move(writer).take();
}

Result<HelperRequest> decode_request(ByteView octets) {
  OctetReader reader(octets);
  auto request = empty_request(reader.number<std::uint8_t>());
  if (!request) return failure("no such request");
  std::visit(BodyReader{reader}, *request);
  if (!reader.whole()) return failure("a request is not whole");
  return *std::move(request);
}

std::vector<std::byte> encode_answer(const HelperAnswer& answer) {
  OctetWriter writer;
  if (answer) {
    writer.number(static_cast<std::uint8_t>(Outcome::done));
    writer.plain(*answer);
  } else {
    writer.number(static_cast<std::uint8_t>(Outcome::failed));
    writer.number(static_cast<std::uint32_t>(answer.error().system));
    writer.text(std::string_view(answer.error().context).substr(0, kMostErrorText));
  }
  return std::move(writer).take();
}

HelperAnswer decode_answer(ByteView octets) {
  OctetReader reader(octets);
  switch (static_cast<Outcome>(reader.number<std::uint8_t>())) {
    case Outcome::done:
      if (octets.empty()) break;
      return std::vector(octets.begin() + 1, octets.end());
    case Outcome::failed: {
      const auto code = static_cast<int>(reader.number<std::uint32_t>());
      std::string text(reader.text(kMostErrorText));
      if (reader.whole()) return failure(std::move(text), code);
    }
  }
  return failure("the answer of the handover helper is not whole");
}

}  // namespace mooring::server
