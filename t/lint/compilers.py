# SPDX-License-Identifier: MIT
"""What compilers and other tools say: formatting, headers that compile alone, clang-tidy, cppcheck, scripts, the manual.

What was clean once is remembered in the build folder by the content of the file and of everything of ours that it
includes, so that a second run looks only at what changed.
"""
import concurrent.futures
import json
import os
import shlex
import shutil
import subprocess

JOBS = os.cpu_count() or 2

# What cppcheck 2.10 is wrong about: an id, everywhere or in one file.
SUPPRESSED = {
    "passedByValue": "it does not see what is moved on; clang-tidy judges the same and does",
    "shiftTooManyBitsSigned": "the sign is what C++20 shifts in",
    "accessMoved:src/runtime/entry.cc": "the branch that moved it has returned",
    "constStatement:src/config/option.h": "a requirement is no statement",
    "ctuuninitvar:src/core/log.cc": "Line sets the bytes that it reads; the others are left alone on purpose",
    "danglingTemporaryLifetime:src/config/manual.cc": "the temporary lives as long as the call, which copies",
    "danglingTemporaryLifetime:src/config/schema.cc": "as in manual.cc",
    "danglingTempReference:src/upstream/pool.cc": "both sides of the conditional are lvalues of one type",
    "legacyUninitvar:modules/middleware/rate_limit/rate_limit.cc": "the address of an array is not its value",
    "legacyUninitvar:src/core/log.cc": "as in rate_limit.cc",
    "nullPointerRedundantCheck:src/h1/client_read.cc": "every call out may end the exchange, so it is looked at again",
    "nullPointerRedundantCheck:src/h2/client_stream.cc": "as in client_read.cc",
    "uninitMemberVar:src/core/random.cc": "fill_secret() sets it",
    "uninitMemberVar:src/runtime/server.cc": "each member of WorkerState has its initialiser",
    "zerodivcond:src/core/number.cc": "what is left is below the scale, and so nothing is left at 1",
}


def run(tree, command, **more):
    return subprocess.run(command, cwd=tree.top, capture_output=True, text=True, **more)


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(function, items))


def settings(tree):
    """NAME = value lines of the build folder's config.mk."""
    with open(os.path.join(tree.build, "config.mk")) as f:
        return dict(line.rstrip("\n").split(" =", 1) for line in f if " =" in line)


class Memory:
    def __init__(self, tree, name):
        self.path = os.path.join(tree.build, "lint-%s.json" % name)
        try:
            with open(self.path) as f:
                self.clean = set(json.load(f))
        except (OSError, ValueError):
            self.clean = set()

    def keep(self, fingerprints):
        with open(self.path, "w") as f:
            json.dump(sorted(fingerprints), f)


def remembered(tree, name, paths, flags, judge):
    """judge(path) -> text of complaints, asked only for what is not known to be clean."""
    memory = Memory(tree, name)
    prints = {path: tree.fingerprint(path, flags) for path in paths}
    stale = [path for path in paths if prints[path] not in memory.clean]
    complaints = dict(zip(stale, in_parallel(judge, stale)))
    memory.keep(prints[path] for path in paths if not complaints.get(path))
    for path in stale:
        if complaints[path]:
            yield complaints[path].rstrip()


def check_format(tree):
    def judge(path):
        return run(tree, ["clang-format-14", "--dry-run", "-Werror", path]).stderr

    yield from remembered(tree, "format", tree.cpp, [tree.text(".clang-format")], judge)


def language_flags(tree):
    values = settings(tree)
    own = ["-std=c++20", "-I", "src", "-I", ".", "-iquote", os.path.abspath(tree.build)]
    return own + shlex.split(values["LIBRARY_CPPFLAGS"]) + shlex.split(values["CPPUTEST_CFLAGS"])


def precompiled(tree, compiler, flags):
    """Flags that bring the standard library, which is read once; what a header takes from it is the business of includes.py."""
    library = os.path.join(tree.build, "for-src", "standard.h")
    if not os.path.exists(library):
        return []
    copy = os.path.join(tree.build, "for-lint", "standard.h")
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    shutil.copy(library, copy)
    run(tree, compiler + flags + ["-x", "c++-header", copy, "-o", copy + ".gch"], check=True)
    return ["-include", copy]


def check_headers(tree):
    """Each header names what it needs of ours and of other libraries. One that a source file includes first is shown by the build."""
    flags = language_flags(tree) + ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]
    compiler = settings(tree)["CXX"].split()
    command = compiler + flags + precompiled(tree, compiler, flags) + ["-fsyntax-only", "-x", "c++", "-"]

    def judge(path):
        return run(tree, command, input='#include "%s"\n' % path).stderr

    sources = (tree.includes(path)[:1] for path in tree.cpp if path.endswith(".cc"))
    shown = {tree.resolve("", name) for [(_, _, name)] in filter(None, sources)}
    yield from remembered(tree, "headers", [path for path in tree.headers if path not in shown], flags, judge)


def check_tidy(tree):
    flags = language_flags(tree) + ["-fno-exceptions", "-Wno-unknown-warning-option"]

    def judge(path):
        result = run(tree, ["clang-tidy-14", "--quiet", path, "--"] + flags)
        return result.stdout or (result.stderr if result.returncode else "")

    yield from remembered(tree, "tidy", tree.select(("src/", "modules/"), (".cc",)), [tree.text(".clang-tidy")] + flags, judge)


def check_cppcheck(tree):
    flags = ["--language=c++", "--std=c++20", "--enable=warning,performance,portability", "--inline-suppr", "--error-exitcode=1", "-I", "src", "-I", ".", "-I", tree.build]
    flags += ["--suppress=" + what for what in SUPPRESSED]

    def judge(path):
        result = run(tree, ["cppcheck", "--quiet", "--template={file}:{line}: {severity}: {message} [{id}]", *flags, path])
        return result.stderr if result.returncode else ""

    yield from remembered(tree, "cppcheck", tree.select(("src/", "modules/"), (".cc",)), flags, judge)


def check_scripts(tree):
    for path in tree.paths:
        if not tree.is_text(path):
            continue
        text = tree.text(path)
        if text.startswith("#!/bin/sh"):
            yield from run(tree, ["sh", "-n", path]).stderr.splitlines()
        elif text.startswith("#!/usr/bin/python3") or path.endswith(".py"):
            try:
                compile(text, path, "exec")
            except SyntaxError as error:
                yield "%s:%s: %s" % (path, error.lineno, error.msg)


def check_manual(tree):
    pages = tree.select(("man/",), (".5", ".8"))
    if pages:
        yield from run(tree, ["mandoc", "-Tlint", "-Wwarning"] + pages).stdout.splitlines()
