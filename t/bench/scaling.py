#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How CPU per request and memory grow with workers, routers, servers and connections, busy and idle; what a reload of many routers costs.

    t/bench/scaling.py                       all of it, some minutes (make bench-scaling)
    t/bench/scaling.py routers reload        parts

Requests per second are printed where each worker and the clients have a processor of their own; elsewhere they say nothing.
"""
import argparse
import os
import re
import resource
import signal
import statistics
import sys

import generator
import machine
import meter
import rounds
from report import cost, failures, spread, table
from scenarios import Scenario
from stand import Ground, Proxy, end_in_order

from lib.wait import wait_until

ROUNDS, SECONDS, WARM = 5, 1, 2
RELOADS = 5


def http(connections):
    return Scenario("", "http", "--conns %d --spread 1" % connections)


def routed(routers):
    return Scenario("", "routes", "--conns 32 --routes %d" % routers)


# part: steps of (how many, the load, options of the daemon)
PARTS = {
    "workers": [(n, http(256), {"workers": n}) for n in (1, 2, 4)],
    "routers": [(n, routed(n), {"routers": n}) for n in (10, 1000, 100000)],
    "servers": [(n, http(32), {"servers": n}) for n in (1, 100, 10000)],
    "connections": [(n, http(n), {}) for n in (100, 1000, 9000)],
}


def step(ground, scenario, options):
    """CPU and requests of some rounds; KiB at rest and after them."""
    with Proxy(ground, "pointsman", scenario.kind, options) as proxy:
        rounds.ready(ground, scenario, proxy)
        rest = meter.memory(proxy.pid)
        runs = [rounds.once(ground, scenario, proxy, SECONDS, WARM) for _ in range(ROUNDS)]
        return {"runs": runs, "rest": rest, "after": meter.memory(proxy.pid)}


def crowds():
    """Idle connections: as many as one worker may have descriptors for, some kept for itself and its servers."""
    return [1000, 9000, *(n for n in [resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 2000] if 9000 < n <= 100000)]


def idle(ground, connections):
    """KiB at rest and with so many connections from a hundred addresses, each answered once."""
    scenario = Scenario("", "http", "--mode idle --spread 1 --conns %d" % connections)
    with Proxy(ground, "pointsman", "http") as proxy:
        rounds.ready(ground, http(1), proxy)
        rest = meter.memory(proxy.pid)
        with generator.Held(rounds.words(ground, scenario, proxy, seconds=0)) as held:
            return {"errors": held.result()["errors"], "rest": rest, "with": meter.memory(proxy.pid)}


def reload(ground, routers):
    """Milliseconds from the signal to the new configuration in all workers, as the master logs them; CPU seconds each; KiB."""
    with Proxy(ground, "pointsman", "routes", {"routers": routers, "level": "INFO"}) as proxy:
        rounds.ready(ground, routed(10), proxy)
        rest, before = meter.memory(proxy.pid), meter.seconds(proxy.pid)
        for i in range(RELOADS):
            with open(proxy.folder + "/dynamic.yaml", "a") as f:
                f.write("    s%d: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}\n" % i)
            os.kill(proxy.pid, signal.SIGHUP)
            if not wait_until(lambda: len(applied(proxy)) > i, 120):
                raise RuntimeError("the reload of %d routers was not applied" % routers)
        return {"ms": applied(proxy), "cpu": (meter.seconds(proxy.pid) - before) / RELOADS, "rest": rest, "after": meter.memory(proxy.pid)}


def applied(proxy):
    with open(proxy.folder + "/output.log", errors="replace") as f:
        return [int(ms) for ms in re.findall(r"applied in (\d+) ms", f.read())]


def rate(part, count, runs):
    workers = count if part == "workers" else 1
    return "%.0f" % statistics.median(r["requests"] / r["seconds"] for r in runs) if workers < os.cpu_count() else ""


def rows(record):
    for part, steps in record["parts"].items():
        for count, done in steps.items() if part in PARTS else ():
            runs = done["runs"]
            yield [part, count, spread(cost(runs)), rate(part, int(count), runs), failures(runs), mib(done["rest"]), mib(done["after"])]


def mib(kib):
    return "%.1f" % (kib / 1024)


def idle_table(steps):
    cells = [[n, mib(r["rest"]), mib(r["with"]), "%.2f" % ((r["with"] - r["rest"]) / int(n)), r["errors"]] for n, r in steps.items()]
    return table(["idle connections", "MiB at rest", "MiB with them", "KiB each", "errors"], cells) if cells else []


def reload_table(steps):
    cells = [[n, spread(r["ms"]), "%.2f" % r["cpu"], mib(r["rest"]), mib(r["after"])] for n, r in steps.items()]
    return table(["reload of routers", "ms", "CPU s", "MiB at rest", "MiB afterwards"], cells) if cells else []


def text(record):
    head = ["of", "how many", "CPU µs a request", "requests/s", "errors", "MiB at rest", "MiB afterwards"]
    lines = ["# Scaling, %s, commit %s" % (record["date"][:10], record["commit"]), "", record["machine"] + ".", ""]
    lines += ["Medians (min–max) of %d rounds of %g s. %s" % (ROUNDS, SECONDS, record["note"]), "", *table(head, rows(record))]
    return "\n".join([*lines, *idle_table(record["parts"].get("idle", {})), *reload_table(record["parts"].get("reload", {}))])


def main():
    end_in_order()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join([*PARTS, "idle", "reload"]))
    parser.add_argument("--results", metavar="FOLDER", help="writes DATE-COMMIT-scaling.md and .json there")
    parser.add_argument("--note", default="", help="a sentence for the heading")
    options = parser.parse_args()
    record = {**machine.circumstances(), "note": options.note, "parts": {}}
    for part in options.parts or [*PARTS, "idle", "reload"]:
        steps = record["parts"][part] = {}
        print(part, file=sys.stderr, flush=True)
        # Servers are names of one upstream all over the loopback network.
        with Ground(address="0.0.0.0" if part == "servers" else "127.0.0.1") as ground:
            for count, scenario, more in PARTS.get(part, []):
                steps[str(count)] = step(ground, scenario, more)
            for count in crowds() if part == "idle" else ():
                steps[str(count)] = idle(ground, count)
            for count in (10000, 100000) if part == "reload" else ():
                steps[str(count)] = reload(ground, count)
    print(text(record))
    if options.results:
        machine.keep(options.results, "scaling", record, text(record))


if __name__ == "__main__":
    main()
