#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the floors: who may include whom, and that anything else does not compile.

rooms_test.py BUILD: reads the includes of every source, and asks the preprocessor, with the
compiler's arguments of one source of each floor in
BUILD/compile_commands.json, what it can see.
"""
import glob
import json
import os
import re
import shlex
import subprocess
import sys

# Each floor, the ground first, with the floors and rooms that it stands on. A floor may include
# those, what they stand on, and itself. It names only what is above it in this list, so there is no
# circle and nothing that runs up.
FLOORS = {
    "dnschain/base": [],
    "dnschain/dns": ["dnschain/base"],
    "dnschain/proof": ["dnschain/dns"],
    "dnschain/dane": ["dnschain/proof"],
    "dnschain/build": ["dnschain/proof"],
    "dnschain/keep": ["dnschain/build", "dnschain/dane"],
    "tlsext/base": [],
    "tlsext/tickets": ["tlsext/base"],
    "tlsext/extension": ["tlsext/base"],
    "tlsext/record": ["tlsext/base"],
    "tlsext/server": ["tlsext/record", "tlsext/tickets", "tlsext/extension"],
    "tlsext/client": ["tlsext/record", "tlsext/extension"],
    "tlsext/link": ["tlsext/record"],
    "server/base": ["dnschain/keep"],
    "server/handover/protocol": ["server/base"],
    "server/observe": ["server/base"],
    "server/handover/helper": ["server/base"],
    "server/handover/tcp": ["server/base"],
    "server/handover/forward": ["server/handover/helper"],
    "server/handover/program": ["server/handover/tcp", "server/handover/forward"],
    "server/memory": ["server/base"],
    "server/dns": ["server/memory"],
    "server/upstream": ["server/dns", "server/observe"],
    "server/client": ["server/upstream", "tlsext/server"],
    "server/io": ["server/memory"],
    "server/io/uv": ["server/io"],
    "server/handover/link": ["server/handover/protocol", "server/io", "tlsext/link"],
    "server/control": ["server/io"],
    "server/handover/move": ["server/handover/link", "server/handover/helper"],
    "server/worker": ["server/io", "server/client"],
    "server/config": ["server/worker"],
    "server/chain": ["server/config"],
    "server/ops": ["server/chain", "server/control", "server/handover/move"],
    "server": ["server/ops", "server/io/uv"],
    "tools/base": ["dnschain/keep"],
    "tools/client": ["tools/base", "tlsext/client"],
    "tools/tlsa": ["tools/client"],
    "tools/report": ["tools/tlsa"],
    "tools/command": ["tools/report"],
    "tools/benchmark": ["dnschain/keep"],
    "tools": ["tools/command"],
}

ROOMS = ["dnschain", "tlsext", "server", "tools"]
# Lines that a floor's README.md may have: a screen.
MOST_OF_README = 50

LIBRARIES = {
    "ldns": "ldns/ldns.h", "wolfssl": "wolfssl/ssl.h", "openssl": "openssl/ssl.h", "uv": "uv.h",
    "toml": "toml++/toml.h", "spdlog": "spdlog/spdlog.h", "nftnl": "libnftnl/set.h",
}
# The libraries that a floor may use; ldns brings OpenSSL.
USES = {
    "dnschain/dns": ["ldns", "openssl"],
    "dnschain/proof": ["ldns", "openssl"],
    "dnschain/dane": ["openssl"],
    "dnschain/keep": ["openssl"],
    "tlsext/base": ["wolfssl"],
    "tlsext/tickets": ["wolfssl"],
    "tlsext/extension": ["wolfssl"],
    "tlsext/record": ["wolfssl"],
    "tlsext/server": ["wolfssl"],
    "tlsext/client": ["wolfssl"],
    "tlsext/link": ["wolfssl"],
    "server/handover/forward": ["nftnl"],
    "server/handover/program": ["nftnl"],
    "server/observe": ["spdlog"],
    "server/config": ["toml"],
    "server/io/uv": ["uv"],
    "tools/client": ["ldns", "openssl"],
    "tools/tlsa": ["openssl"],
    "tools/benchmark": ["openssl"],
}
# Have no file of their own to probe with: main() alone, which is given what the highest floor is given.
NOT_PROBED = {"server", "tools"}


def reach(floor):
    """The floor and all that it stands on."""
    found = {floor}
    for below in FLOORS[floor]:
        found |= reach(below)
    return found


def floor_of(path):
    """Of a source or header, "server/io/stream.hpp": the floor that it is on."""
    parts = path.split("/")
    return next((name for name in ("/".join(parts[:depth]) for depth in (3, 2, 1))
                 if name in FLOORS), None)


def wrong_includes(root):
    """Lines that name a header of a floor which theirs does not stand on."""
    found = []
    for room in sorted({floor.split("/")[0] for floor in FLOORS}):
        for path in glob.glob(os.path.join(root, room, "**", "*.[ch]pp"), recursive=True):
            name = os.path.relpath(path, root)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for header in re.findall(r'#include "([^"]+)"', text):
                if floor_of(header) not in reach(floor_of(name)):
                    found.append(f"{name} includes {header}")
    return found


def out_of_order():
    """Floors that stand on something that comes after them."""
    names = list(FLOORS)
    return [name for name in names for below in FLOORS[name]
            if names.index(below) >= names.index(name)]


def documented(root):
    """What docs/architecture.md says that each floor stands on: its tables, by room."""
    with open(os.path.join(root, "docs", "architecture.md"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    room = None
    for name, below in re.findall(r"^\| `([\w/]+)/` \|.*\| *([^|]*?) *\|$", text, re.MULTILINE):
        if below == "stands on":
            room = name
        elif room is not None:
            names = re.findall(r"`([\w/]+)`", below)
            found[f"{room}/{name}"] = [n if n.split("/")[0] in ROOMS and "/" in n else f"{room}/{n}"
                                       for n in names]
    return found


def pictured(root):
    """The arrows of the picture in docs/architecture.md, by the floor that each starts from."""
    with open(os.path.join(root, "docs", "architecture.md"), encoding="utf-8") as file:
        arrows = re.findall(r"^  (\w+) --> (\w+)$", file.read(), re.MULTILINE)
    found = {}
    for above, below in arrows:
        found.setdefault(above, []).append(below)
    return found


def misdrawn(root):
    """Floors from which other arrows start in the picture than in the list."""
    picture = pictured(root)
    expected = {floor.replace("/", "_"): sorted(name.replace("/", "_") for name in below)
                for floor, below in FLOORS.items() if below}
    return [name for name in sorted(picture.keys() | expected.keys())
            if sorted(picture.get(name, [])) != expected.get(name, [])]


def undescribed(root):
    """Floors without a README.md of at most a screen, or that the architecture has otherwise."""
    architecture = documented(root)
    found = []
    for floor in FLOORS:
        if "/" not in floor:
            continue
        readme = os.path.join(root, floor, "README.md")
        if not os.path.exists(readme):
            found.append(f"{floor} has no README.md")
        else:
            with open(readme, encoding="utf-8") as file:
                if file.read().count("\n") > MOST_OF_README:
                    found.append(f"{floor}/README.md is longer than a screen")
        if sorted(architecture.get(floor, ["nothing"])) != sorted(FLOORS[floor]):
            found.append(f"docs/architecture.md has {floor} on {architecture.get(floor)}")
    return found


def preprocess(command, directory, text):
    """What the preprocessor makes of a text with the command's arguments; None when it fails."""
    arguments = []
    skip = False
    for argument in command:
        if skip or argument in ("-c", "-MD", "-MMD"):
            skip = False
        elif argument in ("-o", "-MF", "-MQ", "-MT", "-include"):  # the last: precompiled headers
            skip = True
        else:
            arguments.append(argument)
    run = subprocess.run(arguments[:-1] + ["-E", "-x", "c++", "-"], cwd=directory, input=text,
                         text=True, capture_output=True)
    return run.stdout if run.returncode == 0 else None


def throwing_callbacks(root):
    """Functions given to libuv that may throw: an exception must not pass through C."""
    found = []
    for path in glob.glob(os.path.join(root, "server", "**", "*.[ch]pp"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"\[\]\(uv_\w+_t\*[^)]*\)( noexcept)?\s*\{", text):
            if not match.group(1):
                found.append(f"{os.path.relpath(path, root)}:{text.count(chr(10), 0, match.start()) + 1}")
    return found


def one_header_each(root):
    """A header of each floor that has one, by floor."""
    headers = {}
    for floor in FLOORS:
        found = sorted(glob.glob(os.path.join(root, floor, "*.hpp")))
        if found:
            headers[floor] = os.path.relpath(found[0], root)
    return headers


def probe(floor, entry, headers):
    """Yields a header, whether the floor may include it, and whether it can."""
    command, directory = shlex.split(entry["command"]), entry["directory"]
    text = "".join(f"#if __has_include(<{header}>)\nsees {other}\n#endif\n"
                   for other, header in headers.items())
    seen = re.findall(r"^sees (\S+)$", preprocess(command, directory, text) or "", re.MULTILINE)
    for other, header in headers.items():
        yield header, other in reach(floor), other in seen
    for name, header in LIBRARIES.items():
        does = preprocess(command, directory, f"#include <{header}>\n") is not None
        yield header, name in USES.get(floor, []), does


def main():
    build = sys.argv[1]
    root = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    examples = {}
    for entry in entries:
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        floor = os.path.relpath(os.path.dirname(path), root)
        if floor in FLOORS and floor not in NOT_PROBED:
            examples.setdefault(floor, entry)
    wrong = 0
    headers = one_header_each(root)
    for floor, entry in sorted(examples.items()):
        for header, may, can in probe(floor, entry, headers):
            wrong += can != may
            print(f"{'ok' if can == may else 'not ok'} - {floor} {'may' if may else 'may not'} "
                  f"include {header}")
    for what, found in [("every include runs down", wrong_includes(root) + out_of_order()),
                        ("every floor is described", undescribed(root)),
                        ("the picture shows the floors as they are", misdrawn(root)),
                        ("callbacks of libuv are noexcept", throwing_callbacks(root))]:
        print(f"{'not ok' if found else 'ok'} - {what} {', '.join(found)}")
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
