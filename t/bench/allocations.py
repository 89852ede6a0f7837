#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Heap allocations of the worker per small request after warm-up: the promise is none.

A preloaded counter (count_malloc.c, compiled on the fly) counts malloc and its kin in every process of the daemon. Callers are
named with addr2line when the count is not zero.
"""
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from traffic import HEADING, Daemon, Driver, Upstream, repeat, routed, verdict

HERE = os.path.dirname(os.path.abspath(__file__))
SLOTS, CALLERS = 64, 62
SLOT = 8 * (2 + CALLERS)
WARM, MORE = 2000, 5000


class Counter:
    def __init__(self, folder):
        self.library = os.path.join(folder, "count_malloc.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", self.library, os.path.join(HERE, "count_malloc.c"), "-ldl", "-lpthread"], check=True)
        self.path = os.path.join(folder, "counts")
        with open(self.path, "wb") as f:
            f.truncate(64 + SLOTS * SLOT)
        with open(self.path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 0)

    @property
    def environment(self):
        return {"LD_PRELOAD": self.library, "COUNT_MALLOC_FILE": self.path}

    def arm(self):
        self.map[0:8] = struct.pack("Q", 1)

    def of(self, pid):
        """Count and callers of a process."""
        for i in range(SLOTS):
            words = struct.unpack_from("%dQ" % (2 + CALLERS), self.map, 64 + i * SLOT)
            if words[0] == pid:
                return words[1], [w for w in words[2:] if w]
        raise SystemExit("process %d was not counted" % pid)


def name(pid, address):
    with open("/proc/%d/maps" % pid) as f:
        first = {}
        for line in f:
            fields = line.split()
            low, high = (int(x, 16) for x in fields[0].split("-"))
            path = fields[5] if len(fields) > 5 else "?"
            first.setdefault(path, low - int(fields[2], 16))
            if low <= address < high:
                text = subprocess.run(["addr2line", "-Cfpe", path, hex(address - first[path])], capture_output=True, text=True).stdout.strip()
                return "%s (%s)" % (text or hex(address), os.path.basename(path))
    return hex(address)


def measure(title, log):
    upstream = Upstream()
    folder = tempfile.mkdtemp(prefix="pointsman-allocations-")
    os.chmod(folder, 0o755)
    counter = Counter(folder)
    more = {"accessLog": {"filePath": os.path.join(folder, "access.log")}} if log else {}
    config, requests = routed(10, upstream, **more)
    try:
        with Daemon(config, env=counter.environment) as daemon:
            worker = daemon.worker()
            driver = Driver(daemon.port)
            driver.drive(repeat(requests, WARM))
            counter.arm()
            before, _ = counter.of(worker)
            driver.drive(repeat(requests, MORE))
            after, callers = counter.of(worker)
            good = verdict(title, (after - before) / MORE, 0.001)
            if after != before:
                for caller in callers:
                    print("  called from", name(worker, caller), file=sys.stderr)
            return good
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(HEADING)
    results = [measure("heap allocations per small request", False), measure("the same with the access log", True)]
    sys.exit(0 if all(results) else 1)
