#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""judge_trees.py WRITE_TREES MOORING

Has every tree of the case table that stands for itself served by a real NSD. delv, the validator of
BIND 9, judges it, and `mooring chain build` builds the chain through Unbound, BIND 9 and Knot Resolver,
all of them to be compared with the verdict of Mooring's own verifier on the tree. Prints a line for each
tree and judge; the exit status is 0 when all agree.
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
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

ONE_NSEC = "wildcard CNAME to a signed zone just before the name, NSEC"
MOST_ITERATIONS = "NSEC3 with salt and the most iterations that are followed"


def agree(title, ours, theirs):
    """Whether the verdicts are the same, or differ in a way that is known and meant."""
    # In an opt-out span a name error does not tell that there is no unsigned zone: RFC 5155, 9.2 has
    # the AD bit left out, delv calls the answer validated all the same.
    opt_out = title.endswith("with opt-out") and (ours, theirs) == ("insecure", "denial")
    # NSD sends one of the two NSEC records that parent and child have at the name of the cut; a resolver
    # asks for the other one.
    one_nsec = title == ONE_NSEC and (ours, theirs) == ("denial", "bogus")
    # RFC 9276, 3.2 leaves the number of iterations that are followed to the validator: we follow 150, as
    # BIND up to 9.18 does; BIND 9.20 follows 50.
    fewer = title == MOST_ITERATIONS and (ours, theirs) == ("denial", "insecure")
    return ours == theirs or opt_out or one_nsec or fewer or (ours == "insecure" and SHA1.get(title) == theirs)


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


@contextlib.contextmanager
def running(command, port, log):
    """The server that `command` starts, once it takes TCP connections; ended afterwards."""
    with open(log, "wb") as out:
        server = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out,
                                  stdin=subprocess.DEVNULL)
        try:
            for _ in range(200):
                if server.poll() is not None:
                    raise RuntimeError(f"{command[0]} has ended: {log.read_text()[-2000:]}")
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                    if tcp.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            else:
                raise RuntimeError(f"{command[0]} does not listen")
            yield
        finally:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def anchor_fields(directory):
    """(tag, algorithm, digest type, digest) of each DS record of the root."""
    for line in (directory / "anchor").read_text().splitlines():
        fields = line.split()
        if len(fields) >= 8:
            yield (*fields[4:7], "".join(fields[7:]))


def trusted_keys(directory):
    return "".join(f'  . static-ds {tag} {algorithm} {digest_type} "{digest}";\n'
                   for tag, algorithm, digest_type, digest in anchor_fields(directory))


# --- Resolvers in front of the tree's name server. Each gives its command. They forward all that they are
# asked: NSD answers for all zones, at a port that no delegation could name.


def unbound(directory, port, authority):
    (directory / "unbound.conf").write_text(f"""server:
  interface: 127.0.0.1@{port}
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
  use-syslog: no
  do-ip6: no
  do-not-query-localhost: no
  trust-anchor-file: "{directory}/anchor"
  trust-anchor-signaling: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{authority}
remote-control:
  control-enable: no
""")
    return [directory.parent / "unbound.program", "-d", "-c", directory / "unbound.conf"]


def named(directory, port, authority):
    (directory / "named.conf").write_text(f"""options {{
  directory "{directory}"; pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  forward only; forwarders {{ 127.0.0.1 port {authority}; }};
  recursion yes; allow-query {{ any; }}; empty-zones-enable no;
}};
controls {{ }};
trust-anchors {{
{trusted_keys(directory)}}};
""")
    return ["/usr/sbin/named", "-g", "-4", "-n", "1", "-c", directory / "named.conf"]


def kresd(directory, port, authority):
    anchors = "".join(f"trust_anchors.add('. IN DS {' '.join(fields)}')\n"
                      for fields in anchor_fields(directory))
    (directory / "kresd.conf").write_text(f"""net.listen('127.0.0.1', {port}, {{ kind = 'dns' }})
cache.open(10 * MB, 'lmdb://{directory}/cache')
trust_anchors.remove('.')
{anchors}policy.add(policy.all(policy.FORWARD('127.0.0.1@{authority}')))
""")
    return ["/usr/sbin/kresd", "-n", "-c", directory / "kresd.conf", directory]


RESOLVERS = {"Unbound": unbound, "BIND 9": named, "Knot Resolver": kresd}

# --- Judges: what they make of the tree, and what they said.


def delv_says(output):
    if "; negative response, fully validated" in output:
        return "denial"
    if "unsigned answer" in output or "; negative response, unsigned" in output:
        return "insecure"
    if "; fully validated" in output:
        return "secure" if "\tTLSA\t" in output or " TLSA " in output else "denial"
    return "bogus"


def delv(directory, authority):
    (directory / "keys").write_text("trust-anchors {\n" + trusted_keys(directory) + "};\n")
    owner = (directory / "owner").read_text().strip()
    command = ["delv", "@127.0.0.1", "-p", str(authority), "-4", "-a", directory / "keys", "+root=.",
               "+nocrypto", "+vtrace", owner, "TLSA"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return delv_says(done.stdout), done.stdout + done.stderr


def built(mooring, directory, resolver):
    """The verdict on the chain that Mooring builds; bogus as well when it finds none to build."""
    port, host = re.match(r"_(\d+)\._tcp\.(.*)\.$", (directory / "owner").read_text().strip()).groups()
    command = [mooring, "chain", "build", f"{host}:{port}", "--resolver", resolver, "--anchor",
               directory / "anchor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    if done.returncode in (0, 1) and done.stdout:
        return json.loads(done.stdout)["verdict"], output
    return "bogus" if done.returncode == 2 else f"exit status {done.returncode}", output


def judge(mooring, directory, tries=3):
    """(judge, its verdict, what it said) for each judge."""
    try:
        return judge_once(mooring, directory)
    except RuntimeError:  # somebody else may have taken a port that was free
        if tries == 1:
            raise
        return judge(mooring, directory, tries - 1)


def judge_once(mooring, directory):
    authority = free_port()
    (directory / "nsd.conf").write_text(nsd_configuration(directory, authority))
    nsd = os.environ.get("NSD") or "/usr/sbin/nsd"
    results = []
    with running([nsd, "-d", "-c", directory / "nsd.conf"], authority, directory / "nsd.log"):
        results.append(("delv", *delv(directory, authority)))
        for name, command in RESOLVERS.items():
            port = free_port()
            with running(command(directory, port, authority), port, directory / f"{name}.log"):
                results.append((f"through {name}", *built(mooring, directory, f"127.0.0.1:{port}")))
    return results


def main():
    writer, mooring = sys.argv[1:]
    differences = []
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([writer, scratch], check=True, stdout=subprocess.DEVNULL)
        trees = sorted(pathlib.Path(scratch).iterdir(), key=lambda path: int(path.name))
        # Debian's AppArmor profile keeps the program out of our directories, unless it is a copy.
        shutil.copy("/usr/sbin/unbound", pathlib.Path(scratch) / "unbound.program")
        # Most of the time is waiting for servers to come up.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            verdicts = pool.map(lambda directory: judge(mooring, directory), trees)
            for directory, judged in zip(trees, verdicts):
                title = (directory / "title").read_text().strip()
                ours = (directory / "verdict").read_text().strip()
                for who, theirs, said in judged:
                    well = agree(title, ours, theirs) if who == "delv" else ours == theirs
                    print("ok" if well else "not ok", f"- {title}, {who}: {theirs}", flush=True)
                    if well:
                        continue
                    differences.append(f"    {title}, {who}: {theirs}, {ours} by Mooring's verifier\n    " +
                                       said.replace("\n", "\n    "))
        # Last, where a long log is not cut.
        print("\n".join(differences))
        return 1 if differences or not trees else 0


if __name__ == "__main__":
    sys.exit(main())
