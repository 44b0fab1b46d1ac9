#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""transfer_test.py SOURCE BUILD: tools/bench transfer without its measurements, and how it is ended."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

SOURCE, BUILD = Path(sys.argv[1]), Path(sys.argv[2])
PROGRAM = SOURCE / "tools/benchmark/transfer.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(PROGRAM.parent))

from plot import Panel, svg  # noqa: E402
from transfer import Figures, pays_from  # noqa: E402
from transfer_hosts import txt_records  # noqa: E402


def spaces_of(pid: int) -> list[str]:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if line.startswith(f"mooring-bench-{pid}-")]


def processes_with(text: str) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [str(file)] if text.encode() in file.read_bytes() else []
        except OSError:
            pass  # it has just ended
    return found


class Transfer(unittest.TestCase):
    def test_help_names_its_options(self):
        command = [SOURCE / "tools/bench", "transfer", "--help"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--quick", done.stdout)
        self.assertIn("tools/bench transfer", done.stdout)

    def test_without_root_it_says_so_in_one_line(self):
        with tempfile.TemporaryDirectory() as copy:
            os.chmod(copy, 0o755)
            for file in PROGRAM.parent.glob("*.py"):
                shutil.copy(file, copy)  # the source may be in a folder that only root can enter
            python = shutil.which("python3", path="/usr/bin") or sys.executable  # for all users
            command = [python, "-B", f"{copy}/transfer.py", "--quick"]
            other = {"user": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
            done = subprocess.run(command, capture_output=True, text=True, cwd="/", **other)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr, "bench: transfer needs root, to make network namespaces\n")

    def test_records_make_an_answer_of_the_size_that_is_wanted(self):
        for size in [100, 101, 255, 300, *range(2000, 2200), 4000, 16000, 64000]:
            octets = 12 + len("s.test") + 2 + 4
            for record in txt_records("s.test", size, "backend"):
                strings = record.split('"')[1::2]
                self.assertTrue(strings[0].startswith("backend "))
                self.assertLessEqual(max(map(len, strings)), 255)
                octets += 12 + sum(1 + len(string) for string in strings)
            self.assertEqual(octets, size)

    def test_a_move_pays_from_where_it_stays_cheaper(self):
        def pays(moved: list[float]) -> str:
            results = {}
            for queries, cost in zip([1, 10, 100], moved):
                results[100, queries, "moved"] = Figures(cost, 0, 0, 0, 1, 1, 1)
                results[100, queries, "relayed"] = Figures(5, 0, 0, 0, 1, 1, 1)
            return pays_from(results, 100, "relayed", "front_us")

        for moved, words in [
            ([9, 9, 9], "never"), ([9, 9, 4], "from 100 on"), ([4, 9, 4], "from 100 on"),
            ([4, 4, 4], "from 1 on"), ([4, 4, 5], "never"),
        ]:
            self.assertEqual(pays(moved), words, moved)

    def test_a_plot_has_each_line_within_its_panel(self):
        panel = Panel("a < b", "x", "y", {"one": [(1, 0.3), (1000, 950)], "two": [(1, 2)]})
        drawn = xml.dom.minidom.parseString(svg([[panel]]))
        lines = drawn.getElementsByTagName("polyline")
        self.assertEqual(len(lines), 2)
        ends = [tuple(map(float, p.split(","))) for p in lines[0].getAttribute("points").split()]
        (left, bottom), (right, top) = ends
        self.assertTrue(0 < left < right < 300 and 0 < top < bottom < 230, ends)

    def test_interrupted_it_leaves_nothing_behind(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**os.environ, "TMPDIR": scratch}
            command = [sys.executable, "-B", PROGRAM, "--quick", "--build", BUILD]
            with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as run:
                first = run.stderr.readline()  # after the start of all servers
                if "transfer cannot run here" in first or "transfer needs" in first:
                    self.skipTest(first)
                self.assertEqual(len(spaces_of(run.pid)), 4)
                self.assertNotEqual(processes_with(scratch), [])
                run.send_signal(signal.SIGTERM)
                run.communicate(timeout=60)
            self.assertEqual(run.returncode, 128 + signal.SIGTERM)
            self.assertEqual(spaces_of(run.pid), [])
            self.assertEqual(processes_with(scratch), [])
            self.assertEqual(os.listdir(scratch), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
