#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Cold start to the first proxied answer (target: 50 ms) and the memory of all processes with one worker (target: 14 MiB PSS)."""
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from traffic import BINARY, HEADING, Upstream, request, routed, verdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib import proc  # noqa: E402
from lib.daemon import environment, to_yaml  # noqa: E402

ROUNDS = 15


def first_answer(config, folder):
    """Seconds from the start of the program to the last byte of the first answer; PSS once it has served."""
    path = os.path.join(folder, "bench.yaml")
    with open(path, "w") as f:
        f.write(to_yaml(config))
    port = int(next(iter(config["entryPoints"].values()))["address"].rpartition(":")[2])
    data = request("h0.bench.test", "/p0/")
    start = time.perf_counter()
    process = subprocess.Popen([BINARY, "-c", path, "-w", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=environment())
    try:
        while True:
            try:
                sock = socket.create_connection(("127.0.0.1", port), 1)
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("the daemon ended with %d" % process.returncode) from None
                time.sleep(0.0005)
        sock.sendall(data)
        got = b""
        while not got.endswith(b"x" * 200):
            got += sock.recv(65536)
        seconds = time.perf_counter() - start
        for _ in range(200):
            sock.sendall(data)
            got = b""
            while not got.endswith(b"x" * 200):
                got += sock.recv(65536)
        time.sleep(0.2)
        pids = proc.session(process.pid)
        sizes = {proc.title(pid).split(" /")[0]: proc.pss(pid) for pid in pids}
        sock.close()
        return seconds, sum(proc.pss(pid) for pid in pids), sizes
    finally:
        process.terminate()
        process.wait(10)


def main():
    upstream = Upstream()
    times, sizes = [], []
    with tempfile.TemporaryDirectory(prefix="pointsman-footprint-") as folder:
        os.chmod(folder, 0o755)
        for _ in range(ROUNDS):
            config, _ = routed(10, upstream)
            seconds, total, parts = first_answer(config, folder)
            times.append(seconds * 1000)
            sizes.append(total / (1 << 20))
    print(HEADING)
    good = verdict("cold start to the first proxied answer, median of %d" % ROUNDS, statistics.median(times), 50, " ms")
    good &= verdict("all processes, one worker, PSS", statistics.median(sizes), 14, " MiB")
    for title, size in parts.items():
        print("  %s: %.1f MiB" % (title, size / (1 << 20)), file=sys.stderr)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
