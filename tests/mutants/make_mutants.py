#!/usr/bin/env python3
"""Writes the broken variants of the sources: make_mutants.py ROOT OUT

For each source that mutants.py has edits for, OUT gets a copy with all of them in it, each off until the
environment names it (mutant.h). Prints the sources, one a line. A copy that would not change stays untouched,
so that a build has nothing to do.
"""

import pathlib
import re
import sys

import mutants


def mutate(root):
    """What becomes of each source, by its name."""
    sources = {}
    used = []
    for name, old, new in mutants.EDITS:
        text = sources.get(name) or (root / name).read_text()
        if text.count(old) != 1:
            raise SystemExit(f"{name}: an edit's text is there {text.count(old)} times, not once:\n{old}")
        used += re.findall(r"MUTANT\((\w+)\)", new)
        sources[name] = text.replace(old, new)
    if sorted(used) != sorted(mutants.MUTANTS):
        odd = sorted(set(used) ^ set(mutants.MUTANTS)) or sorted(n for n in set(used) if used.count(n) > 1)
        raise SystemExit(f"mutants.py: described and edited are not the same: {', '.join(odd)}")
    return sources


def main():
    root, out = map(pathlib.Path, sys.argv[1:3])
    for name, text in mutate(root).items():
        copy = out / name
        text = f'#include "mutants/mutant.h"\n#line 1 "{root / name}"\n{text}'
        if not copy.exists() or copy.read_text() != text:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
        print(name)


if __name__ == "__main__":
    main()
