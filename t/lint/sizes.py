# SPDX-License-Identifier: MIT
"""A function of more than 80 lines, a file of more than 600, a room's README of more than a page: too much for one look."""
import json
import os
import subprocess

FUNCTION, FILE, PAGE = 80, 600, 80


def functions(tree, paths):
    """(path, line, name, length) of each function, as universal-ctags sees them."""
    command = ["ctags", "--output-format=json", "--fields=+ne", "--languages=C++,Python", "--kinds-C++=f", "--kinds-Python=fm", "--map-C++=+.h", "-L", "-", "-f", "-"]
    listing = subprocess.run(command, cwd=tree.top, input="\n".join(paths), capture_output=True, text=True, check=True).stdout
    for entry in map(json.loads, listing.splitlines()):
        if entry.get("_type") == "tag" and "end" in entry:
            yield entry["path"], entry["line"], entry["name"], entry["end"] - entry["line"] + 1


def check(tree):
    sources = tree.select(("src/", "modules/", "t/"), (".h", ".cc", ".py"))
    for path in sources:
        lines = tree.text(path).count("\n")
        if lines > FILE:
            yield "%s:1: %d lines, more than %d" % (path, lines, FILE)
    for path, line, name, length in functions(tree, sources):
        if length > FUNCTION:
            yield "%s:%d: %s has %d lines, more than %d" % (path, line, name, length, FUNCTION)
    for room in sorted({p.split("/")[1] for p in tree.select(("src/",), (".h", ".cc")) if p.count("/") > 1}):
        readme = "src/%s/README.md" % room
        if not os.path.isfile(os.path.join(tree.top, readme)):
            yield "%s:1: missing: the idea of the room, its walk, its invariants" % readme
        elif tree.text(readme).count("\n") > PAGE:
            yield "%s:1: longer than a page (%d lines)" % (readme, PAGE)
