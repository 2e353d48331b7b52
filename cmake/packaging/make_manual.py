#!/usr/bin/env python3
"""Writes doorbuster(1) from what the program says of itself: make_manual.py PROGRAM OUTPUT

One source for help and manual: a page that is written by hand forgets the option that was added last.
"""
import datetime
import os
import re
import subprocess
import sys

INTRODUCTION = """\
doorbuster runs a flash sale. A shop puts it in front of its order system; it decides each buy in one atomic
step, writes the decision to a journal, and answers when it is safe."""

FILES = [
    ("/etc/doorbuster/config.json", "What the packaged service runs with: server and campaigns."),
    ("/var/lib/doorbuster", "Its data folder: the journal. Never edit it, never run two engines on it."),
]

EXIT_CODES = [
    ("0", "Success; of serve: drained and stopped."),
    ("1", "A failure while running, or a broken promise found."),
    ("2", "Usage."),
    ("78", "The configuration or the data folder is refused: starting again changes nothing."),
]

SIGNALS = [
    ("SIGTERM, SIGINT", "Drain: answer what is under way, make it durable, exit 0."),
    ("SIGHUP", "Read the configuration again and put its campaigns in force, whole or not at all."),
]


def text(value):
    """A line of text as roff: nothing in it is a request or an escape."""
    value = value.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + value if value.startswith((".", "'")) else value


def help_of(program, words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def entries(lines):
    """(name, explanation) of an indented table; lines that go deeper carry on the one before."""
    found = []
    for line in lines:
        match = re.match(r"  (\S.*?)(?:\s{2,}(.*))?$", line)
        one_space = re.match(r"  (\S.{24,}?\]) (\S.*)$", line)  # a name that fills its column
        if one_space:
            found.append([one_space[1], one_space[2]])
        elif match:
            found.append([match[1], match[2] or ""])
        elif found and line.strip():
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
    return found


def parse(output):
    """{section: lines}; the first one, "", says what it is for; examples stay as they are."""
    sections, name = {"": []}, ""
    for line in output.splitlines():
        heading = re.match(r"(Positionals|Options|Subcommands|Examples?):$", line)
        if heading:
            name = heading[1].rstrip("s") if heading[1].startswith("Example") else heading[1]
            sections[name] = []
        elif name == "" and line.startswith("Usage:"):
            sections["Usage"] = [line.removeprefix("Usage: ")]
        else:
            sections[name].append(line)
    return sections


def table(out, rows):
    for name, explanation in rows:
        out += [".TP", f".B {text(name)}", text(explanation) or "\\&"]


def describe(out, program, words):
    sections = parse(help_of(program, words))
    out += [f".SS {text(' '.join(words))}"]
    about = " ".join(line.strip() for line in sections[""] if line.strip() and not line.startswith("["))
    out += [text(about), ".PP", f".B {text(sections['Usage'][0])}"]
    rows = entries(sections.get("Positionals", [])) + entries(sections.get("Options", []))
    table(out, [row for row in rows if not row[0].startswith("-h,")])
    example = [line for line in sections.get("Example", []) if line.strip()]
    if example:
        out += [".PP", ".EX", *[text(line) for line in example], ".EE"]
    for name, _ in entries(sections.get("Subcommands", [])):
        describe(out, program, [*words, name])


def main():
    program, target = sys.argv[1:]
    told = subprocess.run([program, "version"], check=True, capture_output=True, text=True).stdout
    version = told.split()[1]
    # The same page for the same source: the date is the one that a package build gives.
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d")
    out = [f'.TH DOORBUSTER 1 "{date}" "doorbuster {version}" "User Commands"']
    out += [".SH NAME", "doorbuster \\- flash\\-sale engine"]
    out += [".SH SYNOPSIS", ".B doorbuster", ".I SUBCOMMAND", "[OPTIONS]"]
    out += [".SH DESCRIPTION", text(INTRODUCTION.replace("\n", " "))]
    out += [".SH SUBCOMMANDS"]
    for name, _ in entries(parse(help_of(program, []))["Subcommands"]):
        describe(out, program, [name])
    for heading, rows in (("SIGNALS", SIGNALS), ("FILES", FILES), ("EXIT STATUS", EXIT_CODES)):
        out.append(f".SH {heading}")
        table(out, rows)
    with open(target, "w", encoding="utf-8") as page:
        page.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
