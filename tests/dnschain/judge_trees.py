#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""judge_trees.py WRITE_TREES

Has every tree of the case table that stands for itself served by NSD and judged by delv, the
validator of BIND 9, and compares that with the verdict of Mooring's own verifier. Prints what they do
not agree on; the exit status is 0 when there is nothing.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

# What Mooring treats as unsigned on purpose and BIND does not: SHA-1, in a DS digest or in a signature
# algorithm. The trees with such algorithm numbers have no signatures by them.
SHA1 = {
    "a DS record with SHA-1 alone": "secure",
    "a DS record with algorithm 5 alone": "bogus",
    "a DS record with algorithm 7 alone": "bogus",
}


def agree(title, ours, theirs):
    """Whether the verdicts are the same, or differ in a way that is known and meant."""
    # In an opt-out span a name error does not tell that there is no unsigned zone: RFC 5155, 9.2 has
    # the AD bit left out, delv calls the answer validated all the same.
    opt_out = title.endswith("with opt-out") and (ours, theirs) == ("insecure", "denial")
    return ours == theirs or opt_out or (ours == "insecure" and SHA1.get(title) == theirs)


def free_port():
    """A port that is free for UDP and TCP on loopback."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                try:
                    tcp.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue


def nsd_configuration(directory, port):
    zones = ""
    for file in sorted(directory.glob("*.zone")):
        name = "." if file.name == "root.zone" else file.name[: -len("zone")]
        zones += f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n'
    return f"""server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "{directory}"
  pidfile: "{directory}/nsd.pid"
  xfrdfile: "{directory}/xfrd.state"
  zonelistfile: "{directory}/zone.list"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
{zones}"""


def wait_for(port, server):
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError("nsd has ended")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            if tcp.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nsd does not listen")


def trusted_keys(directory):
    text = ""
    for line in (directory / "anchor").read_text().splitlines():
        fields = line.split()
        if len(fields) >= 8:
            tag, algorithm, digest_type = fields[4:7]
            digest = "".join(fields[7:])
            text += f'  . static-ds {tag} {algorithm} {digest_type} "{digest}";\n'
    return "trust-anchors {\n" + text + "};\n"


def delv_says(output):
    if "; negative response, fully validated" in output:
        return "denial"
    if "unsigned answer" in output or "; negative response, unsigned" in output:
        return "insecure"
    if "; fully validated" in output:
        return "secure" if "\tTLSA\t" in output or " TLSA " in output else "denial"
    return "bogus"


def judge(directory):
    """What delv makes of the tree, and its output."""
    port = free_port()
    (directory / "nsd.conf").write_text(nsd_configuration(directory, port))
    (directory / "keys").write_text(trusted_keys(directory))
    owner = (directory / "owner").read_text().strip()
    nsd = os.environ.get("NSD") or "/usr/sbin/nsd"
    log = open(directory / "nsd.log", "wb")
    server = subprocess.Popen([nsd, "-d", "-c", directory / "nsd.conf"], stdout=log, stderr=log)
    try:
        wait_for(port, server)
        command = ["delv", "@127.0.0.1", "-p", str(port), "-4", "-a", directory / "keys",
                   "+root=.", "+nocrypto", "+vtrace", owner, "TLSA"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return delv_says(done.stdout), done.stdout + done.stderr
    finally:
        server.terminate()
        server.wait()
        log.close()


def main():
    writer = sys.argv[1]
    differences = 0
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([writer, scratch], check=True, stdout=subprocess.DEVNULL)
        trees = sorted(pathlib.Path(scratch).iterdir(), key=lambda path: int(path.name))
        for directory in trees:
            title = (directory / "title").read_text().strip()
            ours = (directory / "verdict").read_text().strip()
            theirs, output = judge(directory)
            if agree(title, ours, theirs):
                continue
            differences += 1
            print(f"{title}: {ours} by Mooring, {theirs} by delv")
            if os.environ.get("VERBOSE"):
                print(output)
        print(f"{len(trees)} trees, {differences} differences")
        return 1 if differences or not trees else 0


if __name__ == "__main__":
    sys.exit(main())
