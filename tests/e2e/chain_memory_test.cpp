// SPDX-License-Identifier: GPL-3.0-or-later
// What mooringd remembers of its chains across restarts.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/lab.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

using Catch::Contains;
using mooring::test::Lab;
using mooring::test::Process;
using mooring::test::TempDir;

std::string configuration(const Lab& lab, const std::string& ports, const std::string& chain) {
  return "[server]\nlisten = ['127.0.0.1:0']\nworkers = 1\n[[identity]]\nname = '" +
         lab["LAB_NAME"] + "'\ncertificate = '" + lab["LAB_CERT"] + "'\nkey = '" + lab["LAB_KEY"] +
         "'\nports = " + ports + "\n[chain]\ntrust_anchor = '" + lab["LAB_ANCHOR"] +
         "'\nstate_directory = 'state'\n" + chain + "[upstream]\nservers = ['" +
         lab["LAB_RESOLVER"] + "']\n";
}

/// Runs mooringd until it has printed `text`, then ends it; gives all that it printed.
std::string run_until(const TempDir& files, const std::string& text) {
  Process server({std::getenv("MOORINGD"), "-c", files.path("mooring.toml")});
  const bool printed = server.prints(text);
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
  INFO(server.output());
  CHECK(printed);
  return server.output();
}

/// What `mooring chain show` says of a chain that `server` sends.
std::string shown(const Lab& lab, const Process& server) {
  const std::string log = server.output();
  const std::size_t at = log.find("listen=", log.find("event=start ")) + 7;
  const std::string endpoint = log.substr(at, log.find_first_of(", \n", at) - at);
  Process client({std::getenv("MOORING"), "chain", "show", endpoint, "--name", lab["LAB_NAME"],
                  "--anchor", lab["LAB_ANCHOR"], "--require", "secure", "--json"});
  CHECK(client.wait() == 0);
  return client.output();
}

TEST_CASE("mooringd serves its stored chains after a restart without a resolver", "[e2e]") {
  Lab lab;
  const TempDir files;
  files.write("mooring.toml", configuration(lab, "[853]", "support_lifetime = '24h'\n"));
  run_until(files, "state=published");
  lab.stop();
  run_until(files, "state=restored");
  // The extension is taken away while clients may hold pins: it goes on all the same.
  files.write("mooring.toml", configuration(lab, "[]", ""));
  run_until(files, "state=pins_held");
  files.write("mooring.toml",
              configuration(lab, "[]", "forget = ['" + lab["LAB_NAME"] + ":853']\n"));
  run_until(files, "state=forgotten");
  CHECK_THAT(run_until(files, "event=start "), !Contains("state=pins_held"));
}

TEST_CASE("mooringd sends a chain for a name that was removed while clients hold pins", "[e2e]") {
  Lab lab;
  const TempDir files;
  const std::string before = configuration(lab, "[853]", "support_lifetime = '24h'\n");
  files.write("mooring.toml", before);
  run_until(files, "state=published");
  std::string after = configuration(lab, "[]", "");
  after.replace(after.find(lab["LAB_NAME"]), lab["LAB_NAME"].size(), "other.example");
  files.write("mooring.toml", after);
  Process server({std::getenv("MOORINGD"), "-c", files.path("mooring.toml")});
  REQUIRE(server.prints("state=pins_held"));
  REQUIRE(server.prints("event=start "));
  INFO(server.output());
  CHECK_THAT(shown(lab, server), Contains("\"support_lifetime_hours\": 0"));
}

TEST_CASE("mooringd announces no support lifetime while the disk takes none", "[e2e]") {
  Lab lab;
  const TempDir files;
  files.write("mooring.toml", configuration(lab, "[853]", "support_lifetime = '24h'\n"));
  // Nothing can be written where the state is written first.
  std::filesystem::create_directories(files.path("state/chains.state.new"));
  Process server({std::getenv("MOORINGD"), "-c", files.path("mooring.toml")});
  REQUIRE(server.prints("event=start "));
  CHECK(server.prints("event=state result=failed"));
  REQUIRE(server.prints("state=published"));
  CHECK_THAT(shown(lab, server), Contains("\"support_lifetime_hours\": 0"));
  std::filesystem::remove(files.path("state/chains.state.new"));
  REQUIRE(server.prints("event=state result=stored", 1, std::chrono::seconds(60)));
  CHECK_THAT(shown(lab, server), Contains("\"support_lifetime_hours\": 24"));
  // A crash: what was announced is known all the same.
  server.signal(SIGKILL);
  CHECK(server.wait() == 128 + SIGKILL);
  files.write("mooring.toml", configuration(lab, "[]", ""));
  run_until(files, "state=pins_held");
}

TEST_CASE("mooringd sets a damaged state file aside and starts without it", "[e2e]") {
  Lab lab;
  const TempDir files;
  files.write("mooring.toml", configuration(lab, "[853]", ""));
  run_until(files, "state=published");
  std::ofstream(files.path("state/chains.state"), std::ios::app) << "more";
  const std::string log = run_until(files, "state=published");
  CHECK_THAT(log, Contains("chains.state.damaged"));
  CHECK_THAT(log, !Contains("state=restored"));
}

}  // namespace
