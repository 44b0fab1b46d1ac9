#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that nothing has grown too long to be read in one go.

sizes_test.py ROOT: headers of at most 150 lines, sources of 350; and, but in the tests, functions of
40, classes that are local to a source of 150.
"""
import glob
import os
import re
import sys

ROOMS = ["dnschain", "server", "tlsext", "tools"]
MOST_OF_HEADER, MOST_OF_SOURCE, MOST_OF_FUNCTION, MOST_OF_CLASS = 150, 350, 40, 150

# What cannot hold a brace that counts: comments, strings, characters and preprocessor lines.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
                     r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.DOTALL | re.MULTILINE)


def blanked(text):
    """The text with all that is no code made blank; lines stay where they are."""
    return NO_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def kind_of(head):
    """What a brace opens, by what stands before it since the last statement."""
    words = re.sub(r"^\s*template\s*<.*?>\s*(?=class|struct|\w)", "", head, flags=re.DOTALL).strip()
    if re.match(r"(inline )?namespace\b|extern\b\s*$", words):
        return "namespace"
    if re.match(r"enum\b", words):
        return "other"
    if re.match(r"(class|struct|union)\b", words) and "(" not in words.split(":")[0]:
        return "class"
    return "function" if "(" in words else "other"


def blocks(text):
    """Yields kind, first line and number of lines of each class and function that is in none."""
    code = blanked(text)
    stack = []  # (kind, offset of the head)
    begin = 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        inside = stack and stack[-1][0] in ("function", "other")
        if match.group() == "{":
            head = code[begin:at]
            stack.append(("other" if inside else kind_of(head),
                          begin + len(head) - len(head.lstrip())))
        elif match.group() == "}" and stack:
            kind, first = stack.pop()
            if kind in ("class", "function"):
                line = code.count("\n", 0, first) + 1
                yield kind, line, code.count("\n", 0, at) + 2 - line
        begin = at + 1


def faults(path):
    """What is too long in a file, a line each."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    source = path.endswith(".cpp")
    lines = text.count("\n")
    if lines > (MOST_OF_SOURCE if source else MOST_OF_HEADER):
        yield f"{path}: {lines} lines"
    if path.startswith("tests/"):
        return  # a test case is read from top to bottom
    for kind, line, length in blocks(text):
        if length > (MOST_OF_FUNCTION if kind == "function" else MOST_OF_CLASS):
            yield f"{path}:{line}: a {kind} of {length} lines"


def main():
    os.chdir(sys.argv[1])
    found = [fault for room in [*ROOMS, "tests"]
             for path in sorted(glob.glob(f"{room}/**/*.[ch]pp", recursive=True))
             for fault in faults(path)]
    for fault in found:
        print(f"not ok - {fault}")
    print(f"{'not ok' if found else 'ok'} - nothing is too long to be read in one go")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
