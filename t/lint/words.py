# SPDX-License-Identifier: MIT
"""What must not stand in a file, and what must: SPDX lines, header comments, places of one machine, loose ends, secrets compared in haste."""
import os
import re

LOOSE_END = re.compile(r"\b(TODO|FIXME)\b(?!\s*\(?#\d+)")
THROWING = re.compile(r"std::(sto[a-z]+|regex|shared_mutex)\b|\b(try|throw|catch)\b\s*[({;]")
SECRET = r"\w*(?:password|passphrase|secret|hmac)\w*"
COMPARED = re.compile(
    r"\b%s(?:\([^()]*\))?\s*[!=]=(?!\s*nullptr)|[!=]=\s*[\w.]*?\b%s\b(?!\.)|\b(?:mem|str|strn)cmp\([^)]*\b%s" % (SECRET, SECRET, SECRET)
)
INTERPRETERS = ("#!/usr/bin/python3", "#!/bin/sh")
# The rules are spelled out here, so here they may stand.
OWN = "t/lint/words.py"


def places(tree):
    """Where this checkout and its user live: a path below either works nowhere else."""
    homes = {tree.top, os.path.dirname(tree.top), os.path.expanduser("~")} - {"/", "/tmp"}
    return re.compile(r"(?<![\w.~-])(%s)/\w" % "|".join(re.escape(h) for h in sorted(homes)))


def check_lines(path, text, home):
    for number, line in enumerate(text.split("\n"), 1):
        if home.search(line):
            yield "%s:%d: a place of one machine" % (path, number)
        if LOOSE_END.search(line):
            yield "%s:%d: a loose end without the number of its issue: write TODO(#12)" % (path, number)
        if line != line.rstrip() and not path.endswith(".md"):
            yield "%s:%d: blanks at the end of the line" % (path, number)


def check_cpp(path, text):
    lines = text.split("\n")
    if not lines[0].startswith("// SPDX-License-Identifier: MIT"):
        yield "%s:1: the first line is // SPDX-License-Identifier: MIT" % path
    if path.endswith(".h"):
        if len(lines) < 2 or not lines[1].startswith("// %s -- " % os.path.basename(path)):
            yield "%s:2: a header opens with // %s -- what it is" % (path, os.path.basename(path))
        if "#pragma once" not in lines:
            yield "%s:1: no #pragma once" % path
    if path.startswith(("src/", "modules/")):
        for number, line in enumerate(lines, 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])
            if THROWING.search(code):
                yield "%s:%d: throws, or would: %s" % (path, number, THROWING.search(code)[0])
            if COMPARED.search(code):
                yield "%s:%d: how long it takes tells of a secret: text::equals_constant_time" % (path, number)


def check_script(path, text):
    if text.startswith("#!") and text.split("\n")[0] not in INTERPRETERS:
        yield "%s:1: starts with %s" % (path, " or ".join(INTERPRETERS))
    if path.endswith((".py", ".sh")) and "SPDX-License-Identifier: MIT" not in "\n".join(text.split("\n")[:2]):
        yield "%s:1: no SPDX line" % path


def check(tree):
    home = places(tree)
    for path in tree.paths:
        if path == OWN or not tree.is_text(path):
            continue
        text = tree.text(path)
        yield from check_lines(path, text, home)
        if text and not text.endswith("\n"):
            yield "%s:1: the last line has no end" % path
        if path in tree.cpp:
            yield from check_cpp(path, text)
        else:
            yield from check_script(path, text)
