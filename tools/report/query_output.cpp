// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/query_output.hpp"

#include <array>
#include <cstdio>

#include "tools/base/text.hpp"
#include "tools/base/time_text.hpp"
#include "tools/client/dot_client.hpp"
#include "tools/report/authentication_text.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/report/message_text.hpp"

namespace mooring::tools {

namespace {

using dnschain::Authentication;
using Method = dnschain::AuthenticationMethod;

std::string tls_line(const tlsext::SessionInfo& tls) {
  return version_name(tls.version) + ", " + tls.group + ", " + tls.cipher +
         (tls.alpn.empty() ? ", no ALPN" : ", ALPN " + tls.alpn);
}

std::string authentication_line(const QuerySession& session, Style style) {
  const std::string& text = session.authentication_text;
  const Method method = session.authentication.method;
  if (method == Method::none) return style.bad("not authenticated") + " (" + text + ")";
  const std::string how = method == Method::dane
                              ? session.policy.service->text() + " by DANE: "
                              : session.policy.service->base_domain() + " by PKIX: ";
  return style.good("authenticated") + ": " + printable(how + text);
}

std::string chain_line(const Authentication& found, dnschain::WallTime at) {
  const dnschain::Verdict& verdict = *found.verdict;
  std::string zones;
  for (const auto& step : verdict.zones) {
    zones += (zones.empty() ? "" : " > ") + step.zone.text();
  }
  return verdict_name(verdict.kind) + " until " + format_until(holds_until(verdict), at) +
         "; zones " + zones + "; smallest TTL " + std::to_string(verdict.ttl) +
         " s; support lifetime " + std::to_string(found.body->support_lifetime.count()) + " h";
}

Json chain_json(const QuerySession& session) {
  const Authentication& found = session.authentication;
  if (!found.verdict) return nullptr;
  Json chain = to_json(*found.verdict, *session.policy.service);
  chain["support_lifetime_hours"] = found.body->support_lifetime.count();
  return chain;
}

std::string milliseconds_text(std::chrono::microseconds took) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", static_cast<double>(took.count()) / 1000.0);
  return text.data();
}

}  // namespace

std::string session_text(const QuerySession& session, Style style) {
  std::string out = ";; TLS: " + printable(tls_line(session.tls)) + "\n" +
                    ";; SERVER IS: " + authentication_line(session, style) + "\n";
  if (session.authentication.verdict) {
    out += ";; CHAIN: " + chain_line(session.authentication, session.policy.at) + "\n";
  }
  return out;
}

std::string answer_text(const Answer& answer, const QuerySession& session, const Shown& shown) {
  std::string out = message_text(answer.message, shown);
  if (!shown.stats) return out;
  const std::string name =
      session.server_name.empty() ? "" : "(" + printable(session.server_name) + ")";
  return out + "\n;; Query time: " + milliseconds_text(answer.took) +
         " ms\n;; SERVER: " + session.peer + name +
         " (TLS)\n;; MSG SIZE  rcvd: " + std::to_string(answer.message.octets) + "\n";
}

Json query_json(const QuerySession& session, const std::vector<Answer>& answers) {
  const Authentication& found = session.authentication;
  Json authentication{{"method", method_name(found.method)},
                      {"authenticated", found.method != Method::none},
                      {"text", session.authentication_text}};
  if (session.policy.service) {
    authentication["name"] = session.policy.service->base_domain();
    authentication["port"] = static_cast<std::uint16_t>(session.policy.service->port());
  }
  if (found.matched) authentication["matched"] = to_json(*found.matched);
  Json list = Json::array();
  for (const Answer& answer : answers) {
    Json entry = message_json(answer.message);
    entry["query_time_ms"] = static_cast<double>(answer.took.count()) / 1000.0;
    list.push_back(std::move(entry));
  }
  return {{"server", session.peer},
          {"server_name", session.server_name},
          {"tls",
           {{"version", version_name(session.tls.version)},
            {"group", session.tls.group},
            {"cipher", session.tls.cipher},
            {"alpn", session.tls.alpn},
            {"resumed", session.tls.resumed}}},
          {"authentication", std::move(authentication)},
          {"chain", chain_json(session)},
          {"answers", std::move(list)}};
}

}  // namespace mooring::tools
