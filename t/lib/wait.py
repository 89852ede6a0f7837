# SPDX-License-Identifier: MIT
"""Deadlines of the harness. POINTSMAN_TEST_SLOW scales all of them (a sanitizer build on a busy machine: 3)."""
import os
import time

SLOW = float(os.environ.get("POINTSMAN_TEST_SLOW", "1"))
TIMEOUT = 6.0 * SLOW


def wait_until(claim, timeout=TIMEOUT, every=0.01):
    """True as soon as claim() is true, False when it never was."""
    end = time.monotonic() + timeout
    while True:
        if claim():
            return True
        if time.monotonic() > end:
            return False
        time.sleep(every)


class Stopwatch:
    def __init__(self):
        self.start = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.start
