# SPDX-License-Identifier: MIT
"""What conf/examples/*.yaml say that one can try gives what they say that one sees."""
import glob
import os
import re
import shlex
import subprocess

import pytest

from lib.daemon import TOP, Daemon
from lib.ports import free_port

FILES = sorted(glob.glob(os.path.join(TOP, "conf", "examples", "*.yaml")))
TRY = re.compile(r"^#   (curl .*?)  +(\S.*)$", re.M)


def module_keys():
    for path in glob.glob(os.path.join(TOP, "modules", "middleware", "*", "*.cc")):
        with open(path) as f:
            yield from re.findall(r'MiddlewareModule \w+\{\s*\.type = \{(?:\.key = )?"(\w+)"', f.read())


def test_every_middleware_has_an_example():
    assert sorted(os.path.basename(f)[:-5] for f in FILES) == sorted([*module_keys(), "chain"])


@pytest.mark.parametrize("path", FILES, ids=[os.path.basename(f) for f in FILES])
def test_example_does_what_it_says(path):
    with open(path) as f:
        text = f.read()
    tries = TRY.findall(text)
    assert tries
    for port in ("8080", "8081"):
        text = text.replace(":" + port, ":%d" % free_port())
    with Daemon(text) as daemon:
        for command, seen in tries:
            command = command.replace(":8080", ":%d" % daemon.ports["web"])
            done = subprocess.run(shlex.split(command) + ["--max-time", "20"], capture_output=True, timeout=60)
            assert seen.encode() in done.stdout, (command, done.stdout)
