# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on front and backend: a resolver on each, and three ways between them."""

import hashlib
import subprocess
from pathlib import Path

from spaces import ADDRESSES, SERVICE, Spaces

PORTS = {"moved": 853, "relayed": 854, "ended": 855}  # of the service, by way
LINK_PORT = 8530
RESOLVER_PORT = 5353
LONGEST_RECORD = 2000  # octets of a TXT record's data; Unbound's parser takes lines of some 10000


def txt_records(name: str, size: int, mark: str) -> list[str]:
    """TXT records for an answer without EDNS of exactly `size` octets; each begins with `mark`."""
    left = size - (12 + len(name) + 2 + 4)  # header and question
    records = []
    while left > 0:
        data = min(left - 12, LONGEST_RECORD)  # 12: the owner as a pointer, type to length
        if 0 < left - 12 - data < 50:
            data -= 50  # so that the last one has room for its mark
        left -= 12 + data
        text = f"{mark} {len(records)} ".ljust(data - -(-data // 256), "x")
        parts = [text[at : at + 255] for at in range(0, len(text), 255)]
        records.append(f"{name}. TXT " + " ".join(f'"{part}"' for part in parts))
    return records


def _resolver(spaces: Spaces, host: str, sizes: list[int]) -> None:
    data = [record for size in sizes for record in txt_records(f"s{size}.test", size, host)]
    lines = "\n".join(f"    local-data: '{record}'" for record in data)
    file = spaces.directory / f"unbound-{host}.conf"
    file.write_text(
        f"""server:
    interface: 0.0.0.0@{RESOLVER_PORT}
    access-control: 0.0.0.0/0 allow
    do-daemonize: no
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    verbosity: 1
    directory: "{spaces.directory}"
    module-config: "iterator"
    num-threads: 1
    incoming-num-tcp: 500
    local-zone: "test." static
{lines}
remote-control:
    control-enable: no
"""
    )
    process = spaces.start(host, f"unbound-{host}", ["unbound", "-d", "-c", str(file)])
    spaces.wait_for_log(process, "start of service")


def _mooringd(
    spaces: Spaces,
    build: Path,
    host: str,
    name: str,
    listen: str,
    more: str = "",
    resolver: str = "127.0.0.1",
) -> None:
    file = spaces.directory / f"{name}.toml"
    file.write_text(
        f"""[server]
listen = ["{listen}"]
workers = 1
[[identity]]
name = "dot.example.net"
certificate = "dot.crt"
key = "dot.key"
ports = []
[upstream]
servers = ["{resolver}:{RESOLVER_PORT}"]
{more}"""
    )
    process = spaces.start(host, name, [str(build / "server/mooringd"), "-c", str(file)])
    spaces.wait_for_log(process, "event=start ")
    if host == "front" and more:
        spaces.wait_for_log(process, "link=up")


def _certificate(directory: Path, name: str) -> str:
    """Makes NAME.crt and NAME.key; gives the SHA-256 of the key as others see it."""
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "30", "-subj", f"/CN={name}"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    command = ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"]
    public = subprocess.run(command, check=True, capture_output=True).stdout
    return hashlib.sha256(public).hexdigest()


def _handover(build: Path, name: str, own: str, peer: str) -> str:
    return f"""[handover]
certificate = "{name}.crt"
key = "{name}.key"
interface = "eth0"
helper = "{build}/server/handover/program/mooring-handover"
{own}
[[handover.peer]]
{peer}
"""


def _relay(spaces: Spaces) -> None:
    port = PORTS["relayed"]
    file = spaces.directory / "haproxy.cfg"
    file.write_text(
        f"""global
  nbthread 1
defaults
  mode tcp
  timeout connect 10s
  timeout client 10m
  timeout server 10m
listen dot
  bind {SERVICE}:{port}
  server backend {ADDRESSES['backend']}:{port}
"""
    )
    spaces.start("front", "haproxy", ["haproxy", "-db", "-f", str(file)])


def start_hosts(spaces: Spaces, build: Path, sizes: list[int]) -> None:
    """Starts everything; raises CannotRun with the last line of a program that does not start."""
    pins = {name: _certificate(spaces.directory, name) for name in ("dot", "front", "backend")}
    for host in ("front", "backend"):
        _resolver(spaces, host, sizes)
    backend, link = ADDRESSES["backend"], f"{ADDRESSES['backend']}:{LINK_PORT}"
    takes = _handover(build, "backend", f'listen = ["{link}"]\ntake_from = ["front"]',
                      f'name = "front"\npin = "{pins["front"]}"')
    gives = _handover(build, "front", 'backends = ["backend"]',
                      f'name = "backend"\npin = "{pins["backend"]}"\naddress = "{link}"')
    _mooringd(spaces, build, "backend", "backend", f"127.0.0.1:{PORTS['moved']}", takes)
    _mooringd(spaces, build, "front", "front", f"{SERVICE}:{PORTS['moved']}", gives)
    _mooringd(spaces, build, "backend", "backend-relayed", f"{backend}:{PORTS['relayed']}")
    _relay(spaces)
    _mooringd(spaces, build, "front", "front-ends", f"{SERVICE}:{PORTS['ended']}", resolver=backend)
