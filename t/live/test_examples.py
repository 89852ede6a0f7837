# SPDX-License-Identifier: MIT
"""Every configuration that ships passes -t."""
import glob
import os

import pytest

from lib.daemon import TOP, run

EXAMPLES = sorted(glob.glob(os.path.join(TOP, "conf", "**", "*.y*ml"), recursive=True))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=[os.path.relpath(p, TOP) for p in EXAMPLES])
def test_example_loads(path):
    with open(path) as f:
        is_dynamic = "entryPoints" not in f.read()
    if is_dynamic:
        pytest.skip("a dynamic document, loaded through the example that names it")
    result = run("-t", "--strict", "-c", path, cwd=os.path.dirname(path))
    assert result.returncode == 0, result.stderr
