# SPDX-License-Identifier: MIT
"""The files of the project, their text and who includes whom: what every rule of the lint reads."""
import functools
import hashlib
import os
import re
import subprocess

SKIPPED = {".git", "__pycache__", ".pytest_cache"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


class Tree:
    def __init__(self, top, build):
        self.top, self.build = top, build
        self.paths = sorted(self._versioned() or self._walked())

    def _versioned(self):
        """What git knows or would take; nothing outside a work tree."""
        if not os.path.exists(os.path.join(self.top, ".git")):
            return []
        command = ["git", "-C", self.top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        except (OSError, subprocess.CalledProcessError):
            return []
        return [p for p in listed if p and os.path.isfile(os.path.join(self.top, p))]

    def _walked(self):
        for folder, folders, files in os.walk(self.top):
            inside = os.path.relpath(folder, self.top)
            folders[:] = [f for f in folders if f not in SKIPPED and not (inside == "." and f.startswith("build"))]
            yield from (os.path.normpath(os.path.join(inside, f)) for f in files)

    def select(self, prefixes, suffixes):
        return [p for p in self.paths if p.startswith(tuple(prefixes)) and p.endswith(tuple(suffixes))]

    @property
    def cpp(self):
        return self.select(("src/", "modules/", "t/"), (".h", ".cc"))

    @property
    def headers(self):
        return self.select(("src/", "modules/", "t/"), (".h",))

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8", errors="replace") as f:
            return f.read()

    def is_text(self, path):
        if path.startswith("t/fuzz/corpus/"):
            return False
        with open(os.path.join(self.top, path), "rb") as f:
            return b"\0" not in f.read(4096)

    @functools.lru_cache(maxsize=None)
    def includes(self, path):
        """(line, bracket, name) of each include line."""
        text = self.text(path)
        return [(text.count("\n", 0, m.start(1)) + 1, m[1], m[2]) for m in INCLUDE.finditer(text)]

    def resolve(self, path, name):
        """The file of the project that an include names, or None."""
        for candidate in (os.path.join(os.path.dirname(path), name), "src/" + name, name):
            candidate = os.path.normpath(candidate)
            if os.path.isfile(os.path.join(self.top, candidate)):
                return candidate
        return None

    def fingerprint(self, path, flags):
        """Changes when the file, anything of ours that it includes, or a flag does."""
        seen, todo = {}, [path]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen[at] = self.text(at)
            todo += filter(None, (self.resolve(at, name) for _, bracket, name in self.includes(at) if bracket == '"'))
        digest = hashlib.sha256(" ".join(flags).encode())
        for at in sorted(seen):
            digest.update(at.encode() + b"\0" + seen[at].encode())
        return digest.hexdigest()
