#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reloads of many routers: how long each takes, and what a kept client notices of them.

One client asks for the same page again and again, first beside nothing and then beside reloads that change one of 10,000 services.
    t/bench/reloads.py [--routers 10000] [--reloads 20] [--workers 2]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

from traffic import HEADING, Daemon, configuration, verdict

from lib.origin import Origin
from lib.wait import wait_until

CANARY = r"""
import socket, sys, time
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
end, times = time.monotonic() + float(sys.argv[2]), []
while time.monotonic() < end:
    began = time.monotonic()
    sock.sendall(b"GET / HTTP/1.1\r\nHost: canary.test\r\n\r\n")
    got = b""
    while not got.endswith(b"hello world"):
        got += sock.recv(65536)
    times.append(time.monotonic() - began)
    time.sleep(0.0005)
times.sort()
print(len(times), *(1000 * times[min(len(times) - 1, int(len(times) * q))] for q in (0.5, 0.99, 0.999, 1)))
"""


def document(routers, origin, changed):
    lines = ["http:", "  routers:", "    app: {rule: 'Host(`canary.test`)', service: s0}"]
    lines += ["    r%d: {rule: 'Host(`h%d.test`) && PathPrefix(`/p%d`)', service: s%d}" % (i, i, i, i) for i in range(routers)]
    lines.append("  services:")
    lines += ["    s%d: {loadBalancer: {servers: [{url: '%s'}]}}" % (i, origin.url if i != 7 else "http://127.0.0.1:%d" % changed) for i in range(routers)]
    return "\n".join(lines) + "\n"


def write(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


class Canary:
    def __init__(self, port, seconds):
        self.process = subprocess.Popen(["/usr/bin/python3", "-c", CANARY, str(port), str(seconds)], stdout=subprocess.PIPE, text=True)

    def result(self):
        out, _ = self.process.communicate()
        count, *quantiles = out.split()
        return int(count), [float(q) for q in quantiles]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, default=10000)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with Origin() as origin, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "dynamic.yaml")
        documents = [document(options.routers, origin, 20000 + i) for i in range(options.reloads + 1)]
        write(path, documents[0])
        config = configuration(providers={"file": {"filename": path}, "providersThrottleDuration": "0s"})
        with Daemon(config, workers=options.workers) as daemon:
            time.sleep(1)
            quiet_count, quiet = Canary(daemon.port, 5).result()
            canary = Canary(daemon.port, 0.75 * options.reloads)
            for text in documents[1:]:
                before = daemon.log.count(" applied in ")
                write(path, text)
                assert wait_until(lambda: daemon.log.count(" applied in ") > before, 30), daemon.log
                time.sleep(0.1)
            count, beside = canary.result()
            times = sorted(int(ms) for ms in re.findall(r"applied in (\d+) ms", daemon.log))
        print(HEADING)
        good = verdict("reload of %d routers, median" % options.routers, times[len(times) // 2], 500, " ms")
        good &= verdict("the same, slowest of %d" % len(times), times[-1], 1000, " ms")
        for name, place in (("p50", 0), ("p99", 1), ("p99.9", 2), ("slowest", 3)):
            print("| canary %s, beside nothing (%d) and beside reloads (%d) | %.2f ms, %.2f ms | | |" % (name, quiet_count, count, quiet[place], beside[place]))
        good &= verdict("canary p99.9 beside reloads, more than beside nothing", beside[2] - quiet[2], 5, " ms")
        sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
