#!/usr/bin/env python3
"""Reads the repository and fails where it breaks its own rules: tidy.py [ROOT]

Each finding is one line, `file:line: rule: what is wrong, what to do instead`. Rules are the functions below,
one idea each; what is exempt is in tests/tidy/exceptions.txt with its reason and nowhere else.
tests/tidy/self_test.py plants every violation and sees that it is found.
"""

import ast
import pathlib
import re
import sys

import source

LINE_COLUMNS_MAX = 110
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COMMENT_LINES_ABOVE = 3  # how far above a memory order its comment may start

CPP = {".h", ".cc"}
TEXT = CPP | {".py", ".cmake", ".txt", ".md", ".json", ".yml", ".yaml", ".html", ".js", ".css", ".sh", ""}
SKIPPED_FOLDERS = {".git", "build", "data", "__pycache__", "node_modules", "corpus"}

# (rooms, pattern, what to do instead): what must not be in the code of these rooms.
HOT = ("engine",)
MONEY = ("model", "catalog", "engine")
BANNED_IN_ROOMS = [
    (HOT + ("runtime",), r"\bstd::(\w*mutex|\w*_lock|lock_guard|condition_variable\w*)\b",
     "a lock on the hot path: one thread owns the data, others ask it through a queue"),
    (HOT, r"\bnew\b|\b(malloc|calloc|realloc)\s*\(",
     "allocation while deciding: size the table when it is loaded"),
    (HOT, r"\bstd::function\b", "may allocate: take a template parameter or a reference to an interface"),
    (HOT, r"\bstd::(string\s*[({]|to_string\b|ostringstream\b|stringstream\b)",
     "builds a string while deciding: use std::string_view or a fixed-size field"),
    (HOT, r"\bthrow\b|\btry\s*\{", "exceptions do not cross rooms: return an Outcome or a Result"),
    (HOT, r"\bstd::(cout|cerr|clog|endl)\b|\bspdlog::|\bprintf\s*\(|\bfprintf\s*\(",
     "the engine says nothing: return it, or count it"),
    (HOT, r"\bstd::(thread|jthread|async|atomic\w*)\b|\bstd::this_thread\b",
     "the engine knows no threads: that is runtime's business"),
    (HOT, r"\bstd::(random_device|mt19937\w*)\b|\brand\s*\(",
     "the engine is a function: randomness comes in as input"),
    (MONEY, r"\b(float|double)\b", "money and time are integers: minor units and nanoseconds"),
]
BANNED_INCLUDES = [
    (HOT, r"<(\w*stream|thread|\w*mutex|condition_variable|atomic|random|chrono)>|spdlog/",
     "the engine knows no clock, file, socket, thread, random source or logger"),
]
FENCE = r"\batomic_(thread|signal)_fence\b"
CLOCK = (r"\b(system_clock|steady_clock|high_resolution_clock)\b|\b(clock_gettime|gettimeofday)\s*\("
         r"|\b(std::)?time\s*\(\s*(nullptr|NULL|0)\s*\)")
SLEEP = r"\bsleep_(for|until)\b|\b(u|nano)sleep\s*\("
QUEUE_WRAPPER = "include/doorbuster/runtime/command_queue.h"
LEFTOVER = r"\b(FIX" r"ME|TO" r"DO|XX" r"X)\b"  # in pieces, so that this file passes its own rule


class Tree:
    """The files under a root, each read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.texts = {}
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if SKIPPED_FOLDERS & set(relative.parts):
                continue
            if path.is_file() and path.suffix in TEXT:
                try:
                    self.texts[relative.as_posix()] = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue  # a fuzz corpus file, not text
        self.code = {path: source.code_only(text) for path, text in self.texts.items() if is_cpp(path)}

    def cpp(self, *folders):
        return [path for path in self.code if not folders or path.startswith(tuple(f + "/" for f in folders))]


def is_cpp(path):
    return pathlib.PurePosixPath(path).suffix in CPP


def room_of(path):
    match = re.match(r"(?:include/doorbuster|src)/([a-z]+)/", path)
    return match.group(1) if match else None


def matches(text, pattern):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match.group().strip()


# --- rules: each yields (path, line, message) --------------------------------------------------------------


def layers(tree):
    """An #include goes down the table of cmake/layers.txt, and private headers stay private."""
    allowed = {}
    for line in tree.texts.get("cmake/layers.txt", "").splitlines():
        match = re.match(r"([a-z]+):(.*)", line)
        if match:
            allowed[match.group(1)] = {match.group(1), *match.group(2).split()}
    for path in tree.cpp("include/doorbuster", "src"):
        room = room_of(path)
        if room not in allowed:
            yield path, 1, "its folder is no room of cmake/layers.txt: name it there, with what it may know"
            continue
        for number, target, quoted in source.includes(tree.texts[path]):
            public = re.match(r"doorbuster/([a-z]+)/", target)
            if public and public.group(1) not in allowed[room]:
                may = ", ".join(sorted(allowed[room] - {room})) or "nothing"
                yield path, number, (f'"{target}" points the wrong way: {room} may know {may}; '
                                     "move what is needed down, or pass it in")
            elif quoted and not public:
                own = f"src/{target}" if target.startswith(room + "/") else f"src/{room}/{target}"
                if path.startswith("include/"):
                    yield path, number, f'"{target}" is private: include "doorbuster/..." only'
                elif own not in tree.texts:
                    yield path, number, f'"{target}" is not in src/{room}/: use a public header'


def banned_in_rooms(tree):
    """Hot rooms do not lock, allocate, throw, log or know threads; money is never floating point."""
    for path in tree.cpp("include/doorbuster", "src"):
        for rooms, pattern, instead in BANNED_IN_ROOMS:
            if room_of(path) in rooms:
                for number, found in matches(tree.code[path], pattern):
                    yield path, number, f"`{found}`: {instead}"
        for rooms, pattern, instead in BANNED_INCLUDES:
            if room_of(path) in rooms:
                for number, target, quoted in source.includes(tree.texts[path]):
                    if re.search(pattern, target if quoted else f"<{target}>"):
                        yield path, number, f"includes {target}: {instead}"


def queue_wrapper(tree):
    """The queue library is behind one header."""
    for path in tree.cpp():
        for number, target, _ in source.includes(tree.texts[path]):
            if re.search(r"(concurrent|readerwriter)queue[^/]*\.h$", target) and path != QUEUE_WRAPPER:
                yield path, number, f"includes {target}: use {QUEUE_WRAPPER}, which bounds it and explains it"


def memory_order(tree):
    """Every memory order but seq_cst has a comment on its line or just above."""
    for path in tree.cpp():
        lines = tree.texts[path].splitlines()
        for number, found in matches(tree.code[path], r"\bmemory_order(_|::)(?!seq_cst)\w+"):
            near = lines[max(0, number - 1 - COMMENT_LINES_ABOVE):number]
            if not any("//" in line for line in near):
                yield path, number, (f"`{found}` without a comment here or {COMMENT_LINES_ABOVE} lines up: "
                                     "say what it pairs with, or why nothing needs to pair")


def fences(tree):
    """No stand-alone fences: they pair with everything and nothing, and ThreadSanitizer does not see them."""
    for path in tree.cpp():
        for number, found in matches(tree.code[path], FENCE):
            yield path, number, f"`{found}`: put the order on the atomic operation that needs it"


def clocks(tree):
    """Time is an input; only platform reads it."""
    for path in tree.cpp("include/doorbuster", "src"):
        if room_of(path) != "platform":
            for number, found in matches(tree.code[path], CLOCK):
                yield path, number, f"`{found}`: time is an input, take a Clock (platform/clock.h) or a Tick"


def sleeps(tree):
    """Nobody waits by sleeping: not the program, not a unit test."""
    for path in tree.cpp("include/doorbuster", "src", "tests/unit"):
        for number, found in matches(tree.code[path], SLEEP):
            yield path, number, f"`{found}`: wait for the condition (a notifier, a poll, a step of the agent)"


def pragma_once(tree):
    """A header starts with #pragma once."""
    for path in tree.cpp():
        if path.endswith(".h") and not tree.texts[path].startswith("#pragma once\n"):
            yield path, 1, "the first line of a header is #pragma once"


def compiled(tree):
    """Every .cc is named in the CMakeLists.txt of its folder or of one above."""
    for path in tree.cpp():
        if not path.endswith(".cc"):
            continue
        file = pathlib.PurePosixPath(path)
        for folder in file.parents:
            listing = tree.texts.get((folder / "CMakeLists.txt").as_posix(), "")
            name = re.escape(file.relative_to(folder).as_posix())
            if re.search(rf"(^|[\s/\"(]){name}($|[\s)\"])", listing):
                break
        else:
            yield path, 1, "named in no CMakeLists.txt, so never compiled: add it there or delete it"


def leftovers(tree):
    """What is not finished is not merged."""
    for path, text in tree.texts.items():
        for number, found in matches(text, LEFTOVER):
            yield path, number, f"`{found}`: finish it, or say in a plain comment what is so and why"


def line_length(tree):
    """Code fits a screen beside another."""
    for path, text in tree.texts.items():
        if pathlib.PurePosixPath(path).suffix in {".md", ".json", ".html"}:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield path, number, f"{len(line)} columns, at most {LINE_COLUMNS_MAX}: break the line"


def file_length(tree):
    """One file, one idea."""
    for path, text in tree.texts.items():
        lines = text.count("\n")
        is_code = is_cpp(path) or path.endswith(".py") or text.startswith("#!")
        if is_code and lines > FILE_LINES_MAX:
            yield path, lines, f"{lines} lines, at most {FILE_LINES_MAX}: split it by idea"


def function_length(tree):
    """One function, one screen."""
    for path, text in tree.texts.items():
        if is_cpp(path):
            found = source.functions(text)
        elif path.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
            nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
            found = [(node.lineno, node.end_lineno - node.lineno + 1) for node in nodes]
        else:
            continue
        for first, lines in found:
            if lines > FUNCTION_LINES_MAX:
                yield path, first, f"function of {lines} lines, at most {FUNCTION_LINES_MAX}: name its parts"


def markdown(tree):
    """A document has one title, and its links lead somewhere."""
    for path, text in tree.texts.items():
        if not path.endswith(".md"):
            continue
        prose = re.sub(r"^(```|~~~).*?^\1", lambda m: source.blank(m.group()), text, flags=re.M | re.S)
        titles = [number for number, _ in matches(prose, r"^# ")]
        if len(titles) != 1:
            yield path, titles[1] if titles else 1, f"{len(titles)} titles (`# `): a document has exactly one"
        folder = pathlib.PurePosixPath(path).parent
        for number, line in enumerate(re.sub(r"`[^`\n]*`", "", prose).splitlines(), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                file = target.split("#")[0]
                if file and not re.match(r"[a-z]+:", file) and not (tree.root / folder / file).exists():
                    yield path, number, f"links to {file}, which is not there: correct the link or remove it"


RULES = [layers, banned_in_rooms, queue_wrapper, memory_order, fences, clocks, sleeps, pragma_once, compiled,
         leftovers, line_length, file_length, function_length, markdown]


# --- exceptions --------------------------------------------------------------------------------------------


EXCEPTIONS = "tests/tidy/exceptions.txt"


class Exemption:
    """One line of the list: a rule does not hold in one file, up to a number or for one word."""

    def __init__(self, number, only):
        self.number = number
        self.only = only
        self.used = False

    def covers(self, message):
        self.used = True
        if self.only and self.only.isdigit():
            size = re.search(r"(\d+) (lines|columns)", message)
            return bool(size) and int(size.group(1)) <= int(self.only)
        return not self.only or self.only in message


def read_exceptions(tree):
    """{(rule, path): Exemption}, and findings about the list itself."""
    exempt, findings = {}, []
    for number, line in enumerate(tree.texts.get(EXCEPTIONS, "").splitlines(), 1):
        words, _, reason = line.partition("#")
        words = words.split()
        if not words:
            continue
        known = words[0] in {rule.__name__ for rule in RULES}
        if len(words) not in (2, 3) or not reason.strip() or not known:
            findings.append((EXCEPTIONS, number, "exceptions", "write `rule path [limit or word]  # reason`"))
        else:
            exempt[words[0], words[1]] = Exemption(number, words[2] if len(words) == 3 else None)
    return exempt, findings


def check(root):
    """Every finding in the tree as `file:line: rule: message`."""
    tree = Tree(root)
    exempt, findings = read_exceptions(tree)
    for rule in RULES:
        name = rule.__name__
        for path, number, message in rule(tree):
            exemption = exempt.get((name, path))
            if not exemption or not exemption.covers(message):
                findings.append((path, number, name, message))
    for (name, path), exemption in exempt.items():
        if not exemption.used:
            message = f"{path} needs no exception from {name} any more: delete the line"
            findings.append((EXCEPTIONS, exemption.number, "exceptions", message))
    return [f"{path}:{number}: {rule}: {message}" for path, number, rule, message in sorted(findings)]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    findings = check(root)
    print("\n".join(findings) if findings else f"tidy: {len(RULES)} rules hold")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
