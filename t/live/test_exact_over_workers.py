# SPDX-License-Identifier: MIT
"""What all workers count together stays exact while configurations and programs change under them (architecture.md section 4)."""
import itertools
import threading
import time

from lib.client import RawClient, head
from lib.daemon import balancer, configuration, to_yaml
from lib.installed import Installed
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until

from test_metrics import settle, total

WEIGHTS = {"a": 3, "b": 2, "c": 1}
AVERAGE, BURST = 400, 100
CLIENTS = 6


class Crowd:
    """Clients that ask for one path on fresh connections until they are told to stop; what they were answered."""

    def __init__(self, port, target):
        self.port, self.target = port, target
        self.answers, self.faults, self.refused = [], [], []
        self.ends = threading.Event()
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.ends.is_set():
            self.answers.append(self.ask())

    def ask(self):
        try:
            with RawClient(self.port, timeout=20 * SLOW) as client:
                client.send(head(target=self.target, fields=[("Connection", "close")]))
                answer = client.response()
            if answer.status == 429:
                self.refused.append(time.monotonic())
            return answer.status, answer.body.decode()
        except (OSError, AssertionError) as error:
            self.faults.append(str(error))
            return 0, ""

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        self.ended = time.monotonic()
        self.seconds = self.ended - self.began

    def spilt(self):
        """What a bucket may have been offered while it was full: for as long as it fills, from one refusal to the next, nobody has to have come."""
        times = [self.began, *sorted(self.refused), self.ended]
        return sum(max(0, AVERAGE * (after - before) - BURST) for before, after in itertools.pairwise(times))


def test_turns_and_rates_over_a_reload_and_an_upgrade(tmp_path):
    servers = {name: RawServer(default=reply(200, name.encode()), name=name) for name in WEIGHTS}
    pool = {"loadBalancer": {"servers": [{"url": server.url, "weight": WEIGHTS[name]} for name, server in servers.items()]}}
    middlewares = {"rate": {"rateLimit": {"average": AVERAGE, "burst": BURST, "sourceCriterion": {"requestHost": True}}}}
    routers = {
        "turns": {"rule": "Path(`/turns`)", "service": "pool"},
        "rate": {"rule": "Path(`/rate`)", "service": "one", "middlewares": ["rate"]},
    }
    for router in routers.values():
        router["entryPoints"] = ["web"]
    points, metrics = {"web": {}, "metrics": {}}, {"prometheus": {"entryPoint": "metrics"}}
    config = configuration({"pool": pool, "one": balancer(servers["a"])}, routers, points, {"middlewares": middlewares}, metrics=metrics)
    try:
        with Installed(config, tmp_path, workers=4) as daemon:
            turns, rate = Crowd(daemon.ports["web"], "/turns"), Crowd(daemon.ports["web"], "/rate")
            config["pid"] = daemon.pid_path
            config["http"]["routers"]["more"] = {"rule": "Path(`/more`)", "service": "one"}
            with open(daemon.path, "w") as f:
                f.write(to_yaml(config))
            assert daemon.command("reload").returncode == 0, daemon.log
            daemon.install()
            assert daemon.command("upgrade").returncode == 0, daemon.log
            rate.stop()
            turns.stop()
            # The last round of turns is filled up by one client.
            found = [body for _, body in turns.answers]
            while len(found) % 6:
                found.append(turns.ask()[1])
            assert not turns.faults and not rate.faults, (turns.faults + rate.faults)[:5]
            counts = {name: found.count(name) for name in WEIGHTS}
            print("%d turns: %s" % (len(found), counts))
            assert counts == {name: len(found) // 6 * weight for name, weight in WEIGHTS.items()}

            passed = sum(status == 200 for status, _ in rate.answers)
            allowed = BURST + AVERAGE * rate.seconds
            print("%d of %d passed in %.3f s, %.0f were allowed" % (passed, len(rate.answers), rate.seconds, allowed))
            assert passed <= allowed * 1.01
            # From below only where the crowd asked for more than there was all the time.
            if len(rate.answers) > 2 * allowed:
                assert passed >= allowed * 0.99 - CLIENTS - rate.spilt()
            # Each of them was counted, by whichever worker of whichever program.
            page = settle(daemon, "traefik_entrypoint_requests_total", len(found) + len(rate.answers), entrypoint="web")
            assert total(page, "traefik_service_requests_total", service="pool@file") == len(found)
            assert total(page, "traefik_entrypoint_requests_total", code="429") == len(rate.answers) - passed
            assert wait_until(lambda: len(daemon.masters()) == 1, 15 * SLOW), daemon.log
    finally:
        for server in servers.values():
            server.stop()
