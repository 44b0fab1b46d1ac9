# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts on one Ethernet, as network namespaces: client, front and backend."""

import os
import signal
import subprocess
import time
from pathlib import Path

from servers import BenchError, Process

ADDRESSES = {"client": "198.51.100.2", "front": "198.51.100.3", "backend": "198.51.100.4"}
SERVICE = "198.51.100.53"  # where clients connect: the front has it on its interface
INTERRUPTIONS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ALL = "/proc/sys/net/ipv4/conf/all"
LOOSE_ARP = f"echo 1 >{ALL}/arp_ignore; echo 2 >{ALL}/arp_announce"


class CannotRun(BenchError):
    """This machine or this user cannot run the benchmark at all."""


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotRun(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Spaces:
    """The namespaces and what runs in them; `close` ends both, whatever state they are in."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.processes: list[Process] = []
        self.made: list[str] = []

    def name(self, host: str) -> str:
        return f"mooring-bench-{os.getpid()}-{host}"

    def open(self) -> None:
        for host in ("bridge", *ADDRESSES):
            self.made.append(host)
            _ip("netns", "add", self.name(host))
            _ip("-n", self.name(host), "link", "set", "lo", "up")
        bridge = self.name("bridge")
        _ip("-n", bridge, "link", "add", "br0", "type", "bridge")
        _ip("-n", bridge, "link", "set", "br0", "up")
        for host, address in ADDRESSES.items():
            space = self.name(host)
            ends = [host, "type", "veth", "peer", "name", "eth0", "netns", space]
            _ip("-n", bridge, "link", "add", *ends)
            _ip("-n", bridge, "link", "set", host, "master", "br0", "up")
            _ip("-n", space, "link", "set", "eth0", "up")
            _ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        # The backend has the service's address where nobody is told of it: docs/handover.md.
        subprocess.run(self.inside("backend", ["sh", "-c", LOOSE_ARP]), check=True)
        _ip("-n", self.name("front"), "addr", "add", f"{SERVICE}/24", "dev", "eth0")
        _ip("-n", self.name("backend"), "addr", "add", f"{SERVICE}/32", "dev", "lo")

    def inside(self, host: str, command: list[str]) -> list[str]:
        return ["ip", "netns", "exec", self.name(host), *command]

    def start(self, host: str, name: str, command: list[str]) -> Process:
        """Starts a program on a host; its output goes to NAME.log."""
        log = self.directory / f"{name}.log"
        self.processes.append(Process(self.inside(host, command), log, None))
        return self.processes[-1]

    def wait_for_log(self, process: Process, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in process.log.read_text(errors="replace"):
            if process.popen.poll() is not None or time.monotonic() > deadline:
                lines = process.log.read_text(errors="replace").strip().splitlines()
                raise CannotRun(f"{process.log.stem}: {lines[-1] if lines else 'says nothing'}")
            time.sleep(0.05)

    def cpu_seconds(self, host: str) -> float:
        """CPU time, user and system, of all processes of a host so far (clock_getcpuclockid)."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self._pids(host))

    def _pids(self, host: str) -> list[int]:
        command = ["ip", "netns", "pids", self.name(host)]
        done = subprocess.run(command, capture_output=True)
        return [int(pid) for pid in done.stdout.split()]

    def octets(self, host: str) -> int:
        """Octets that the host's interface has received and sent so far."""
        devices = subprocess.run(
            self.inside(host, ["cat", "/proc/net/dev"]), check=True, capture_output=True, text=True
        ).stdout
        fields = devices.split("eth0:")[1].split()
        return int(fields[0]) + int(fields[8])

    def close(self) -> None:
        for number in INTERRUPTIONS:  # a second one must not keep the rest from being cleaned up
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self.processes):
            process.stop()
        for host in self.made:
            for pid in self._pids(host):  # started just when the interruption came
                os.kill(pid, signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True)
