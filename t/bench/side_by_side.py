#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""CPU, latency and memory of pointsman beside nginx, HAProxy, nghttpx, h2o and Caddy: one table, as Markdown and as JSON.

    t/bench/side_by_side.py                         everything, 7 rounds: about half an hour (make bench)
    t/bench/side_by_side.py --quick                 ten scenarios, 3 short rounds, the peers of the targets: 3 minutes
    t/bench/side_by_side.py --rounds 3 h1-small ws  these, printed only

Exit status 1: something did not run. How it is measured and how far to trust it: README.md.
"""
import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time

import generator
import machine
import meter
import peers
import report
import rounds
import scenarios
from stand import Ground, Proxy, Unready, end_in_order

CROWDS = (1000, 9000)


class Bench:
    def __init__(self, options, ground):
        self.options, self.ground = options, ground
        self.broken = []

    def idle(self, scenario, proxy):
        """KiB at rest, with each crowd, and after it has gone."""
        warm = scenarios.Scenario("", "", "--conns 4 " + ("--tls 1" if scenario.kind.startswith("tls") else ""))
        generator.run(warm, rounds.words(self.ground, warm, proxy, seconds=0.3))
        time.sleep(0.5)
        run = {"base": meter.memory(proxy.pid), "crowds": {}, "errors": 0}
        for crowd in CROWDS:
            with generator.Held(rounds.words(self.ground, scenario, proxy, seconds=0) + ["--conns", str(crowd)]) as held:
                run["errors"] += held.result()["errors"]
                time.sleep(1)
                run["crowds"][str(crowd)] = meter.memory(proxy.pid)
            time.sleep(0.5)
        run["after"] = meter.memory(proxy.pid)
        return run

    def attempt(self, name, proxy, work):
        """What a round brought; None, and a line, when it failed: the others go on."""
        try:
            return work()
        except (RuntimeError, OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
            self.broken.append("%s, %s: %s" % (name, proxy.name, error))
            print("!! " + self.broken[-1], file=sys.stderr)
            return None

    def start(self, name, kind, names, stack):
        """The proxies that can do it and did start; they stop with the stack."""
        able = []
        for peer in names:
            try:
                proxy = stack.enter_context(Proxy(self.ground, peer, kind))
            except (Unready, OSError) as error:
                self.broken.append("%s, %s: %s" % (name, peer, error))
                print("!! " + self.broken[-1], file=sys.stderr)
                continue
            if proxy.is_able:
                able.append(proxy)
        return able

    def measure(self, name):
        scenario = scenarios.ALL[name]
        others = scenario.best_of if self.options.quick and scenario.best_of else scenario.peers
        with contextlib.ExitStack() as stack:
            proxies = self.start(name, scenario.kind, ("pointsman", *others), stack)
            if name in scenarios.IDLE:
                return {"runs": self.for_each(name, proxies, lambda proxy: self.idle(scenario, proxy)), "calls": {}}
            runs = self.take_turns(name, scenario, proxies)
            counts = name in scenarios.RATIOS and shutil.which("perf") and not self.options.quick
            return {"runs": runs, "calls": self.for_each(name, proxies if counts else [], lambda proxy: rounds.calls(self.ground, scenario, proxy))}

    def for_each(self, name, proxies, work):
        done = {proxy.name: self.attempt(name, proxy, lambda: work(proxy)) for proxy in proxies}
        return {peer: value for peer, value in done.items() if value is not None}

    def take_turns(self, name, scenario, proxies):
        """Rounds A B C A B C, so that a neighbour's load meets all alike."""
        self.for_each(name, proxies, lambda proxy: generator.run(scenario, rounds.words(self.ground, scenario, proxy, seconds=0.4)))
        count, seconds = (3, 5) if name in scenarios.DELAYS else (self.options.rounds, self.options.secs)
        runs = {}
        for _ in range(count):
            for peer, run in self.for_each(name, proxies, lambda proxy: rounds.once(self.ground, scenario, proxy, seconds)).items():
                runs.setdefault(peer, []).append(run)
        return runs


def new_record(options):
    return {
        **machine.circumstances(),
        "versions": peers.versions(),
        "rounds": options.rounds,
        "seconds": options.secs,
        "note": options.note,
        "scenarios": {},
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=" ".join(scenarios.ALL))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--secs", type=float, help="of one round")
    cores = sorted(os.sched_getaffinity(0))
    parser.add_argument("--cores", default="%d,%d" % (cores[-1], cores[0]), help="of the proxies, of upstream and clients (the last and the first)")
    parser.add_argument("--results", metavar="FOLDER", help="writes DATE-COMMIT.md and .json there")
    parser.add_argument("--note", default="", help="a sentence for the heading")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in scenarios.ALL]
    if unknown:
        parser.error("no scenario %s; there are: %s" % (unknown[0], " ".join(scenarios.ALL)))
    options.scenarios = options.scenarios or list(scenarios.QUICK if options.quick else scenarios.ALL)
    options.rounds = options.rounds or (3 if options.quick else 7)
    options.secs = options.secs or (0.5 if options.quick else 1)
    return options


def main():
    end_in_order()
    options = arguments()
    began = time.monotonic()
    record = new_record(options)
    with Ground(tuple(int(core) for core in options.cores.split(","))) as ground:
        bench = Bench(options, ground)
        for name in options.scenarios:
            print("%s, %.0f s" % (name, time.monotonic() - began), file=sys.stderr, flush=True)
            record["scenarios"][name] = bench.measure(name)
    print(report.text(record))
    if options.results:
        machine.keep(options.results, "side-by-side", record, report.text(record))
    for line in bench.broken:
        print("did not run: " + line)
    sys.exit(1 if bench.broken else 0)


if __name__ == "__main__":
    main()
