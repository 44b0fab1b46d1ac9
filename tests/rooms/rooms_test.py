#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a room can include what it may use and that a forbidden include does not compile.

rooms_test.py BUILD: takes the compiler's arguments of one source of each room from
BUILD/compile_commands.json and compiles a line "#include <...>" with them.
"""
import fnmatch
import glob
import json
import os
import re
import shlex
import subprocess
import sys

# Sources, headers they may include, headers they may not. Each source that a pattern matches is in
# the row of the first pattern that does.
ROOMS = [
    ("dnschain/*.cpp",
     ["dnschain/name.hpp", "ldns/ldns.h"],
     ["tlsext/types.hpp", "server/metrics.hpp", "wolfssl/ssl.h", "uv.h", "toml++/toml.h", "spdlog/spdlog.h"]),
    ("tlsext/*.cpp",
     ["tlsext/types.hpp", "wolfssl/ssl.h"],
     ["dnschain/name.hpp", "server/metrics.hpp", "ldns/ldns.h", "openssl/ssl.h", "uv.h", "toml++/toml.h",
      "spdlog/spdlog.h"]),
    ("server/uv_*.cpp",
     ["uv.h", "spdlog/spdlog.h", "server/metrics.hpp"],
     ["ldns/ldns.h", "wolfssl/ssl.h", "openssl/ssl.h", "toml++/toml.h"]),
    ("server/config*.cpp",
     ["toml++/toml.h", "server/metrics.hpp"],
     ["ldns/ldns.h", "wolfssl/ssl.h", "openssl/ssl.h", "uv.h"]),
    # Sessions and the pool, which have no sockets, no clock and no log.
    ("server/client_session.cpp",
     ["server/metrics.hpp"],
     ["ldns/ldns.h", "wolfssl/ssl.h", "openssl/ssl.h", "uv.h", "toml++/toml.h", "spdlog/spdlog.h"]),
    ("server/upstream_pool.cpp",
     ["server/metrics.hpp"],
     ["ldns/ldns.h", "wolfssl/ssl.h", "openssl/ssl.h", "uv.h", "toml++/toml.h", "spdlog/spdlog.h"]),
    ("tools/query_command.cpp",
     ["dnschain/name.hpp", "tlsext/types.hpp"],
     ["server/metrics.hpp", "wolfssl/ssl.h"]),
]


def row_of(source):
    return next((row for row in ROOMS if fnmatch.fnmatch(source, row[0])), None)


def compiles(command, directory, header):
    """Whether a source that only includes the header compiles with the command's arguments."""
    arguments = []
    skip = False
    for argument in command:
        if skip or argument in ("-c", "-MD", "-MMD"):
            skip = False
        elif argument in ("-o", "-MF", "-MQ", "-MT"):
            skip = True
        else:
            arguments.append(argument)
    run = subprocess.run(arguments[:-1] + ["-fsyntax-only", "-x", "c++", "-"], cwd=directory,
                         input=f"#include <{header}>\n", text=True, capture_output=True)
    return run.returncode == 0, run.stderr


def throwing_callbacks(root):
    """Functions given to libuv that may throw: an exception must not pass through C."""
    found = []
    for path in glob.glob(os.path.join(root, "server", "*.[ch]pp")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"\[\]\(uv_\w+_t\*[^)]*\)( noexcept)?\s*\{", text):
            if not match.group(1):
                found.append(f"{os.path.basename(path)}:{text.count(chr(10), 0, match.start()) + 1}")
    return found


def main():
    build = sys.argv[1]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    examples = {}
    for entry in entries:
        path = os.path.join(entry["directory"], entry["file"])
        row = row_of(os.path.relpath(os.path.realpath(path), os.path.realpath(root)))
        if row is not None:
            examples.setdefault(row[0], entry)
    wrong = 0
    for pattern, allowed, forbidden in ROOMS:
        entry = examples.get(pattern)
        if entry is None:
            print(f"not ok - {pattern}: the build has no such source")
            wrong += 1
            continue
        for header, may in [(h, True) for h in allowed] + [(h, False) for h in forbidden]:
            does, message = compiles(shlex.split(entry["command"]), entry["directory"], header)
            wrong += does != may
            print(f"{'ok' if does == may else 'not ok'} - {pattern} {'may' if may else 'may not'} "
                  f"include {header}")
            if may and not does:
                print(message)
    throwing = throwing_callbacks(root)
    print(f"{'not ok' if throwing else 'ok'} - callbacks of libuv are noexcept {' '.join(throwing)}")
    return 1 if wrong or throwing else 0


if __name__ == "__main__":
    sys.exit(main())
