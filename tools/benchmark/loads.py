# SPDX-License-Identifier: GPL-3.0-or-later
"""The loads: dnsperf for queries, mooring-loader for handshakes and idle connections.

Each function runs one load against one server and gives what it cost the server. A load that did
not go through to the last query or connection raises BenchError: its figure would mean nothing.
"""

import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from servers import BenchError, Server

SETTLE_SECONDS = 0.1  # for a server to close what its clients have closed
LONGEST_SECONDS = 120
SOURCES = 100  # client addresses, so that no limit for each client is met


@dataclass
class Cost:
    """What a load cost: `value` in the unit of its row; `latency` in microseconds by percentile."""

    value: float
    latency: dict[str, float] = field(default_factory=dict)


@dataclass
class Loads:
    """The load tools, on their processor, with the questions that they ask."""

    loader: Path
    server_name: str
    queries: Path  # dnsperf's file
    query_count: int  # lines in it
    query_name: str  # the loader's question
    core: int | None

    def _pinned(self, command: list[str]) -> list[str]:
        return command if self.core is None else ["taskset", "-c", str(self.core), *command]

    def _run(self, command: list[str], who: Server) -> str:
        try:
            done = subprocess.run(
                self._pinned(command), capture_output=True, text=True, timeout=LONGEST_SECONDS + 30
            )
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"{who.name}: {command[0]} does not end") from error
        who.process.require_alive()
        if done.returncode != 0:
            raise BenchError(f"{who.name}: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout

    # --- queries ------------------------------------------------------------------------------

    def _dnsperf(self, who: Server, clients: int, outstanding: int, runs: int, *more: str) -> str:
        output = self._run(
            ["dnsperf", "-m", "dot", "-s", "127.0.0.1", "-p", str(who.port)]
            + ["-d", str(self.queries), "-n", str(runs), "-c", str(clients)]
            + ["-q", str(outstanding), "-T", "1", "-t", "5", "-l", str(LONGEST_SECONDS), *more],
            who,
        )
        expected = runs * self.query_count
        completed = int(_find(r"Queries completed:\s+(\d+)", output))
        good = int(_find(r"NOERROR (\d+)", output, "0"))
        if completed != expected or good != expected:
            raise BenchError(
                f"{who.name}: of {expected} queries {completed} were answered, {good} with NOERROR"
            )
        return output

    def queries_cpu(self, who: Server, clients: int, outstanding: int, runs: int) -> Cost:
        """CPU time per query in microseconds."""
        before = who.process.cpu_seconds()
        self._dnsperf(who, clients, outstanding, runs)
        time.sleep(SETTLE_SECONDS)
        used = who.process.cpu_seconds() - before
        return Cost(used / (runs * self.query_count) * 1e6)

    def query_latency(self, who: Server, clients: int, rate: int, runs: int) -> Cost:
        """The 99th percentile of the time to an answer, in microseconds, at a steady rate."""
        output = self._dnsperf(who, clients, 100 * clients, runs, "-v", "-Q", str(rate))
        times = sorted(float(t) * 1e6 for t in re.findall(r"^> .* ([0-9.]+)$", output, re.M))
        if len(times) != runs * self.query_count:
            raise BenchError(f"{who.name}: dnsperf reports {len(times)} answers one by one")
        return Cost(_percentile(times, 0.99), {"p50": _percentile(times, 0.5)})

    # --- handshakes ---------------------------------------------------------------------------

    def _loader(self, who: Server, mode: str, count: int, chain: bool, ask: bool) -> list[str]:
        command = [str(self.loader), mode, f"127.0.0.1:{who.port}", "--name", self.server_name]
        command += ["--connections", str(count), "--sources", str(SOURCES)]
        command += ["--time-limit", str(LONGEST_SECONDS)]
        if chain:
            command += ["--chain-port", "853"] + ["--require-chain"] * who.sends_chain
        if ask:
            command += ["--query", self.query_name]
        return command

    def handshakes_cpu(self, who: Server, mode: str, count: int, chain: bool, ask: bool) -> Cost:
        """CPU time per connection in microseconds, its end included."""
        before = who.process.cpu_seconds()
        output = self._run(self._loader(who, mode, count, chain, ask), who)
        time.sleep(SETTLE_SECONDS)
        used = who.process.cpu_seconds() - before
        made = int(_find(r"completed=(\d+)", output))  # in mode resumed one full one comes first
        latency = {p: float(_find(rf"{p}_us=(\d+)", output)) for p in ("p50", "p99")}
        return Cost(used / made * 1e6, latency)

    def connect_once(self, who: Server) -> bool:
        """Whether the server is up: it answers, and with a chain if it is one to send chains."""
        command = self._loader(who, "full", 1, chain=True, ask=True)
        return subprocess.run(command, capture_output=True).returncode == 0

    # --- idle connections ---------------------------------------------------------------------

    def idle_memory(self, who: Server, count: int, ask: bool, hold: float = 1) -> Cost:
        """Memory per open connection that has been silent for `hold` seconds, in kB of 1024 octets.

        The server should be freshly started: memory that an earlier load has left behind would be
        used again and hide what these connections need.
        """
        self._run(self._loader(who, "full", 64, chain=True, ask=True), who)
        time.sleep(1)
        before = who.process.resident_kb()
        command = self._pinned(self._loader(who, "idle", count, chain=False, ask=ask))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as loader:
            loader.stdout.readline()  # "ready=N", or nothing when it failed
            time.sleep(hold)
            after = who.process.resident_kb()
            _, complaints = loader.communicate()  # ends its standard input, which ends the hold
        if loader.returncode != 0:
            raise BenchError(f"{who.name}: idle connections: {complaints.strip()[-500:]}")
        return Cost((after - before) / count)


def _find(pattern: str, text: str, default: str | None = None) -> str:
    found = re.search(pattern, text)
    if found:
        return found.group(1)
    if default is None:
        raise BenchError(f"no {pattern!r} in: {text[-300:]}")
    return default


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[int((len(ordered) - 1) * share)]
