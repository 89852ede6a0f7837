# SPDX-License-Identifier: MIT
"""Threads of clients that ask until they are told to end, and what went wrong for them."""
import threading
import time


class Clients:
    def __init__(self, run, arguments, patience):
        """run(*each) in a thread for each of `arguments`; it returns soon once `ends` is true."""
        self.patience = patience
        self.failed, self.ends = [], False
        self.threads = [threading.Thread(target=run, args=each, daemon=True) for each in arguments]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True

    def stop(self):
        """Lets what runs end; then the failures, as they should be: none."""
        self.ends = True
        for thread in self.threads:
            thread.join(2 * self.patience)
        return self.failed

    def note(self, why):
        self.failed.append("%.3f %s" % (time.time(), why))
