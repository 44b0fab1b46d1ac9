// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/rfc9102_vectors.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace mooring::test {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

struct VectorFile {
  std::map<std::string, std::string> header;
  std::map<std::string, std::string> sections;  ///< section name to its lines
};

VectorFile read_vector_file(const std::string& text) {
  VectorFile file;
  std::istringstream in(text);
  std::string section;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("== ", 0) == 0) {
      section = line.substr(3, line.find(' ', 3) - 3);
    } else if (!section.empty()) {
      // The RFC's dump has an offset in front of each line.
      const std::size_t offset = section == "hex-rfc" ? line.find(':') : std::string::npos;
      file.sections[section] += line.substr(offset == std::string::npos ? 0 : offset + 1) + '\n';
    } else if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      file.header[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  return file;
}

Vector read_vector(const std::string& name) {
  VectorFile file = read_vector_file(fixture("rfc9102/" + name));
  const auto time = [&](const char* key) {
    return dnschain::WallTime(std::chrono::seconds(std::stoll(file.header.at(key))));
  };
  Vector vector;
  vector.file = name;
  vector.sni = file.header.at("sni");
  vector.port = static_cast<std::uint16_t>(std::stoi(file.header.at("port")));
  vector.expected = file.header.at("expected");
  vector.records = std::stoul(file.header.at("rr-count"));
  vector.inception = time("inception-epoch");
  vector.expiration = time("expiration-epoch");
  vector.derived = from_hex(file.sections.at("hex-derived"));
  vector.printed = from_hex(file.sections["hex-rfc"]);
  return vector;
}

}  // namespace

dnschain::Service Vector::service() const {
  return dnschain::Service::create(sni, dnschain::Port{port}).value();
}

std::string fixture(const std::string& path) {
  std::ifstream in(std::string(MOORING_FIXTURES) + "/" + path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read fixtures/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

dnschain::Bytes from_hex(std::string_view digits) {
  dnschain::Bytes out;
  int high = -1;
  for (const char c : digits) {
    const int value = hex_value(c);
    if (value < 0) continue;
    if (high < 0) {
      high = value;
      continue;
    }
    out.push_back(static_cast<std::byte>(high * 16 + value));
    high = -1;
  }
  return out;
}

const std::vector<Vector>& rfc9102_vectors() {
  static const std::vector<Vector> vectors = [] {
    std::vector<Vector> all;
    for (int i = 1; i <= 8; ++i) all.push_back(read_vector("a" + std::to_string(i) + ".txt"));
    return all;
  }();
  return vectors;
}

}  // namespace mooring::test
