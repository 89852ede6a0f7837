#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make soak TIME=1h`: all kinds of clients, and everything that befalls a daemon, for as long as one likes.

A round is a load (HTTP/1.1, HTTP/2, WebSocket, over TCP and TLS; servers that reset, stall and answer garbage) with one event of
the cycle in it; then all clients leave, and in the calm it is seen what the daemon holds (lib/flatness.py says what is too much).
No request may fail but by a killed worker, and there each client at most one connection. A line a round; the last one is the
verdict. Exit status 0 if it held, 1 if not, 130 when interrupted.
"""
import argparse
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lib import proc
from lib.daemon import balancer, configuration, to_yaml
from lib.flatness import FIGURES, Record, sample
from lib.h2load import H2Load
from lib.installed import Installed
from lib.load import Running
from lib.origin import Origin
from lib.tls_world import both
from lib.trouble import TroubleLoad, TroubleServer
from lib.wait import SLOW, wait_until
from lib.websocket_load import WebSocketLoad, WebSocketServer

CYCLE = ("kill-worker", "generation", "upgrade", "reload", "kill-agent", "reload", "none")  # what fills zones comes first
LONGEST = 60.0  # seconds of a round
STALL = 1.0  # what a server has for its answer
KEPT, FRESH, H2_CLIENTS, H2_STREAMS, WEBSOCKETS, TROUBLES = 6, 3, 2, 4, 4, 2


def seconds(text):
    match = re.fullmatch(r"(\d+)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError("%r is no time: 90, 90s, 10m, 1h" % text)
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


class Broken(Exception):
    """What did not hold, in a sentence."""


def check(claim, why):
    if not claim:
        raise Broken(why)


def layout(origin, trouble, sockets):
    """The configuration; upstream connections live shortly, so that a calm is one soon."""
    points, tls = both()
    transports = {"short": {"forwardingTimeouts": {"idleConnTimeout": "300ms", "responseHeaderTimeout": "%ds" % STALL}}}
    services = {
        "app": balancer(origin.url, serversTransport="short", healthCheck={"path": "/", "interval": "500ms"}),
        "trouble": balancer(trouble.url, serversTransport="short"),
        "sockets": balancer(sockets.url, serversTransport="short"),
    }
    routers = {
        "app": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "app"},
        "trouble": {"rule": "Host(`trouble.test`)", "service": "trouble"},
        "sockets": {"rule": "Path(`/websocket`)", "service": "sockets"},
    }
    static = {"log": {"level": "WARN"}, "workers": 2, "workerConnections": 4096}
    return configuration(services, routers, points, http={"serversTransports": transports}, **tls, **static)


class Soak:
    def __init__(self, daemon, trouble):
        self.daemon, self.trouble, self.config = daemon, trouble, dict(daemon.config)
        self.record, self.turn = Record(len(CYCLE)), 0
        self.requests = self.failed_by_kill = 0

    # -- events: each returns how many workers it has killed
    def none(self):
        return 0

    def reload(self):
        """Three changes of the dynamic part."""
        for n in range(3):
            self.config["http"]["routers"]["turn"] = {"rule": "Path(`/turn/%d/%d`)" % (self.turn, n), "service": "app"}
            self.apply()
        return 0

    def generation(self):
        """A change of the static part: new workers."""
        before = self.daemon.workers()
        self.config["workerConnections"] = 4096 + self.turn % 2
        self.apply()
        check(set(self.daemon.workers()) - set(before), "no new workers after a change of the static part")
        return 0

    def kill_agent(self):
        return self.kill(self.daemon.agents()[0], 0)

    def kill_worker(self):
        return self.kill(self.daemon.workers()[0], 1)

    def kill(self, victim, cost):
        os.kill(victim, signal.SIGKILL)
        check(wait_until(lambda: victim not in self.daemon.processes() and self.is_whole(), 15 * SLOW), "nobody in the place of a killed process")
        return cost

    def upgrade(self):
        before = self.daemon.master()
        self.daemon.install()
        self.say_to_master("upgrade")
        check(self.daemon.master() != before, "the same master after an upgrade")
        return 0

    def apply(self):
        with open(self.daemon.path, "w") as f:
            f.write(to_yaml(self.config))
        self.say_to_master("reload")

    def say_to_master(self, word):
        result = self.daemon.command(word)
        check(result.returncode == 0, "%s: exit status %d: %s" % (word, result.returncode, result.stderr))

    # -- rounds
    def round(self, event, length):
        """Load, the event in the middle of it, and calm."""
        end = time.monotonic() + length
        with contextlib.ExitStack() as stack:
            loads = self.loads(stack)
            time.sleep(length / 3)
            killed = getattr(self, event.replace("-", "_"))()
            time.sleep(max(0, end - time.monotonic()))
            failures, requests = self.ended(*loads)
        self.judge_failures(failures, killed)
        self.requests += requests
        figures, private = self.calm()
        self.record.add(figures, private)
        self.turn += 1
        print("%5d  %-12s %8d %7d  " % (self.turn, event, requests, len(failures)) + " ".join("%11d" % figures[name] for name in FIGURES), flush=True)

    def loads(self, stack):
        web, secure = self.daemon.ports["web"], self.daemon.ports["secure"]
        plain = [Running(web, kept=KEPT, fresh=FRESH), Running(secure, kept=KEPT, fresh=FRESH, tls=True)]
        threads = [
            H2Load(web, clients=H2_CLIENTS, streams=H2_STREAMS),
            H2Load(secure, clients=H2_CLIENTS, streams=H2_STREAMS, tls=True),
            WebSocketLoad(web, clients=WEBSOCKETS - 1, tls_port=secure),
            TroubleLoad(web, clients=TROUBLES),
        ]
        for load in (*plain, *threads):
            stack.enter_context(load)
        return plain, threads

    def ended(self, plain, threads):
        """(failures, requests)"""
        for load in threads:
            load.ends = True
        results = [load.stop() for load in plain]
        failures = [f for r in results for f in r["failed"]] + [f for load in threads for f in load.stop()]
        first, second, sockets, trouble = threads
        for what, count in {"HTTP/1.1": results[0]["requests"], "TLS": results[1]["requests"], "HTTP/2": first.requests, "HTTP/2 over TLS": second.requests}.items():
            check(count, "no request over %s came to its end" % what)
        check(sockets.messages and trouble.asked, "no WebSocket, or no client of the server that errs, came to anything")
        return failures, sum(r["requests"] for r in results) + first.requests + second.requests + sockets.messages + trouble.asked

    def judge_failures(self, failures, killed):
        """A kill costs a client one connection; over HTTP/2 each stream of it says so, and the connection itself."""
        most = killed * (2 * (KEPT + FRESH) + 2 * H2_CLIENTS * (H2_STREAMS + 1) + WEBSOCKETS + TROUBLES)
        check(len(failures) <= most, "%d failures where %d are allowed: %s" % (len(failures), most, failures[:10]))
        self.failed_by_kill += len(failures)

    def is_whole(self):
        daemon = self.daemon
        return len(daemon.masters()) == 1 and len(daemon.workers()) == 2 and len(daemon.agents()) == 1

    def calm(self):
        """Waits for the processes to be as many as they should and their descriptors to stay as they are."""
        check(wait_until(lambda: self.is_whole() and len(self.daemon.processes()) == 4, 30 * SLOW), "processes that should have ended: %s" % self.titles())
        check(wait_until(lambda: not self.trouble.connections, 20 * SLOW), "upstream connections stay open when no client is left")

        def held():
            return [proc.descriptors(pid) for pid in self.daemon.processes()]

        check(wait_until(lambda: held() == (time.sleep(0.4), held())[1], 20 * SLOW), "descriptors come and go with no client left")
        return sample(self.daemon)

    def titles(self):
        return ["%d %s" % (pid, proc.title(pid)) for pid in self.daemon.processes()]


def rounds(soak, time_in_all):
    """Whole cycles, two at least, until the time is over."""
    length = min(LONGEST, time_in_all / (2 * len(CYCLE)))
    print("%5s  %-12s %8s %7s  " % ("round", "event", "requests", "failed") + " ".join("%11s" % name for name in FIGURES), flush=True)
    for _ in range(max(2, round(time_in_all / length / len(CYCLE)))):
        for event in CYCLE:
            soak.round(event, length)


def run(time_in_all):
    folder = tempfile.mkdtemp(prefix="pointsman-soak-")
    soak = None
    try:
        with Origin() as origin, TroubleServer(STALL) as trouble, WebSocketServer() as sockets, Installed(layout(origin, trouble, sockets), folder, workers=None) as daemon:
            soak = Soak(daemon, trouble)
            rounds(soak, time_in_all)
        return soak, soak.record.findings()
    except (Broken, AssertionError) as error:
        return soak, [str(error)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("time", nargs="?", type=seconds, default=60, help="60, 60s, 10m, 1h: how long, 60 s by default")
    options = parser.parse_args()
    # What make or a shell starts in the background ignores it, and must be stoppable all the same.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        soak, findings = run(options.time)
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    for finding in findings:
        print("failed: " + finding)
    print("soak: %s, %d rounds, %d requests, %d of them cost by killed workers" % ("failed" if findings else "held", soak.turn, soak.requests, soak.failed_by_kill) if soak else "soak: failed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
