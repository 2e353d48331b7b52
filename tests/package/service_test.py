#!/usr/bin/env python3
"""What the service manager sees: the unit file, readiness, the watchdog. service_test.py PROGRAM SOURCE"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
UNIT = SOURCE / "cmake/packaging/doorbuster.service"
EXPOSURE_MAX = 15  # of 100; a plain service has 96
DEADLINE_S = 30


class Manager:
    """A server under a service manager that hears what it is told."""

    def __init__(self, folder, watchdog_ms=None, more=(), log=subprocess.DEVNULL):
        config = folder / "config.json"
        config.write_text('{"server": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0"}, "campaigns": []}')
        address = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(DEADLINE_S)
        environment = dict(os.environ, NOTIFY_SOCKET=address)
        if watchdog_ms is not None:
            environment["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--config", config, "--data", folder / "data", *more],
            env=environment, stdout=subprocess.DEVNULL, stderr=log)

    def wait_for(self, word):
        """The message that has it, and those before."""
        heard = []
        while True:
            heard.append(self.socket.recv(4096).decode())
            if word in heard[-1].splitlines():
                return heard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doorbuster-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def analyze(self, *arguments):
        """The unit as it is, but for where the program of this build stands."""
        unit = self.folder / "doorbuster.service"
        unit.write_text(UNIT.read_text().replace("/usr/bin/doorbuster", str(PROGRAM)))
        return subprocess.run(["systemd-analyze", *arguments, unit], capture_output=True, text=True)

    def test_the_unit_is_one_that_systemd_understands_completely(self):
        told = self.analyze("verify", "--man=no", "--recursive-errors=no")
        self.assertEqual((told.returncode, told.stderr), (0, ""))

    def test_the_unit_leaves_the_process_nothing_that_it_does_not_need(self):
        told = self.analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}")
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_what_the_unit_names_is_what_the_program_takes(self):
        commands = re.findall(r"^Exec\w+=/usr/bin/doorbuster (.*)$", UNIT.read_text(), re.M)
        self.assertEqual(len(commands), 2)
        for command in commands:
            words = command.split()
            page = subprocess.run([PROGRAM, words[0], "--help"], check=True, capture_output=True,
                                  text=True).stdout
            for option in (word for word in words if word.startswith("--")):
                self.assertIn(option, page)

    def test_it_is_ready_when_it_has_recovered_and_stopping_when_it_drains(self):
        with Manager(self.folder) as manager:
            self.assertRegex(manager.wait_for("READY=1")[-1], r"STATUS=listening on http://127\.0\.0\.1:\d+")
            manager.process.send_signal(signal.SIGTERM)
            heard = manager.wait_for("STOPPING=1")
            self.assertEqual(manager.process.wait(DEADLINE_S), 0)
        self.assertNotIn("WATCHDOG=1", "\n".join(heard).splitlines())  # nobody asked for it

    def logged_by_a_life(self, *more):
        log = self.folder / "log"
        with open(log, "w") as file, Manager(self.folder, more=more, log=file) as manager:
            manager.wait_for("READY=1")
            manager.process.send_signal(signal.SIGTERM)
            self.assertEqual(manager.process.wait(DEADLINE_S), 0)
        (self.folder / "notify").unlink()
        return log.read_text()

    def test_a_log_level_leaves_out_what_is_below_it(self):
        self.assertIn(" info draining", self.logged_by_a_life())
        self.assertEqual(self.logged_by_a_life("--log-level", "warning"), "")

    def test_the_watchdog_is_told_again_and_again(self):
        with Manager(self.folder, watchdog_ms=200) as manager:
            manager.wait_for("READY=1")
            for _ in range(5):
                manager.wait_for("WATCHDOG=1")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
