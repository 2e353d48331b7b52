#!/usr/bin/env python3
"""The verdict and the processor times of the comparison, on rounds whose answer is known."""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import goals
import machine
import report
from systems import Round, Workload


def rounds(rates, cpu_us=10.0):
    return [Round(requests=rate, seconds=1, p50_us=1, p99_us=2, client_cpu_seconds=0.5,
                  server_cpu_seconds=rate * cpu_us / 1e6) for rate in rates]


def measured(ours_cpu_us=14.0, ours_pipelined=250, hot=900):
    """Exactly on every floor, unless told otherwise."""
    result = {}
    for skus, rate in (("hot", hot), ("spread", 1000)):
        result[Workload("keep-alive", skus, 64, 1)] = {
            "doorbuster": rounds([rate], ours_cpu_us), "nginx": rounds([5000], 10.0)}
        result[Workload("pipelined", skus, 32, 16)] = {
            "doorbuster": rounds([ours_pipelined]), "redis-always": rounds([100])}
    return result


class FloorTest(unittest.TestCase):
    def verdicts(self, figures):
        lines, good = report.check_floors(figures)
        return [line[:4] for line in lines], good

    def test_on_the_floor_is_a_pass(self):
        self.assertEqual(self.verdicts(measured()), (["PASS"] * 6, True))

    def test_below_each_floor_is_a_fail(self):
        self.assertEqual(self.verdicts(measured(ours_cpu_us=14.1)), (["FAIL"] * 2 + ["PASS"] * 4, False))
        self.assertEqual(self.verdicts(measured(ours_pipelined=249)),
                         (["PASS"] * 2 + ["FAIL"] * 2 + ["PASS"] * 2, False))
        self.assertEqual(self.verdicts(measured(hot=899)), (["PASS"] * 4 + ["FAIL", "PASS"], False))

    def test_what_was_not_measured_is_a_fail(self):
        self.assertEqual(self.verdicts({}), (["FAIL"] * 6, False))

    def test_ratios_are_paired_by_round(self):
        """A round in which the whole machine was slow does not move the ratio."""
        ratio = report.paired_ratio(rounds([100, 10, 100]), rounds([50, 5, 50]), lambda r: r.per_second)
        self.assertEqual(ratio, 2)

    def test_the_page_says_what_disturbed_it(self):
        figures = measured()
        first = next(iter(figures.values()))["nginx"][0]
        first.other_cpu_seconds, first.client_cpu_seconds = 0.5, 0.99
        page = report.page(figures, [("kernel", "x")], load_at_start=2, stolen=0.4)
        for text in ("the host gave 40% of a core to others", "load average was 2.00",
                     "nginx: other processes used 50%", "the client was 99% busy"):
            self.assertIn(text, page)
        self.assertNotIn("## Warnings", report.page(measured(), [], load_at_start=0))


class GoalsTest(unittest.TestCase):
    def test_the_worse_of_hot_and_spread_counts(self):
        figures = measured(hot=900)
        keep_alive = [workload for workload in figures if workload.mode == "keep-alive"]
        pipelined = [workload for workload in figures if workload.mode == "pipelined"]
        figures[keep_alive[0]]["doorbuster"] = rounds([100], cpu_us=9.0)
        figures[keep_alive[1]]["doorbuster"] = rounds([100], cpu_us=12.0)
        figures[pipelined[0]]["doorbuster"] = rounds([600])
        figures[pipelined[1]]["doorbuster"] = rounds([500])
        found = goals.from_comparison(figures)
        self.assertAlmostEqual(found["P1"], 1.2)
        self.assertAlmostEqual(found["P3 pipelined"], 5)
        self.assertAlmostEqual(found["P4"], 1.2)
        self.assertIsNone(found["P3"])

    def test_a_goal_is_met_on_its_bound_and_not_beyond_it(self):
        bounds = {goal.name: goal.bound for goal in goals.GOALS}
        self.assertNotIn("not met", goals.table(bounds))
        worse = {goal.name: goal.bound + 1 if goal.at_most else goal.bound - 1 for goal in goals.GOALS}
        self.assertEqual(goals.table(worse).count("not met"), len(goals.GOALS))

    def test_what_was_not_measured_is_not_met_and_says_so(self):
        self.assertEqual(goals.table({}).count("| not measured | not met |"), len(goals.GOALS))

    def test_a_history_grows_by_the_figures_of_a_run(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "goals.csv"
            goals.record(path, "abc", {"P1": 1.25, "P2": None})
            goals.record(path, "def", {"P2": 600_000})
            with path.open(newline="") as file:
                rows = [(row["commit"], row["goal"], float(row["figure"])) for row in csv.DictReader(file)]
        self.assertEqual(rows, [("abc", "P1", 1.25), ("def", "P2", 600_000)])


class MachineTest(unittest.TestCase):
    BURN = "import time\nwhile time.process_time() < 0.3: pass\n"

    def test_processor_time_counts_children_that_run_and_that_have_ended(self):
        burn_and_stay = self.BURN + "print(1, flush=True)\ntime.sleep(60)"
        program = ("import subprocess, sys, time\n"
                   f"for _ in range(2): subprocess.run([sys.executable, '-c', {self.BURN!r}])\n"
                   f"subprocess.Popen([sys.executable, '-c', {burn_and_stay!r}])\n"
                   "time.sleep(60)")
        root = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        try:
            root.stdout.readline()
            self.assertGreaterEqual(machine.cpu_seconds(root.pid), 0.85)
            self.assertEqual(len(machine.process_tree(root.pid)), 2)
        finally:
            machine.signal_tree(root.pid, 9)
            root.wait()
            root.stdout.close()

    def test_a_paused_process_uses_no_time_until_it_is_resumed(self):
        root = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            machine.pause(root.pid)
            while machine.process_tree(root.pid)[root.pid][0] != "T":
                os.sched_yield()
            before = machine.cpu_seconds(root.pid)
            time.sleep(0.1)  # it would use 0.1 s of it
            self.assertEqual(machine.cpu_seconds(root.pid), before)
            machine.resume(root.pid)
            deadline = time.monotonic() + 30
            while machine.cpu_seconds(root.pid) == before and time.monotonic() < deadline:
                os.sched_yield()
            self.assertGreater(machine.cpu_seconds(root.pid), before)
        finally:
            root.kill()
            root.wait()


if __name__ == "__main__":
    unittest.main()
