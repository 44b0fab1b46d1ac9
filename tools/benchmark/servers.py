# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that are compared, each configured to be as fast as its documentation lets it be.

Every one gets one worker thread, the same certificate and key, the same resolver behind, and limits
wide enough never to be met.
"""

import os
import resource
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


class BenchError(Exception):
    """Something that keeps the benchmark from going on, in words for its user."""


@dataclass
class Setting:
    """What the servers have in common."""

    directory: Path  # scratch: configurations and logs
    build: Path  # Meson's build directory
    name: str  # the server's name, as in SNI and TLSA
    certificate: Path
    key: Path
    anchor: Path  # the root's DS record
    resolver_port: int  # Unbound, on 127.0.0.1
    most_connections: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program in the foreground, bound to one processor, with its output in a file."""

    def __init__(self, command: list[str], log: Path, core: int | None):
        pin = [] if core is None else ["taskset", "-c", str(core)]
        self.log = log
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                [*pin, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        return self.popen.pid  # taskset becomes the program, so that this is the program's

    def require_alive(self) -> None:
        if self.popen.poll() is not None:
            tail = self.log.read_text(errors="replace")[-1500:]
            raise BenchError(f"{self.popen.args[-1]}: ended with {self.popen.returncode}:\n{tail}")

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far, user and system, from the scheduler's clock.

        The number is what clock_getcpuclockid(3) gives for the process; /proc/PID/stat has the same
        sum, but in ticks of 10 ms.
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident_kb(self) -> int:
        """Memory that is in use and that no other process shares, in units of 1024 octets."""
        fields = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]
        )
        return sum(int(fields[f].split()[0]) for f in ("Private_Clean", "Private_Dirty"))

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


def start_unbound(
    lab: dict[str, str], directory: Path, port: int, connections: int, core: int | None
) -> Process:
    """The resolver behind all of them: a cache in front of the lab's resolver.

    The lab's own takes too few TCP connections for a proxy that opens one for each of its clients.
    """
    configuration = directory / "unbound.conf"
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    # Unbound shortens its idle timeout when half of its TCP connections are taken: have plenty.
    configuration.write_text(
        f"""server:
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  incoming-num-tcp: {min(4 * connections, most_files - 1000)}
  tcp-idle-timeout: 600000
  trust-anchor-file: "{lab['LAB_ANCHOR']}"
  trust-anchor-signaling: no
  prefetch: no
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {lab['LAB_RESOLVER'].replace(':', '@')}
"""
    )
    # A copy that AppArmor's profile for Debian's Unbound does not know; the lab has made it.
    copy = Path(lab["LAB_ANCHOR"]).parent / "unbound.program"
    program = str(copy) if copy.exists() else "unbound"
    return Process([program, "-d", "-c", str(configuration)], directory / "unbound.log", core)


def _mooringd(setting: Setting, port: int) -> list[str]:
    configuration = setting.directory / f"mooring.{port}.toml"
    configuration.write_text(
        f"""[server]
listen = ["127.0.0.1:{port}"]
workers = 1

[[identity]]
name = "{setting.name}"
certificate = "{setting.certificate}"
key = "{setting.key}"
ports = [853]

[chain]
trust_anchor = "{setting.anchor}"

[upstream]
servers = ["127.0.0.1:{setting.resolver_port}"]
"""
    )
    return [str(setting.build / "server/mooringd"), "-c", str(configuration)]


def _haproxy(setting: Setting, port: int) -> list[str]:
    both = setting.directory / "haproxy.pem"
    both.write_text(setting.certificate.read_text() + setting.key.read_text())
    both.chmod(0o600)
    configuration = setting.directory / f"haproxy.{port}.cfg"
    configuration.write_text(
        f"""global
  nbthread 1
  maxconn {setting.most_connections}
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode tcp
  timeout connect 10s
  timeout client 10m
  timeout server 10m
frontend dot
  bind 127.0.0.1:{port} ssl crt {both} alpn dot
  default_backend resolver
backend resolver
  server unbound 127.0.0.1:{setting.resolver_port}
"""
    )
    return ["haproxy", "-db", "-f", str(configuration)]


def _dnsdist(setting: Setting, port: int) -> list[str]:
    # Without maxInFlight on both sides dnsdist answers one query of a connection after the other.
    # There is no packet cache because none of the others has one.
    configuration = setting.directory / f"dnsdist.{port}.lua"
    configuration.write_text(
        f"""setLocal("127.0.0.1:{free_port()}")
addTLSLocal("127.0.0.1:{port}", "{setting.certificate}", "{setting.key}",
  {{minTLSVersion="tls1.2", maxInFlight=1000, tcpListenQueueSize=4096}})
newServer({{address="127.0.0.1:{setting.resolver_port}", useClientSubnet=false, tcpOnly=true,
  maxInFlight=1000, checkInterval=60}})
setMaxTCPClientThreads(1)
setMaxTCPConnectionsPerClient(0)
setMaxTCPQueriesPerConnection(0)
setMaxTCPConnectionDuration(0)
setMaxTCPQueuedConnections(0)
setMaxCachedTCPConnectionsPerDownstream(100)
setTCPRecvTimeout(600)
setTCPSendTimeout(600)
setSecurityPollSuffix("")
"""
    )
    return ["dnsdist", "--supervised", "--disable-syslog", "-C", str(configuration)]


def _nginx(setting: Setting, port: int) -> list[str]:
    configuration = setting.directory / f"nginx.{port}.conf"
    configuration.write_text(
        f"""load_module {NGINX_STREAM};
daemon off;
master_process off;
pid {setting.directory}/nginx.{port}.pid;
error_log stderr error;
worker_rlimit_nofile {2 * setting.most_connections + 100};
events {{ worker_connections {2 * setting.most_connections + 50}; multi_accept on; }}
stream {{
  ssl_certificate {setting.certificate};
  ssl_certificate_key {setting.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:10m;
  tcp_nodelay on;
  proxy_timeout 10m;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    proxy_pass 127.0.0.1:{setting.resolver_port};
  }}
}}
"""
    )
    return ["nginx", "-e", "stderr", "-c", str(configuration)]


NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"
COMMANDS = {"mooringd": _mooringd, "haproxy": _haproxy, "dnsdist": _dnsdist, "nginx": _nginx}


def available() -> list[str]:
    """The servers that there are; nginx is measured where somebody has installed it."""
    nginx = shutil.which("nginx") and os.path.exists(NGINX_STREAM)
    return [name for name in COMMANDS if name != "nginx" or nginx]


class Server:
    """One of them, running."""

    def __init__(self, name: str, setting: Setting, core: int | None):
        self.name = name
        self.port = free_port()
        command = COMMANDS[name](setting, self.port)
        if not shutil.which(command[0]):
            raise BenchError(f"{name}: {command[0]} is not there")
        log = setting.directory / f"{name}.{self.port}.log"
        self.process = Process(command, log, core)

    @property
    def sends_chain(self) -> bool:
        return self.name == "mooringd"
