# SPDX-License-Identifier: MIT
"""Every configuration that ships passes -t."""
import glob
import os

import pytest

from lib.daemon import TOP, run



def is_static(path):
    """A dynamic document is loaded through the example that names it."""
    with open(path) as f:
        return "entryPoints:" in f.read()


EXAMPLES = [p for p in sorted(glob.glob(os.path.join(TOP, "conf", "**", "*.y*ml"), recursive=True)) if is_static(p)]


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("path", EXAMPLES, ids=[os.path.relpath(p, TOP) for p in EXAMPLES])
def test_example_loads(path):
    result = run("-t", "--strict", "-c", path, cwd=os.path.dirname(path))
    assert result.returncode == 0, result.stderr
