# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what queries, handshakes and idle connections cost several DNS-over-TLS servers.

Called by tools/bench, which installs and builds what this needs.
"""

import argparse
import json
import os
import platform
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from loads import Cost, Loads
from report import Row, as_json, table
from servers import BenchError, Process, Server, Setting, available, free_port, start_unbound

ROOT = Path(__file__).resolve().parents[2]
Measurement = Callable[[Loads, Server, argparse.Namespace], Cost]

# Rows measured on servers that stay up, all of them in turn within each round. The number of
# queries is runs * 1000.
CPU_ROWS: list[tuple[Row, Measurement]] = [
    (
        Row("pipelined", "query, pipelined", "µs CPU", target_ratio=1.0),
        lambda on, who, o: on.queries_cpu(who, o.clients, o.clients * o.outstanding, o.runs),
    ),
    (
        Row("single", "query, one in flight", "µs CPU"),
        lambda on, who, o: on.queries_cpu(who, 1, 1, max(1, o.runs // 8)),
    ),
    (
        Row("full", "full handshake, one query", "µs CPU"),
        lambda on, who, o: on.handshakes_cpu(who, "full", o.handshakes, chain=False, ask=True),
    ),
    (
        Row("chain", "full handshake with chain, one query", "µs CPU", target_ratio=0.6),
        lambda on, who, o: on.handshakes_cpu(who, "full", o.handshakes, chain=True, ask=True),
    ),
    (
        Row("chain-bare", "full handshake with chain, no query", "µs CPU"),
        lambda on, who, o: on.handshakes_cpu(who, "full", o.handshakes, chain=True, ask=False),
    ),
    (
        Row("resumed", "resumed handshake, one query", "µs CPU", target_ratio=0.6),
        lambda on, who, o: on.handshakes_cpu(who, "resumed", o.handshakes, chain=False, ask=True),
    ),
    (
        Row("latency", "time to answer, p99 at 2000 queries/s", "µs"),
        lambda on, who, o: on.query_latency(who, 10, 2000, max(1, o.runs // 25)),
    ),
]

# Rows that want a fresh server each time.
MEMORY_ROWS: list[tuple[Row, Measurement]] = [
    (
        Row("idle", "idle connection, nothing asked yet", "kB", target_value=8),
        lambda on, who, o: on.idle_memory(who, o.idle, ask=False),
    ),
    (
        Row("idle-used", "idle connection, after one query", "kB", target_value=8),
        lambda on, who, o: on.idle_memory(who, o.idle, ask=True),
    ),
    (
        Row("asleep", "the same, 12 s later", "kB", target_value=1.0),
        lambda on, who, o: on.idle_memory(who, o.idle, ask=True, hold=13),
    ),
]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__.splitlines()[0])
    keys = [row.key for row, _ in CPU_ROWS + MEMORY_ROWS]
    parser.add_argument("--only", metavar="ROW,...", help=f"of {', '.join(keys)}")
    parser.add_argument("--servers", metavar="NAME,...", help=f"of {', '.join(available())}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller loads")
    parser.add_argument("--rounds", type=int, help="rounds; the median counts (5; quick: 3)")
    parser.add_argument("--clients", type=int, default=10, help="pipelined: connections (10)")
    parser.add_argument("--outstanding", type=int, default=50, help="and queries on each (50)")
    parser.add_argument("--idle", type=int, default=2000, help="idle connections (2000)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="every figure, as JSON")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="logs and configurations go here")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.runs = 25 if options.quick else 100
    options.handshakes = 500 if options.quick else 2000
    options.only = options.only.split(",") if options.only else keys
    options.servers = options.servers.split(",") if options.servers else available()
    if unknown := set(options.only) - set(keys):
        parser.error(f"no such row: {', '.join(unknown)}")
    if unknown := set(options.servers) - set(available()):
        parser.error(f"no such server here: {', '.join(unknown)}")
    return options


def choose_cores() -> tuple[int | None, int | None]:
    """One processor for the servers and another for the load and the resolver, if there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[-1], cores[0]) if len(cores) > 1 else (None, None)


def start_lab(directory: Path) -> dict[str, str]:
    subprocess.run([ROOT / "tools/lab", "up", directory], check=True, stdout=subprocess.DEVNULL)
    words = shlex.split((directory / "env").read_text())
    return dict(word.split("=", 1) for word in words)


class Bench:
    """Everything that runs during one benchmark, stopped when it is left."""

    def __init__(self, options: argparse.Namespace, directory: Path):
        self.options = options
        self.directory = directory
        self.server_core, self.load_core = choose_cores()
        self.processes: list[Process] = []

    def open(self) -> None:
        lab = start_lab(self.directory / "lab")
        resolver_port = free_port()
        most = self.options.idle + 500
        self.keep(start_unbound(lab, self.directory, resolver_port, most, self.load_core))
        self.setting = Setting(
            directory=self.directory,
            build=self.options.build.resolve(),
            name=lab["LAB_NAME"],
            certificate=Path(lab["LAB_CERT"]),
            key=Path(lab["LAB_KEY"]),
            anchor=Path(lab["LAB_ANCHOR"]),
            resolver_port=resolver_port,
            most_connections=most,
        )
        queries = Path(lab["LAB_QUERIES"])
        self.loads = Loads(
            loader=self.setting.build / "tools/benchmark/mooring-loader",
            server_name=lab["LAB_NAME"],
            queries=queries,
            query_count=len(queries.read_text().splitlines()),
            query_name=lab["LAB_QUERY_NAME"],
            core=self.load_core,
        )

    def keep(self, process: Process) -> None:
        self.processes.append(process)

    def start(self, name: str) -> Server:
        server = Server(name, self.setting, self.server_core)
        self.keep(server.process)
        deadline = time.monotonic() + 20
        while not self.loads.connect_once(server):
            server.process.require_alive()
            if time.monotonic() > deadline:
                raise BenchError(f"{name} does not answer; see {server.process.log}")
            time.sleep(0.1)
        return server

    def measure(self, row: Row, measurement: Measurement, server: Server) -> None:
        """One figure more for `row`, or the reason why it has none from this server."""
        if server.name in row.failures:
            return
        try:
            cost = measurement(self.loads, server, self.options)
        except BenchError as error:
            row.failures[server.name] = str(error)
            print(f"bench: {row.key}: {error}", file=sys.stderr)
            return
        row.figures.setdefault(server.name, []).append(cost.value)
        row.latency.setdefault(server.name, []).append(cost.latency)

    def measure_cpu(self, rows: list[tuple[Row, Measurement]]) -> None:
        servers = [self.start(name) for name in self.options.servers]
        for number in range(self.options.rounds):
            note(f"round {number + 1} of {self.options.rounds}")
            for row, measurement in rows:
                # Nobody is always first: whatever else the machine does hits all of them alike.
                turn = number % len(servers)
                for server in servers[turn:] + servers[:turn]:
                    self.measure(row, measurement, server)
        for server in servers:
            server.process.stop()

    def measure_memory(self, rows: list[tuple[Row, Measurement]]) -> None:
        for row, measurement in rows:
            note(row.title)
            for _ in range(min(self.options.rounds, 2)):
                for name in self.options.servers:
                    server = self.start(name)
                    self.measure(row, measurement, server)
                    server.process.stop()

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()
        subprocess.run([ROOT / "tools/lab", "down", self.directory / "lab"], check=False,
                       stdout=subprocess.DEVNULL)


def note(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace, directory: Path) -> list[Row]:
    wanted = [[r for r in rows if r[0].key in options.only] for rows in (CPU_ROWS, MEMORY_ROWS)]
    bench = Bench(options, directory)
    try:
        bench.open()
        if wanted[0]:
            bench.measure_cpu(wanted[0])
        if wanted[1]:
            bench.measure_memory(wanted[1])
    finally:
        bench.stop()
    return [row for rows in wanted for row, _ in rows]


def print_results(options: argparse.Namespace, rows: list[Row]) -> None:
    print(table(rows, options.servers))
    print(
        f"\nMedians of {options.rounds} interleaved rounds, one worker each. Ratios are what"
        " compares between machines; figures do not."
    )
    if options.json:
        facts = {
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "rounds": options.rounds,
            "servers": options.servers,
            "rows": as_json(rows, options.servers),
        }
        options.json.write_text(json.dumps(facts, indent=2) + "\n")


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            rows = run(options, options.keep.resolve())
        else:
            with tempfile.TemporaryDirectory(prefix="mooring-bench.") as scratch:
                rows = run(options, Path(scratch))
    except (BenchError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print_results(options, rows)
    return 1 if any(row.failures for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
