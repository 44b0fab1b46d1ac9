// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/request.hpp"

#include <nlohmann/json.hpp>

namespace mooring::server {

namespace {

using Json = nlohmann::ordered_json;

std::string line(Json object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Null when it is not there or is none.
template <class T>
const T* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const T*>();
}

}  // namespace

std::string to_line(const Request& request) {
  Json out{{"v", kControlVersion}, {"command", request.command}};
  if (request.protocol != 0) out["protocol"] = request.protocol;
  if (!request.program.empty()) out["program"] = request.program;
  if (!request.to.empty()) out["to"] = request.to;
  if (!request.client.empty()) out["client"] = request.client;
  return line(std::move(out));
}

Result<Request> parse_request(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return failure("the request is no JSON object");
  const auto* version = member<Json::number_unsigned_t>(object, "v");
  if (version == nullptr || *version != kControlVersion) {
    return failure("requests of version " + std::to_string(kControlVersion) + " are understood");
  }
  const auto* command = member<Json::string_t>(object, "command");
  if (command == nullptr) return failure("the request has no command");
  Request out;
  out.command = *command;
  const auto* protocol = member<Json::number_unsigned_t>(object, "protocol");
  if (protocol != nullptr && *protocol > 65'535) return failure("there is no such protocol");
  if (protocol != nullptr) out.protocol = static_cast<unsigned>(*protocol);
  const auto read = [&](const char* name, std::string& into) {
    if (const auto* found = member<Json::string_t>(object, name)) into = *found;
  };
  read("program", out.program);
  read("to", out.to);
  read("client", out.client);
  // One that is not understood must not become all.
  if (object.contains("client") && out.client.empty()) return failure("client is no prefix");
  return out;
}

std::string answer_line() {
  return line({{"v", kControlVersion}});
}

std::string answer_line(const HandedOver& done) {
  return line({{"v", kControlVersion},
               {"sessions", done.sessions},
               {"seconds", done.seconds},
               {"pid", done.pid}});
}

std::string answer_line(const SessionsMoved& done) {
  Json out{{"v", kControlVersion},
           {"moved", done.moved},
           {"seconds", done.seconds},
           {"stayed", done.stayed}};
  if (!done.why.empty()) out["why"] = done.why;
  return line(std::move(out));
}

std::string error_line(const std::string& why) {
  return line({{"v", kControlVersion}, {"error", why}});
}

std::optional<std::string> refusal_in(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) return "the answer is no JSON object";
  const auto* error = member<Json::string_t>(object, "error");
  return error == nullptr ? std::nullopt : std::optional(*error);
}

}  // namespace mooring::server
