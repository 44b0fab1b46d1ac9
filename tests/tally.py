#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what a run of `meson test` really ran: tally.py TESTLOG.JSON

Prints "PASSED FAILED SKIPPED". A Catch2 program counts with its test cases, a script with its lines
"ok - ..." and "not ok - ...", anything else as one. A test that ended badly counts one failure at least,
one that says well but ran nothing is a failure too. Names of what failed go to standard error.
"""
import json
import re
import sys

CATCH_ALL = re.compile(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", re.MULTILINE)
CATCH_SOME = re.compile(r"^test cases:(.*)$", re.MULTILINE)
CATCH_NONE = re.compile(r"^No tests ran", re.MULTILINE)
LINES = re.compile(r"^(not ok|ok) - ", re.MULTILINE)


def counts_in(text):
    """(passed, failed) as the output says, or None when it does not."""
    if CATCH_NONE.search(text):
        return 0, 1
    if match := CATCH_ALL.search(text):
        return int(match[1]), 0
    if match := CATCH_SOME.search(text):
        number = {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed)\b", match[1])}
        return number.get("passed", 0), number.get("failed", 0)
    if results := LINES.findall(text):
        return results.count("ok"), results.count("not ok")
    return None


def main():
    passed = failed = skipped = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for test in map(json.loads, file):
            if test["result"] == "SKIP":
                skipped += 1
                continue
            well = test["result"] in ("OK", "EXPECTEDFAIL")
            good, bad = counts_in(test.get("stdout", "")) or (int(well), int(not well))
            if not well:
                bad = max(bad, 1)
                print(f"FAILED: {test['name']} ({test['result']})", file=sys.stderr)
            passed += good
            failed += bad
    print(passed, failed, skipped)


if __name__ == "__main__":
    main()
