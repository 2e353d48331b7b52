#!/usr/bin/env python3
"""Tests the tidy test: every rule finds its planted violation, names file and line, and lets good code be."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import source
import tidy

LAYERS = "base:\nmodel: base\nplatform: base\nengine: base model\nruntime: base engine\nhttp: base\n"
CLEAN = {
    "cmake/layers.txt": LAYERS,
    "README.md": "# One title\n\n[layers](cmake/layers.txt), [web](https://example.org), [below](#part)\n\n"
                 "```\n# not a title [x](nowhere.md)\n```\n",
    "include/doorbuster/base/tick.h": "#pragma once\nnamespace doorbuster {\nstruct Tick {};\n}\n",
    "include/doorbuster/engine/engine.h": '#pragma once\n#include "doorbuster/base/tick.h"\n',
    "src/engine/ledger.h": "#pragma once\n",
    "src/engine/engine.cc": '#include "doorbuster/engine/engine.h"\n\n#include <vector>\n\n'
                            '#include "engine/ledger.h"\n'
                            '// A new mutex, a double and steady_clock in a comment are words.\n'
                            'const char* text = "throw new double";\n',
    "src/engine/CMakeLists.txt": "doorbuster_room(engine SOURCES engine.cc)\n",
    "src/platform/clock.cc": "auto now() { return std::chrono::steady_clock::now(); }\n",
    "src/platform/CMakeLists.txt": "doorbuster_room(platform SOURCES clock.cc)\n",
    tidy.QUEUE_WRAPPER: "#pragma once\n#include <concurrentqueue/concurrentqueue.h>\n",
}
ENGINE = "src/engine/engine.cc"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for path, text in CLEAN.items():
            self.plant(path, text)

    def tearDown(self):
        self.folder.cleanup()

    def plant(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def assert_found(self, where, *parts):
        """Exactly one finding: at `where` = "file:line: rule", with all `parts` in its message."""
        findings = tidy.check(self.root)
        self.assertEqual(len(findings), 1, findings)
        self.assertTrue(findings[0].startswith(where + ": "), findings[0])
        for part in parts:
            self.assertIn(part, findings[0])

    def assert_clean(self):
        self.assertEqual(tidy.check(self.root), [])

    def test_a_tree_that_keeps_the_rules_has_no_findings(self):
        self.assert_clean()

    def test_the_program_prints_findings_and_fails(self):
        self.plant(ENGINE, "double rate;\n")
        command = [sys.executable, tidy.__file__, self.root]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn(f"{ENGINE}:1: banned_in_rooms: `double`", run.stdout)

    # --- include directions

    def test_an_include_up_the_table_is_found(self):
        self.plant(ENGINE, '\n#include "doorbuster/runtime/command_queue.h"\n')
        self.assert_found(f"{ENGINE}:2: layers", "points the wrong way", "engine may know base, model")

    def test_an_include_up_from_a_public_header_is_found(self):
        self.plant("include/doorbuster/base/tick.h", '#pragma once\n#include "doorbuster/engine/engine.h"\n')
        self.assert_found("include/doorbuster/base/tick.h:2: layers", "base may know nothing")

    def test_another_rooms_private_header_is_found(self):
        self.plant("src/platform/clock.cc", '#include "engine/ledger.h"\n')
        self.assert_found("src/platform/clock.cc:1: layers", "public header")

    def test_a_private_header_in_a_public_one_is_found(self):
        self.plant("include/doorbuster/engine/engine.h", '#pragma once\n#include "engine/ledger.h"\n')
        self.assert_found("include/doorbuster/engine/engine.h:2: layers", "is private")

    def test_a_folder_that_is_no_room_is_found(self):
        self.plant("include/doorbuster/utils/misc.h", "#pragma once\n")
        self.assert_found("include/doorbuster/utils/misc.h:1: layers", "no room")

    # --- banned things

    def test_each_banned_word_is_found_in_the_engine(self):
        planted = ["std::mutex m;", "std::scoped_lock lock(m);", "auto* p = new int;", "void* p = malloc(8);",
                   "std::function<int()> f;", "auto s = std::string(x);", "auto s = std::to_string(1);",
                   "throw 1;", "std::cerr << 1;", "spdlog::info(1);", "std::thread t;", "std::atomic<int> a;",
                   "float f;", "double d;", "std::mt19937 g;"]
        for line in planted:
            with self.subTest(line):
                self.plant(ENGINE, f"\n{line}\n")
                self.assert_found(f"{ENGINE}:2: banned_in_rooms")

    def test_each_banned_header_is_found_in_the_engine(self):
        for header in ["<iostream>", "<mutex>", "<thread>", "<chrono>", "<random>", "<spdlog/spdlog.h>"]:
            with self.subTest(header):
                self.plant(ENGINE, f"#include {header}\n")
                self.assert_found(f"{ENGINE}:1: banned_in_rooms", header.strip("<>"))

    def test_a_mutex_in_runtime_and_floating_point_in_model_are_found(self):
        self.plant("include/doorbuster/runtime/agent.h", "#pragma once\nstd::mutex mutex_;\n")
        self.assert_found("include/doorbuster/runtime/agent.h:2: banned_in_rooms", "std::mutex")
        self.plant("include/doorbuster/runtime/agent.h", "#pragma once\n")
        self.plant("include/doorbuster/model/money.h", "#pragma once\ndouble amount;\n")
        self.assert_found("include/doorbuster/model/money.h:2: banned_in_rooms", "minor units")

    def test_the_same_words_are_free_in_other_rooms(self):
        self.plant("include/doorbuster/http/listener.h",
                   "#pragma once\nstd::mutex m;\ndouble d;\nstd::function<void()> f;\n")
        self.assert_clean()

    def test_the_queue_library_outside_its_wrapper_is_found(self):
        self.plant("tests/unit/queue_test.cc", "#include <concurrentqueue/concurrentqueue.h>\n")
        self.plant("tests/unit/CMakeLists.txt", "queue_test.cc\n")
        self.assert_found("tests/unit/queue_test.cc:1: queue_wrapper", "command_queue.h")

    # --- concurrency and time

    def test_a_memory_order_without_a_comment_is_found(self):
        self.plant("include/doorbuster/base/counter.h",
                   "#pragma once\n// Pairs with nothing.\nint a;\nint b;\nint c;\n"
                   "auto x = n.load(std::memory_order_relaxed);\n")
        self.assert_found("include/doorbuster/base/counter.h:6: memory_order", "what it pairs with")

    def test_a_memory_order_with_a_comment_near_is_fine(self):
        self.plant("include/doorbuster/base/counter.h",
                   "#pragma once\n// A counter, tied to nothing.\n"
                   "auto x = n.load(std::memory_order_relaxed);\n\n\n\n"
                   "n.store(1, std::memory_order_release);  // pairs with the acquire in take()\n\n\n\n\n"
                   "n.store(1, std::memory_order_seq_cst);\n")
        self.assert_clean()

    def test_a_fence_is_found(self):
        self.plant("tests/stress/a.h", "#pragma once\nstd::atomic_thread_fence(order);\n")
        self.assert_found("tests/stress/a.h:2: fences", "on the atomic operation")

    def test_a_clock_outside_platform_is_found(self):
        for line in ["auto t = std::chrono::steady_clock::now();", "clock_gettime(CLOCK_REALTIME, &t);",
                     "auto t = std::time(nullptr);"]:
            with self.subTest(line):
                self.plant(ENGINE, f"{line}\n")
                self.assert_found(f"{ENGINE}:1: clocks", "take a Clock")

    def test_a_sleep_is_found(self):
        self.plant("src/platform/clock.cc", "std::this_thread::sleep_for(1ms);\n")
        self.assert_found("src/platform/clock.cc:1: sleeps", "wait for the condition")

    # --- build and form

    def test_a_header_without_pragma_once_is_found(self):
        self.plant("src/engine/ledger.h", "// Text first.\n#pragma once\n")
        self.assert_found("src/engine/ledger.h:1: pragma_once")

    def test_a_source_that_no_build_file_names_is_found(self):
        self.plant("src/engine/dead_engine.cc", "\n")
        self.assert_found("src/engine/dead_engine.cc:1: compiled", "never compiled")

    def test_a_source_named_by_a_build_file_above_is_fine(self):
        self.plant("tests/unit/engine/a_test.cc", "\n")
        self.plant("tests/CMakeLists.txt", "doorbuster_test(a SOURCES unit/engine/a_test.cc)\n")
        self.assert_clean()

    def test_leftovers_are_found_in_every_kind_of_text(self):
        for path, text in [(ENGINE, "\n// TO" "DO: later\n"), ("docs/plan.md", "# Plan\nFIX" "ME\n"),
                           ("scripts/run", "#!/bin/sh\n# XX" "X\n")]:
            with self.subTest(path):
                self.plant(path, text)
                self.assert_found(f"{path}:2: leftovers", "finish it")
                self.plant(path, "# Plan\n" if path.endswith(".md") else "\n")

    def test_a_long_line_is_found_and_a_full_one_is_fine(self):
        self.plant(ENGINE, "//" + "x" * 108 + "\n")
        self.assert_clean()
        self.plant(ENGINE, "//" + "x" * 109 + "\n")
        self.assert_found(f"{ENGINE}:1: line_length", "111 columns")

    def test_a_long_file_is_found(self):
        self.plant(ENGINE, "\n" * 400)
        self.assert_clean()
        self.plant(ENGINE, "\n" * 401)
        self.assert_found(f"{ENGINE}:401: file_length", "401 lines")

    def test_a_long_function_is_found_at_its_first_line(self):
        body = "  if (a) {\n    b();\n  }\n" * 23  # 69 lines
        self.plant(ENGINE, f"namespace n {{\n\nvoid f(int a,\n       int b) {{\n{body[:-1]}\n}}\n}}\n")
        self.assert_found(f"{ENGINE}:3: function_length", "72 lines")

    def test_a_long_class_of_short_functions_is_fine(self):
        self.plant(ENGINE, "class A : public B<C> {\n" + "  int f() const { return 1; }\n" * 90 + "};\n")
        self.assert_clean()

    def test_a_long_python_function_is_found(self):
        self.plant("tests/tool.py", "def f():\n" + "    g()\n" * 70)
        self.assert_found("tests/tool.py:1: function_length", "71 lines")

    def test_a_document_has_one_title_and_no_dead_link(self):
        self.plant("docs/a.md", "# A\n\ntext\n\n# B\n")
        self.assert_found("docs/a.md:5: markdown", "2 titles")
        self.plant("docs/a.md", "## A\n")
        self.assert_found("docs/a.md:1: markdown", "0 titles")
        self.plant("docs/a.md", "# A\n\nSee [b](../docs/b.md#part).\n")
        self.assert_found("docs/a.md:3: markdown", "../docs/b.md")

    # --- exceptions

    def test_an_exception_covers_its_file_its_rule_and_its_word_only(self):
        self.plant("tests/tidy/exceptions.txt", f"banned_in_rooms {ENGINE} double  # a test needs it\n")
        self.plant(ENGINE, "double d;\nfloat f;\n")
        self.assert_found(f"{ENGINE}:2: banned_in_rooms", "float")

    def test_an_exception_with_a_limit_is_a_ratchet(self):
        self.plant("tests/tidy/exceptions.txt", f"file_length {ENGINE} 410  # one table\n")
        self.plant(ENGINE, "\n" * 410)
        self.assert_clean()
        self.plant(ENGINE, "\n" * 411)
        self.assert_found(f"{ENGINE}:411: file_length")

    def test_an_exception_that_nothing_needs_is_found(self):
        self.plant("tests/tidy/exceptions.txt", f"# list\nclocks {ENGINE}  # was needed once\n")
        self.assert_found("tests/tidy/exceptions.txt:2: exceptions", "delete the line")

    def test_an_exception_without_a_reason_or_with_an_unknown_rule_is_found(self):
        for line in [f"clocks {ENGINE}", f"no_such_rule {ENGINE}  # because", "clocks  # because"]:
            with self.subTest(line):
                self.plant("tests/tidy/exceptions.txt", line + "\n")
                self.assert_found("tests/tidy/exceptions.txt:1: exceptions", "reason")


class SourceTest(unittest.TestCase):
    def test_comments_and_literals_are_blanked_in_place(self):
        text = 'a("x\\"y"); // c\nb(R"(q " // )" , 1\'000); /* d\n */ e(\'"\');\n'
        code = source.code_only(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual([line.split() for line in code.splitlines()],
                         [['a("', '");'], ['b(R"', '"', ",", "1'000);"], ["e('", "');"]])

    def test_functions_are_told_from_other_braces(self):
        text = ("namespace a {\nint table[] = {1, 2};\nstruct S {\n  S() : x{1} {}\n"
                "  int f() {\n    g([] {\n    });\n  }\n};\n"
                "#define M(x) \\\n  { x }\nenum class E { a };\nint h()\n{\n}\n}\n")
        self.assertEqual([found for found in source.functions(text) if found[1] > 1], [(5, 4), (13, 3)])


if __name__ == "__main__":
    unittest.main()
