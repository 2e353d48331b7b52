#!/usr/bin/env python3
"""The Debian package: made, installed into a folder of its own, used, removed. package_test.py BUILD"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = BUILD / "doorbuster"
FILES = [
    "usr/bin/doorbuster",
    "usr/share/man/man1/doorbuster.1.gz",
    "usr/share/bash-completion/completions/doorbuster",
    "usr/share/doc/doorbuster/README.md",
    "usr/share/doc/doorbuster/docs/operating.md",
    "usr/share/doorbuster/config/demo.json",
    "etc/doorbuster/config.json",
]


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="doorbuster-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", cls.folder / "made", cwd=cls.folder)
        (cls.package,) = (cls.folder / "made").glob("*.deb")

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def dpkg(self, *arguments):
        """In a root of its own: nothing of this machine is touched, and no service can be started."""
        root = self.folder / "root"
        for part in ("var/lib/dpkg/info", "var/lib/dpkg/updates"):
            (root / part).mkdir(parents=True, exist_ok=True)
        (root / "var/lib/dpkg/status").touch()
        return run("dpkg", f"--root={root}", "--force-not-root", "--force-script-chrootless",
                   "--force-depends", "--log=/dev/null", *arguments)

    def there(self):
        root = self.folder / "root"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*")
                      if path.is_file() and not path.is_relative_to(root / "var"))

    def test_it_says_what_it_needs(self):
        self.assertEqual(self.field("Package"), "doorbuster")
        self.assertEqual(self.field("Version"), run(PROGRAM, "version").split()[1])
        for library in ("libc6", "libmimalloc2.0", "libsimdjson14", "libssl3", "libsystemd0", "tzdata"):
            self.assertIn(library, self.field("Depends"))

    def test_it_is_installed_used_removed_and_purged(self):
        self.dpkg("--install", self.package)
        there = self.there()
        for file in FILES:
            self.assertIn(file, there)
        self.assertTrue(any(file.endswith("lib/systemd/system/doorbuster.service") for file in there))
        root = self.folder / "root"
        self.assertEqual(run(root / "usr/bin/doorbuster", "version"), run(PROGRAM, "version"))
        run(root / "usr/bin/doorbuster", "check", root / "etc/doorbuster/config.json")

        edited = root / "etc/doorbuster/config.json"
        edited.write_text(edited.read_text().replace('"stock": 500', '"stock": 7'))
        self.dpkg("--install", self.package)  # again: what somebody has edited stays
        self.assertIn('"stock": 7', edited.read_text())

        self.dpkg("--remove", "doorbuster")
        self.assertEqual(self.there(), ["etc/doorbuster/config.json"])
        self.dpkg("--purge", "doorbuster")
        self.assertEqual(self.there(), [])

    def test_the_manual_has_every_subcommand_and_every_option(self):
        page = run("zcat", BUILD / "doorbuster.1.gz").replace("\\-", "-")
        commands = ["serve", "check", "print-config", "load", "doctor", "token", "journal dump", "version"]
        for command in commands:
            self.assertIn(f".SS {command}\n", page)
            for word in run(PROGRAM, *command.split(), "--help").split():
                if word.startswith("--") and word != "--help":
                    self.assertIn(f".B {word}", page)

    def complete(self, *words):
        script = pathlib.Path(__file__).resolve().parents[2] / "cmake/packaging/completion.bash"
        line = " ".join(f"'{word}'" for word in words)
        return run("bash", "-c",
                   f"source '{script}'; COMP_WORDS=('{PROGRAM}' {line}); COMP_CWORD={len(words)};"
                   "compopt() { :; }; _doorbuster; printf '%s\\n' \"${COMPREPLY[@]}\"").split()

    def test_the_shell_completes_subcommands_and_options(self):
        self.assertEqual(self.complete("se"), ["serve"])
        self.assertEqual(self.complete("journal", "ve"), ["verify"])
        self.assertEqual(self.complete("serve", "--ad"), ["--admin"])
        self.assertIn("--audit-record", self.complete("load", "--"))
        self.assertEqual(self.complete("check", "--j"), ["--json"])
        self.assertIn("/etc", self.complete("serve", "--config", "/et"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
