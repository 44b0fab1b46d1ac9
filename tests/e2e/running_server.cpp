// SPDX-License-Identifier: GPL-3.0-or-later
#include "e2e/running_server.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace mooring::test {

namespace {

std::string value_after(const std::string& text, const std::string& key, std::size_t from) {
  const auto at = text.find(key, from);
  if (at == std::string::npos) return {};
  const auto begin = at + key.size();
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

}  // namespace

std::string mooringd_path() {
  const char* path = std::getenv("MOORINGD");
  if (path == nullptr) throw std::runtime_error("MOORINGD names no program");
  return path;
}

std::string server_config(std::uint16_t upstream, const std::string& more) {
  return "[server]\nlisten = ['127.0.0.1:0']\nworkers = 1\n"
         "[[identity]]\nname = 'dot.example'\ncertificate = 'dot.crt'\nkey = 'dot.key'\nports = "
         "[]\n"
         "[upstream]\nservers = ['127.0.0.1:" +
         std::to_string(upstream) + "']\n" + more;
}

std::uint16_t port_in(const std::string& log) {
  const std::string listen = value_after(log, " listen=", log.find("event=start "));
  const std::string first = listen.substr(0, listen.find(','));
  return static_cast<std::uint16_t>(std::stoul(first.substr(first.rfind(':') + 1)));
}

TempDir& RunningServer::fill(TempDir& files, std::uint16_t upstream, const std::string& more) {
  const Certificate made = make_certificate("dot.example");
  files.write("dot.crt", made.certificate_pem);
  files.write("dot.key", made.private_key_pem);
  files.write("mooring.toml", server_config(upstream, more));
  return files;
}

RunningServer::RunningServer(std::uint16_t upstream, const std::string& more)
    : process_({mooringd_path(), "-c", fill(files_, upstream, more).path("mooring.toml")}) {
  if (!process_.prints("event=start ")) throw std::runtime_error(process_.output());
  port_ = port_in(process_.output());
}

std::uint64_t RunningServer::counter(const std::string& group, const std::string& name) {
  // The line of the last group ends a report.
  process_.signal(SIGUSR1);
  if (!process_.prints("group=keeper", ++reports_)) throw std::runtime_error(process_.output());
  const std::string log = process_.output();
  const auto line = log.rfind("group=" + group + " ");
  return std::stoull(value_after(log, " " + name + "=", line));
}

bool RunningServer::counts(const std::string& group, const std::string& name, std::uint64_t least) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (counter(group, name) < least) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

void RunningServer::reload(std::uint16_t upstream, const std::string& more,
                           const Certificate* certificate) {
  if (certificate != nullptr) {
    files_.write("dot.crt", certificate->certificate_pem);
    files_.write("dot.key", certificate->private_key_pem);
  }
  files_.write("mooring.toml", server_config(upstream, more));
  process_.signal(SIGHUP);
}

int RunningServer::stop() {
  process_.signal(SIGTERM);
  return process_.wait().value_or(-1);
}

}  // namespace mooring::test
