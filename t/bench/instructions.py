#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""User instructions of the worker per routed request: the regression gate of every change to the data path.

The worker runs under callgrind with N and with N + 2000 requests; the difference, divided by 2000, is free of start-up cost.
    t/bench/instructions.py                  10 routers against 20,000, 10,000 routers against 1.2 times that, and what five and ten
                                             middlewares add that find nothing to do, and metrics
    t/bench/instructions.py --routers 10     one number; with --metrics, with them
    t/bench/instructions.py --where          and the functions that cost most (needs a build with symbols)
"""
import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from traffic import BINARY, HEADING, Driver, Upstream, repeat, routed, verdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib import proc  # noqa: E402
from lib.daemon import environment, to_yaml  # noqa: E402

WARM, MORE = 500, 2000
# Middlewares that find nothing to do: of requests, and of requests and answers.
STRIP = {"stripPrefix": {"prefixes": ["/not-there"]}}
ERRORS = {"errors": {"status": ["500-599"], "service": "app", "query": "/{status}"}}
IDLE = [STRIP, STRIP, STRIP, ERRORS, ERRORS]


def wait_listening(port, process, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the daemon ended with %d" % process.returncode) from None
            time.sleep(0.1)
    raise SystemExit("the daemon does not listen")


def worker_of(leader):
    for pid in proc.session(leader):
        if "worker process" in proc.title(pid) and pid != leader:
            return pid
    return None


def run(config, requests, count, folder):
    """Instructions of the worker for its whole life with so many requests, and its callgrind file."""
    path = os.path.join(folder, "bench.yaml")
    with open(path, "w") as f:
        f.write(to_yaml(config))
    command = ["valgrind", "--tool=callgrind", "--trace-children=yes", "--callgrind-out-file=%s/cg.%%p" % folder, BINARY, "-c", path, "-w", "1"]
    log = open(os.path.join(folder, "valgrind.log"), "wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=folder, env=environment())
    try:
        port = int(next(iter(config["entryPoints"].values()))["address"].rpartition(":")[2])
        wait_listening(port, process)
        Driver(port).drive(repeat(requests, count))
        worker = find_worker(process.pid, folder)
    finally:
        process.terminate()
        process.wait(120)
    out = "%s/cg.%d" % (folder, worker)
    for _ in range(100):
        if os.path.exists(out) and re.search(r"^totals: ", open(out).read(), re.M):
            break
        time.sleep(0.1)
    else:
        raise SystemExit("no callgrind file of the worker %d:\n%s" % (worker, open(log.name).read()[-2000:]))
    return int(re.search(r"^totals: (\d+)", open(out).read(), re.M)[1]), out


def find_worker(leader, folder):
    """Titles are not to be had under valgrind: the worker is the process that used most time, the master apart."""
    named = worker_of(leader)
    if named:
        return named
    others = [pid for pid in proc.session(leader) if pid != leader]
    if not others:
        raise SystemExit("no worker:\n" + open(os.path.join(folder, "valgrind.log")).read()[-2000:])
    return max(others, key=proc.cpu)


def per_request(routers, upstream, where=False, middlewares=(), **static):
    config, requests = routed(routers, upstream, middlewares, **static)
    totals, last = [], None
    for count in (WARM, WARM + MORE):
        folder = tempfile.mkdtemp(prefix="pointsman-instructions-")
        os.chmod(folder, 0o777)  # the worker, no longer root, writes its file here
        try:
            total, out = run(config, requests, count, folder)
            totals.append(total)
            if where and count > WARM:
                last = subprocess.run(["callgrind_annotate", "--threshold=90", out], capture_output=True, text=True).stdout
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return (totals[1] - totals[0]) / MORE, last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routers", type=int, action="append")
    parser.add_argument("--where", action="store_true")
    parser.add_argument("--metrics", action="store_true", help="with metrics on")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is not installed")
    upstream = Upstream()
    counts = options.routers or [10, 10000]
    static = {"metrics": {"prometheus": {"manualRouting": True}}} if options.metrics else {}
    figures = {}
    print(HEADING)
    good = True
    for count in counts:
        figures[count], text = per_request(count, upstream, options.where, **static)
        good &= verdict("user instructions per request, %d routers" % count, round(figures[count]), 20000)
        sys.stdout.flush()
        if text:
            print("\n".join(text.splitlines()[:70]), file=sys.stderr)
    for count in [] if options.routers else [1, 2]:
        for name, middlewares in (("stripPrefix", 5 * [STRIP]), ("stripPrefix and errors", IDLE)):
            with_them, _ = per_request(10, upstream, middlewares=count * middlewares)
            # Links that look at answers make the chain a Run, once: that is the third percent.
            good &= verdict("%d idle middlewares (%s), percent more" % (5 * count, name), 100 * (with_them / figures[10] - 1), 2 * count + (ERRORS in middlewares))
    if not options.routers and not options.metrics:
        with_them, _ = per_request(10, upstream, metrics={"prometheus": {"manualRouting": True}})
        good &= verdict("metrics on, percent more", 100 * (with_them / figures[10] - 1), 2)
    if 10 in figures and 10000 in figures:
        good &= verdict("10,000 routers against 10", figures[10000] / figures[10], 1.2)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
