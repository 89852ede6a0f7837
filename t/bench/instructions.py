#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""User instructions of the worker per request, scenario by scenario, against those committed: the regression gate of the data path.

Under callgrind one worker lives for N requests and the next for 3 N; the difference, divided by 2 N, is free of what starting
costs. A figure more than 3 % above the committed one fails, where compiler, libraries and processor are
those that it was taken with (instructions.json) and the build is optimised; elsewhere both are printed.

    t/bench/instructions.py                 all of them, about a minute; make bench-instr
    t/bench/instructions.py small h2-10     some
    t/bench/instructions.py --where small   and the functions that cost most (needs a build with symbols)
    t/bench/instructions.py --commit        writes instructions.json: a change that costs is committed with its figures
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import generator
from scenarios import Scenario
from stand import TOOLS, Ground, Proxy, end_in_order

from lib import proc
from lib.daemon import BINARY
from lib.wait import wait_until

FIGURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
MARGIN = 0.03
# What the house aims at, whatever was committed.
GOALS = {"small": 14000}
# Who answers the worker goes before neighbours, where root may say so: an event that comes late is a wake-up more.
AHEAD = ["nice", "-n", "-10"]
BROWSER = "--browser 1 --routes 10"
STRIP = "{stripPrefix: {prefixes: [/not-there]}}"
ERRORS = "{errors: {status: ['500-599'], service: s, query: '/{status}'}}"
METRICS = {"static": ["metrics: {prometheus: {manualRouting: true}}"]}


class Case:
    """A configuration, a load, and N."""

    def __init__(self, count, kind, load="", streams=(), **options):
        self.count, self.configuration = count, (kind, {"routers": 10, **options})
        self.scenario = Scenario("", kind, "--conns 1 " + load, streams)


CASES = {
    "small": Case(600, "routes", BROWSER),
    "routers-10000": Case(600, "routes", "--browser 1 --routes 10000", routers=10000),
    "middlewares-5": Case(600, "routes", BROWSER, middlewares=["m%d: %s" % (i, m) for i, m in enumerate([STRIP] * 3 + [ERRORS] * 2)]),
    "metrics": Case(600, "routes", BROWSER, **METRICS),
    "access-log": Case(600, "http-log", "--browser 1"),
    "h1-64k": Case(200, "http", "--path /b/65536"),
    "post-64k": Case(300, "http", "--post 65536"),
    "newconn": Case(500, "http", "--close 1"),
    "gzip": Case(8, "gzip", "--path /json --ae gzip"),
    "ws": Case(1500, "http", "--mode ws"),
    "tls-h1": Case(600, "tls-ec", "--tls 1"),
    "tls-full-ec": Case(10, "tls-ec", "--tls 1 --close 1"),
    "h2-10": Case(1000, "tls-ec", streams=(1, 10, "/b/200")),
    "h2-100": Case(1000, "tls-ec", streams=(1, 100, "/b/200")),
    "h2-64k": Case(50, "tls-ec", streams=(1, 10, "/b/65536")),
}


def seconds(leader):
    return {pid: proc.cpu(pid) for pid in proc.session(leader)}


def total_of(path):
    match = re.search(r"^totals: (\d+)", open(path).read(), re.M) if os.path.exists(path) else None
    return match and int(match[1])


def drive(case, proxy, count):
    result = generator.run(case.scenario, [*AHEAD, *generator.command(TOOLS, case.scenario, proxy.port, count=count)])
    if result["requests"] != count:
        raise SystemExit("%d of %d requests were answered: %s" % (result["requests"], count, result))


def lifetime(case, proxy, folder, count):
    """Instructions of a worker that answers so many requests in its life, and its file; another takes its place."""
    drive(case, proxy, 1)  # the port is open before a worker is there
    before = seconds(proxy.pid)
    drive(case, proxy, count)
    after = seconds(proxy.pid)
    # Titles are not to be had under valgrind: the worker is who has worked.
    worker = max(before, key=lambda pid: after.get(pid, 0) - before[pid])
    os.kill(worker, signal.SIGTERM)
    path = "%s/%d" % (folder, worker)
    if not wait_until(lambda: worker not in proc.session(proxy.pid), 60, 0.05) or not total_of(path):
        raise SystemExit("the worker left no figures")
    return total_of(path), path


def measure(ground, names, where=False):
    """Instructions a request of cases that share a configuration, and where the longer life of each spent them."""
    folder = tempfile.mkdtemp(prefix="pointsman-callgrind-")
    os.chmod(folder, 0o777)  # the worker, no longer root, writes its file here
    under = ["valgrind", "--tool=callgrind", "--trace-children=yes", "--vgdb=no", "--callgrind-out-file=%s/%%p" % folder]
    found = {}
    try:
        with Proxy(ground, "pointsman", *CASES[names[0]].configuration, under) as proxy:
            for name in names:
                case = CASES[name]
                less, _ = lifetime(case, proxy, folder, case.count)
                more, path = lifetime(case, proxy, folder, 3 * case.count)
                found[name] = round((more - less) / (2 * case.count)), annotated(path) if where else ""
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure_all(names, where):
    """Configurations beside each other: counts do not mind."""
    groups = {}
    for name in names:
        groups.setdefault(repr(CASES[name].configuration), []).append(name)
    with Ground(before=AHEAD) as ground, concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        longest_first = sorted(groups.values(), key=len, reverse=True)
        return {name: row for found in pool.map(lambda group: measure(ground, group, where), longest_first) for name, row in found.items()}


def annotated(path):
    text = subprocess.run(["callgrind_annotate", "--threshold=90", path], capture_output=True, text=True).stdout
    return "\n".join(text.splitlines()[:70])


def surroundings():
    """What a figure depends on beside the source: the compiler, libraries and what they choose by the processor."""
    lines = subprocess.run([BINARY, "-V"], capture_output=True, text=True, check=True).stdout.splitlines()
    versions = dict(line.split(" ", 2)[1:] for line in lines if line.startswith("library "))
    with open("/proc/cpuinfo") as f:
        flags = set(re.search(r"^flags\s*:(.*)", f.read(), re.M)[1].split())
    known = [flag for flag in ("aes", "avx2", "bmi2") if flag in flags]
    compiler = next(line.partition("built by ")[2] for line in lines if line.startswith("built by "))
    return {"compiler": compiler, "libc": os.confstr("CS_GNU_LIBC_VERSION"), **versions, "processor": " ".join(known)}


def is_optimised():
    """By its configuration; a binary that stands alone is told by what -V prints of configure's arguments."""
    text = subprocess.run([BINARY, "-V"], capture_output=True, text=True, check=True).stdout
    arguments = re.search(r"^configure arguments:(.*)", text, re.M)
    return not re.search(r"--with-(debug|sanitizers|coverage)", arguments[1] if arguments else "")


def judge(name, figure, committed, is_judged):
    """(cells of the row, whether it may stay so)."""
    before = committed.get(name)
    more = figure / before - 1 if before else None
    is_good = not is_judged or more is None or more <= MARGIN
    outcome = "not judged" if not is_judged else "new" if more is None else "pass" if is_good else "FAIL"
    if name in GOALS and is_judged:
        outcome += ", goal %d %s" % (GOALS[name], "met" if figure <= GOALS[name] else "missed")
    return (name, figure, before or "", "%+.1f %%" % (100 * more) if before else "", outcome), is_good


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(CASES))
    parser.add_argument("--where", action="store_true")
    parser.add_argument("--commit", action="store_true")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error("no case %s; there are: %s" % (unknown[0], " ".join(CASES)))
    return options


def main():
    end_in_order()
    options = arguments()
    with open(FIGURES) as f:
        known = json.load(f)
    here = surroundings()
    other = ["%s %s" % row for row in here.items() if known["taken with"].get(row[0]) != row[1]]
    is_judged = is_optimised() and not other
    found = measure_all(options.cases or list(CASES), options.where)
    # How many events a wake-up brings hangs on the machine's load: what seems dearer is counted twice.
    if again := [n for n in found if is_judged and not judge(n, found[n][0], known["instructions"], True)[1]]:
        found = {**found, **{n: min(found[n], row) for n, row in measure_all(again, options.where).items()}}
    figures, failed = {name: found[name][0] for name in options.cases or CASES}, []
    print("| user instructions a request | now | committed | more | |\n|---|---|---|---|---|")
    for name, figure in figures.items():
        cells, is_good = judge(name, figure, known["instructions"], is_judged)
        failed += [] if is_good else [name]
        print("| %s |" % " | ".join(map(str, cells)))
        print(found[name][1], end="", file=sys.stderr)
    if not is_optimised():
        print("not judged: the build is not optimised")
    elif other:
        print("not judged: the committed figures were not taken with " + ", ".join(other))
    if options.commit:
        kept = {} if other else known["instructions"]
        with open(FIGURES, "w") as f:
            json.dump({"taken with": here, "instructions": {**kept, **figures}}, f, indent=1)
            f.write("\n")
    print("%d passed, %d failed" % (len(figures) - len(failed), len(failed)))
    sys.exit(1 if failed and not options.commit else 0)


if __name__ == "__main__":
    main()
