# SPDX-License-Identifier: MIT
"""h2spec, an independent suite for RFC 7540 and 7541, over plain and TLS: every case passes (security.md section 4).

It has no Debian package: the program is the one on PATH or the one that $H2SPEC names. The cases of test_h2_frames.py cover the
same sections without it.
"""
import os
import re
import shutil
import subprocess

import pytest

from lib.daemon import site
from lib.server import RawServer, reply
from lib.tls_world import tls_site
from lib.wait import SLOW

PROGRAM = os.environ.get("H2SPEC") or shutil.which("h2spec")
CASES = 145  # of h2spec 2.6, without `--strict`
# What is no preface is answered by a plain entry point in HTTP/1.1, and closed: built with a new Go, h2spec reads a frame in that.
NO_FRAME = "note that the frame header looked like an HTTP/1.1 header"

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no h2spec on PATH and none named by $H2SPEC")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_every_case_passes(tls):
    with RawServer(default=reply(body=b"0123456789abcdef")) as server, (tls_site(server) if tls else site({"app": server})) as daemon:
        command = [PROGRAM, "-h", "127.0.0.1", "-p", str(daemon.port), "-o", "%d" % (3 * SLOW)] + (["-t", "-k"] if tls else [])
        done = subprocess.run(command, capture_output=True, text=True, timeout=600 * SLOW)
    counts = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", done.stdout)
    assert counts, done.stdout[-3000:] + done.stderr[-1000:]
    tests, passed, _, failed = map(int, counts.groups())
    misread = int(not tls and NO_FRAME in done.stdout)
    assert failed == misread and passed >= CASES - misread, done.stdout[done.stdout.find("Failures:") :][:6000]
    assert tests >= CASES and done.returncode == (1 if failed else 0)
