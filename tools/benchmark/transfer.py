# SPDX-License-Identifier: GPL-3.0-or-later
"""What queries cost front and backend when the session moves, is relayed, or ends at the front.

Called by tools/bench transfer, which installs and builds what this needs. Needs root: it makes
network namespaces for client, front and backend. docs/benchmark.md says what the figures mean.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from plot import Panel, svg
from servers import BenchError
from spaces import INTERRUPTIONS, SERVICE, CannotRun, Spaces
from transfer_hosts import PORTS, start_hosts

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "moved": "moved: the session goes to the backend",
    "relayed": "relayed: HAProxy passes octets to the backend",
    "ended": "ended: TLS at the front, queries to the backend",
}
SETTLE_SECONDS = 0.2  # for servers to close what their client has closed
CELL_SECONDS = 60  # the longest that one measurement may take


@dataclass
class Figures:
    """One measurement, or the medians of several; microseconds and octets are for each query."""

    front_us: float  # CPU time
    backend_us: float
    front_octets: float  # received and sent
    backend_octets: float
    rate: float  # queries a second
    first_ms: float  # from the end of a handshake to the first answer
    at_backend: float  # share of the answers that came from the backend's resolver

    @property
    def both_us(self) -> float:
        return self.front_us + self.backend_us


Cell = tuple[int, int, str]  # octets of an answer, queries of a session, way
Results = dict[Cell, Figures]


def parse_arguments() -> argparse.Namespace:
    what = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="tools/bench transfer", description=what)
    parser.add_argument("--quick", action="store_true", help="a minute: fewer sizes, one round")
    parser.add_argument("--rounds", type=int, help="rounds; the median counts (3; quick: 1)")
    parser.add_argument("--svg", metavar="FILE", type=Path, help="the plot")
    parser.add_argument("--json", metavar="FILE", type=Path, help="the figures, as JSON")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.sizes = [100, 4000, 64000] if options.quick else [100, 1000, 4000, 16000, 64000]
    options.queries = [1, 10, 100, 1000] if options.quick else [1, 3, 10, 30, 100, 300, 1000]
    options.total = 1600 if options.quick else 16000
    options.handshakes = 160 if options.quick else 800
    return options


def sessions_for(options: argparse.Namespace, queries: int) -> int:
    """So many that all queries are asked, but no more handshakes than wanted; a multiple of 8."""
    return max(8, min(options.handshakes, options.total // queries // 8 * 8))


def measure(spaces: Spaces, way: str, size: int, sessions: int, queries: int) -> Figures:
    def sample() -> list[float]:
        hosts = ("front", "backend")
        return [spaces.cpu_seconds(h) * 1e6 for h in hosts] + [spaces.octets(h) for h in hosts]

    client = [sys.executable, str(ROOT / "tools/benchmark/transfer_client.py"), SERVICE]
    client += [str(PORTS[way]), f"s{size}.test", str(size), str(sessions), str(queries)]
    before = sample()
    try:
        done = subprocess.run(
            spaces.inside("client", client), capture_output=True, text=True, timeout=CELL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{way}, {size} octets: not done in {CELL_SECONDS} s") from error
    if done.returncode != 0:
        raise BenchError(f"{way}, {size} octets, {queries} queries: {done.stderr.strip()[-300:]}")
    time.sleep(SETTLE_SECONDS)
    total = sessions * queries
    each = [(after - earlier) / total for earlier, after in zip(before, sample())]
    found = dict(re.findall(r"(\w+)=([0-9.]+)", done.stdout))
    rate, share = total / float(found["seconds"]), int(found["backend"]) / total
    return Figures(*each, rate, float(found["first_ms"]), share)


def median(several: list[Figures]) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*map(astuple, several))))


def run(options: argparse.Namespace, directory: Path) -> Results:
    spaces = Spaces(directory)
    rounds: dict[Cell, list[Figures]] = {}
    try:
        spaces.open()
        start_hosts(spaces, options.build.resolve(), options.sizes)
        for way in NAMES:  # what is only done once is done before
            measure(spaces, way, options.sizes[0], 8, 8)
        for number in range(options.rounds):
            for size in options.sizes:
                print(f"bench: round {number + 1}, {size} octets", file=sys.stderr, flush=True)
                for queries in options.queries:
                    sessions = sessions_for(options, queries)
                    for way in NAMES:
                        figures = measure(spaces, way, size, sessions, queries)
                        rounds.setdefault((size, queries, way), []).append(figures)
    finally:
        spaces.close()
    return {cell: median(several) for cell, several in rounds.items()}


def table(results: Results) -> str:
    lines = [
        "| answer, octets | queries a session | way | front, µs | backend, µs | both, µs |"
        " front, octets | backend, octets | queries/s | first answer, ms | from the backend |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (size, queries, way), f in results.items():
        lines.append(
            f"| {size} | {queries} | {way} | {f.front_us:.1f} | {f.backend_us:.1f} |"
            f" {f.both_us:.1f} | {f.front_octets:.0f} | {f.backend_octets:.0f} |"
            f" {f.rate:.0f} | {f.first_ms:.1f} | {f.at_backend:.0%} |"
        )
    return "\n".join(lines)


def pays_from(results: Results, size: int, other: str, what: str) -> str:
    """The fewest queries a session from which on `moved` needs less than `other`, in words."""
    first = None
    for queries in sorted({q for s, q, _ in results if s == size}, reverse=True):
        moved, compared = (getattr(results[size, queries, way], what) for way in ("moved", other))
        if moved >= compared:
            break
        first = queries
    return "never" if first is None else f"from {first} on"


def verdict(options: argparse.Namespace, results: Results) -> str:
    """From how many queries a session on a move is cheaper, by size and by what counts."""
    head = ["answer, octets"]
    for way in ("relayed", "ended"):
        head += [f"front less than {way}", f"both less than {way}"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for size in options.sizes:
        cells = [
            pays_from(results, size, way, what)
            for way in ("relayed", "ended")
            for what in ("front_us", "both_us")
        ]
        lines.append(f"| {size} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(options: argparse.Namespace, results: Results) -> str:
    shown = [options.sizes[0], options.sizes[len(options.sizes) // 2], options.sizes[-1]]
    rows = []
    for what, title in (("front_us", "front"), ("both_us", "front and backend")):
        rows.append([
            Panel(f"{title}: answers of {size} octets", "queries a session", "µs of CPU a query", {
                NAMES[way]: [
                    (queries, max(0.1, getattr(results[size, queries, way], what)))
                    for queries in options.queries
                ]
                for way in NAMES
            })
            for size in shown
        ])
    return svg(rows)


def report(options: argparse.Namespace, results: Results) -> None:
    print(table(results))
    print("\nA move pays, in queries a session:\n\n" + verdict(options, results))
    print("\n" + "\n".join(NAMES.values()))
    print("CPU time: user and system of all processes of the host, its resolver included; what the"
          "\nkernel does for packets in interrupts, outside of processes, is not in it.")
    if options.svg:
        options.svg.write_text(plot(options, results))
    if options.json:
        cells = [
            {"size": size, "queries": queries, "way": way, **asdict(figures)}
            for (size, queries, way), figures in results.items()
        ]
        options.json.write_text(json.dumps(cells, indent=1) + "\n")


def main() -> int:
    options = parse_arguments()
    if os.geteuid() != 0:
        print("bench: transfer needs root, to make network namespaces", file=sys.stderr)
        return 2
    for program in ("ip", "unbound", "haproxy", "openssl"):
        if not shutil.which(program):
            print(f"bench: transfer needs {program}, which is not there", file=sys.stderr)
            return 2
    for number in INTERRUPTIONS:
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    try:
        with tempfile.TemporaryDirectory(prefix="mooring-transfer.") as scratch:
            results = run(options, Path(scratch))
    except CannotRun as error:
        print(f"bench: transfer cannot run here: {error}", file=sys.stderr)
        return 2
    except (BenchError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    report(options, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
