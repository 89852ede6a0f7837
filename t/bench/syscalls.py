#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""System calls of the daemon per small request (target: 4.4), counted by the kernel's tracepoints, else by strace.

The load is that of the side-by-side bench, 32 kept connections, where wake-ups bring several events; --connections changes it.
"""
import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from traffic import HEADING, Daemon, Upstream, repeat, routed, verdict


def load(port, requests, connections, seconds):
    """Keeps so many connections busy from this process; the number of answers."""
    stop, counts = time.monotonic() + seconds, []

    def one():
        sock = socket.create_connection(("127.0.0.1", port), 30)
        done = 0
        while time.monotonic() < stop:
            for data in requests[:20]:
                sock.sendall(data)
                got = b""
                while not got.endswith(b"x" * 200):
                    got += sock.recv(65536)
                done += 1
        counts.append(done)
        sock.close()

    threads = [threading.Thread(target=one) for _ in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(counts)


def with_perf(pids, work):
    out = tempfile.mktemp(prefix="pointsman-perf-")
    perf = subprocess.Popen(["perf", "stat", "-x,", "-o", out, "-e", "raw_syscalls:sys_enter", "-p", ",".join(map(str, pids))], stderr=subprocess.PIPE)
    time.sleep(0.5)
    requests = work()
    perf.send_signal(2)
    perf.wait()
    with open(out) as f:
        match = re.search(r"^(\d+),", f.read(), re.M)
    os.unlink(out)
    return (int(match[1]), requests) if match else (None, requests)


def with_strace(pids, work):
    out = tempfile.mktemp(prefix="pointsman-strace-")
    strace = subprocess.Popen(["strace", "-f", "-c", "-o", out] + [a for pid in pids for a in ("-p", str(pid))], stderr=subprocess.DEVNULL)
    time.sleep(1)
    requests = work()
    strace.send_signal(2)
    strace.wait()
    with open(out) as f:
        text = f.read()
    os.unlink(out)
    print(text, file=sys.stderr)
    return int(re.search(r"\s(\d+)\s+(?:\d+\s+)?total", text)[1]), requests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--strace", action="store_true", help="count with strace, and print which calls they are")
    options = parser.parse_args()
    upstream = Upstream()
    config, requests = routed(10, upstream)
    with Daemon(config) as daemon:
        worker = daemon.worker()
        load(daemon.port, repeat(requests, 20), options.connections, 0.5)
        work = lambda: load(daemon.port, repeat(requests, 20), options.connections, options.seconds)  # noqa: E731
        calls = None
        if shutil.which("perf") and not options.strace:
            calls, answers = with_perf([worker], work)
        if calls is None:
            if not shutil.which("strace"):
                raise SystemExit("neither perf nor strace can count here")
            calls, answers = with_strace([worker], work)
    print(HEADING)
    sys.exit(0 if verdict("system calls per small request, %d connections" % options.connections, calls / answers, 4.4) else 1)


if __name__ == "__main__":
    main()
