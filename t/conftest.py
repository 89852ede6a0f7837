# SPDX-License-Identifier: MIT
"""What every black-box test shares. The binary under test: $POINTSMAN, else build/pointsman."""
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest

from lib.daemon import BINARY
from lib.server import RawServer


def pytest_sessionstart(session):
    # A shell lets what it starts in the background ignore these two, and every process that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if not os.access(BINARY, os.X_OK) and not session.config.option.collectonly:
        pytest.exit("no binary to test: %s (make it, or name another in POINTSMAN)" % BINARY, returncode=2)


@pytest.fixture
def server():
    with RawServer() as instance:
        yield instance
