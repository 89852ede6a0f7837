# SPDX-License-Identifier: MIT
"""Hostile configurations end as an error in bounded time and memory (issue, point 4)."""
import subprocess
import time

import pytest

from lib.client import ask
from lib.daemon import BINARY, Daemon, environment, is_sanitized
from lib.ports import free_port
from lib.wait import SLOW

SECONDS = 10 * SLOW
MEMORY = 400 << 20
# Runs its arguments; prints the exit status, and the KiB that the largest process of it has needed.
MEASURE = """import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def alias_bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += ["a%d: &a%d [%s]" % (i, i, ", ".join(["*a%d" % (i - 1)] * 10)) for i in range(1, 12)]
    return "\n".join(lines) + "\nentryPoints: *a11\n"


def merge_bomb():
    lines = ["m0: &m0 {%s}" % ", ".join("k%d: 1" % i for i in range(50))]
    lines += ["m%d: &m%d {<<: [%s]}" % (i, i, ", ".join(["*m%d" % (i - 1)] * 20)) for i in range(1, 12)]
    return "\n".join(lines) + "\nentryPoints: *m11\n"


ROUTER = "http:\n  routers:\n    x:\n      service: noop@internal\n      rule: '%s'\n"
POINT = "entryPoints: {web: {address: '127.0.0.1:8081'}}\n"

HOSTILE = {
    "alias-bomb": alias_bomb,
    "merge-bomb": merge_bomb,
    "self-reference": lambda: "entryPoints: &a\n  web: *a\n",
    "scalar-of-10-MiB": lambda: "entryPoints:\n  web:\n    address: '" + "x" * (10 << 20) + "'\n",
    "plain-scalar-of-10-MiB": lambda: POINT + "log:\n  filePath: " + "x" * (10 << 20) + "\n",
    "key-of-10-MiB": lambda: "'" + "k" * (10 << 20) + "': 1\n",
    "depth-10000-flow": lambda: "entryPoints: " + "[" * 10000 + "]" * 10000 + "\n",
    "depth-10000-maps": lambda: "entryPoints: " + "{a: " * 10000 + "1" + "}" * 10000 + "\n",
    "depth-10000-block": lambda: "".join(" " * i + "a:\n" for i in range(10000)),
    "depth-10000-unclosed": lambda: "entryPoints: " + "[" * 10000,
    "depth-10000-dashes": lambda: "entryPoints:\n  " + "- " * 10000 + "1\n",
    "a-million-items": lambda: "entryPoints: [" + "1," * 1000000 + "]\n",
    "a-hundred-thousand-unknown-keys": lambda: "".join("k%d: 1\n" % i for i in range(100000)),
    "nul-bytes": lambda: "entryPoints:\0\n",
    "not-utf-8": lambda: b"entryPoints: \xff\xfe\xfa\n",
    "utf-16": lambda: "entryPoints: {}\n".encode("utf-16"),
    "binary": lambda: bytes(range(256)) * 4000,
    "many-documents": lambda: "---\na: 1\n" * 10000,
    "many-anchors": lambda: "".join("a%d: &a%d 1\n" % (i, i) for i in range(100000)),
    "long-rule": lambda: POINT + ROUTER % ("Host(`" + "a" * 1000000 + "`)"),
    "nested-rule": lambda: POINT + ROUTER % ("(" * 10000 + "Host(`a`)" + ")" * 10000),
    "nots-in-a-rule": lambda: POINT + ROUTER % ("!" * 10000 + "Host(`a`)"),
    "ors-in-a-rule": lambda: POINT + ROUTER % "||".join(["Host(`a`)"] * 20000),
    "regexp-that-explodes": lambda: POINT + ROUTER % ("PathRegexp(`" + "(" * 500 + "a" + "){1,500}" * 500 + "`)"),
    "repeated-regexp": lambda: POINT + ROUTER % "PathRegexp(`((a{1,100}){1,100}){1,100}`)",
    "template-loop": lambda: POINT + 'http:\n  routers:\n{{ range until 100000000 }}\n    r{{ . }}: {rule: "Path(`/`)", service: noop@internal}\n{{ end }}\n',
    "nested-template-loops": lambda: POINT + "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}{{ end }}\n",
    "deep-template": lambda: POINT + "{{ if true }}" * 20000 + "{{ end }}" * 20000,
    "template-parentheses": lambda: POINT + "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}\n",
}


@pytest.mark.parametrize("row", HOSTILE)
@pytest.mark.parametrize("place", ["static", "dynamic"])
def test_ends_as_an_error(tmp_path, row, place):
    text = HOSTILE[row]()
    data = text if isinstance(text, bytes) else text.encode()
    path = tmp_path / "c.yaml"
    if place == "static":
        path.write_bytes(data)
    else:
        (tmp_path / "dyn.yaml").write_bytes(data.replace(POINT.encode(), b""))
        path.write_text(POINT + "providers: {file: {filename: '%s/dyn.yaml', watch: false}}\n" % tmp_path)
    start = time.monotonic()
    with open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen([BINARY, "-t", "-c", str(path)], stderr=err, stdout=err, env=environment(), cwd=tmp_path)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError("not at its end after %.0f s" % SECONDS) from None
        finally:
            process.wait()
    seconds = time.monotonic() - start
    output = (tmp_path / "err").read_bytes()
    assert process.returncode == 1, (process.returncode, output[-2000:])
    assert b"error: " in output
    assert len(output) < 1 << 20, "%d bytes of messages" % len(output)
    assert seconds < SECONDS


@pytest.mark.parametrize("row", ["alias-bomb", "merge-bomb", "scalar-of-10-MiB", "depth-10000-flow", "a-million-items", "template-loop", "regexp-that-explodes"])
def test_memory_is_bounded(tmp_path, row):
    if is_sanitized():
        pytest.skip("a sanitizer's own memory would be measured")
    text = HOSTILE[row]()
    path = tmp_path / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    # What a process has needed at most begins with what its parent had when it was made, so the parent is a small one.
    done = subprocess.run(["/usr/bin/python3", "-c", MEASURE, BINARY, "-t", "-c", str(path)], stdout=subprocess.PIPE, text=True, env=environment())
    status, most = map(int, done.stdout.split())
    assert status == 1
    assert most * 1024 < MEMORY, "%d MiB" % (most >> 10)


def test_a_hostile_file_in_a_folder_stops_nobody(tmp_path):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "good.yaml").write_text("http: {routers: {a: {rule: 'PathPrefix(`/`)', service: noop@internal}}}\n")
    (folder / "bomb.yaml").write_text(alias_bomb())
    (folder / "deep.yaml").write_text(HOSTILE["depth-10000-flow"]())
    config = "entryPoints: {web: {address: '127.0.0.1:%d'}}\nproviders: {file: {directory: '%s', watch: false}}\n" % (free_port(), folder)
    with Daemon(config) as daemon:
        assert ask(daemon.port).status == 418
