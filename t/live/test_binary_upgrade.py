# SPDX-License-Identifier: MIT
"""From one binary to the next under load, and every way in which that can fail (operations.md section 7)."""
import json
import os
import signal
import time

import pytest

from lib import proc
from lib.client import ask
from lib.company import Company
from lib.daemon import balancer, configuration, run, to_yaml
from lib.installed import Installed
from lib.load import Running, all_resume
from lib.origin import Origin
from lib.server import RawServer, reply
from lib.tls_world import both, tls_site, world
from lib.wait import SLOW, wait_until

UPGRADES = 20 if os.environ.get("POINTSMAN_TEST_LONG") else 1
TRIAL = 5  # seconds that the new program is watched

# What stands in the place of a new binary. REAL is the one under test.
EXITS = "#!/bin/sh\necho this build is broken >&2\nexit 3\n"
HANGS = "#!/bin/sh\nexec sleep 1000\n"
CRASHES_LATER = "#!/bin/sh\n(sleep 2; kill -9 $$) &\nexec REAL \"$@\"\n"
OTHER_LAYOUT = """#!/usr/bin/python3
import os, sys
text = os.pread(int(os.environ["POINTSMAN_FDS"]), 1 << 20, 0).decode()
lines = []
for line in text.splitlines():
    words = line.split()
    if words[0] == "zone":
        old = int(words[1])
        size = os.fstat(old).st_size
        new = os.memfd_create("zone", os.MFD_ALLOW_SEALING)
        data = bytearray(os.pread(old, min(size, 64), 0))
        data[8] ^= 1  # the layout version
        os.ftruncate(new, size)
        os.pwrite(new, bytes(data), 0)
        import fcntl
        fcntl.fcntl(new, 1033, 1 | 2 | 4)
        os.set_inheritable(new, True)
        line = "zone %d %s" % (new, words[2])
    lines.append(line)
manifest = os.memfd_create("manifest")
os.write(manifest, ("\\n".join(lines) + "\\n").encode())
os.set_inheritable(manifest, True)
os.environ["POINTSMAN_FDS"] = str(manifest)
os.execv("REAL", sys.argv)
"""


@pytest.fixture
def origin():
    with Origin() as instance:
        yield instance


def start(origin, tmp_path, company=None, **options):
    services = {"app": balancer(origin.url)}
    routers = {"app": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "app"}}
    if company:
        services["slow"] = balancer(company.server)
        routers["slow"] = {"rule": "PathRegexp(`^/(tunnel|download|upload)$`)", "service": "slow"}
    points, tls = both() if company else (None, {})
    return Installed(configuration(services, routers, points, **tls), tmp_path, workers=2, **options)


def test_twenty_upgrades_lose_nothing(origin, tmp_path):
    company = Company(tunnels=200 if UPGRADES >= 20 else 40)
    with start(origin, tmp_path, company) as daemon:
        company.visit(daemon.ports["web"])
        assert wait_until(lambda: company.open == company.tunnels, 20 * SLOW), company.faults
        with Running(daemon.ports["web"], kept=16, fresh=4) as load, Running(daemon.ports["secure"], kept=4, fresh=2, tls=True) as secure:
            for _ in range(UPGRADES):
                before = daemon.master()
                daemon.install()
                result = daemon.command("upgrade")
                assert result.returncode == 0, result.stderr + daemon.log
                assert daemon.master() != before
            result, result_of_tls = load.stop(), secure.stop()
        company.leave()
        print("%d upgrades; slowest answer %.1f ms of %d, %d over TLS" % (UPGRADES, 1000 * result["slowest"], result["requests"], result_of_tls["requests"]))
        for one in (result, result_of_tls):
            assert not one["failures"], one
        all_resume(result_of_tls, clients=6)
        assert not company.faults, company.faults
        assert wait_until(lambda: len(daemon.masters()) == 1, 15 * SLOW), daemon.log
        assert not os.path.exists(daemon.pid_path + ".oldbin")


@pytest.mark.parametrize("fault", ["exits", "crashes later", "bad configuration", "missing"])
def test_a_failed_upgrade_changes_nothing(origin, tmp_path, fault):
    with start(origin, tmp_path) as daemon:
        with Running(daemon.port, kept=16, fresh=4) as load:
            workers = daemon.workers()
            daemon.install({"exits": EXITS, "crashes later": CRASHES_LATER}.get(fault))
            if fault == "bad configuration":
                with open(daemon.path, "a") as f:
                    f.write("nonsense: true\n")
            if fault == "missing":
                os.remove(daemon.binary)
            result = daemon.command("upgrade")
            assert result.returncode == 4, (result, daemon.log)
            if fault == "bad configuration":
                assert "nonsense" in result.stderr
            assert wait_until(lambda: daemon.masters() == [daemon.pid]), daemon.log
            assert daemon.master() == daemon.pid and not os.path.exists(daemon.pid_path + ".oldbin")
            assert daemon.workers()[:2] == workers
            time.sleep(0.5)
            counted = load.stop()
        assert not counted["failures"], counted
        assert wait_until(lambda: len(daemon.agents()) == 1)


@pytest.mark.skipif(not os.environ.get("POINTSMAN_TEST_LONG"), reason="takes the 90 s that a new program has")
def test_a_new_program_that_hangs_is_ended(origin, tmp_path):
    with start(origin, tmp_path) as daemon:
        daemon.install(HANGS)
        result = daemon.command("upgrade", wait=120)
        assert result.returncode == 4 and "not ready in time" in result.stderr, result
        assert daemon.masters() == [daemon.pid] and ask(daemon.port).status == 200


def test_zones_of_another_layout_start_afresh_and_this_is_said(origin, tmp_path):
    with start(origin, tmp_path) as daemon:
        with Running(daemon.port, kept=16, fresh=4) as load:
            daemon.install(OTHER_LAYOUT)
            assert daemon.command("upgrade").returncode == 0, daemon.log
            counted = load.stop()
        assert not counted["failures"], counted
        for zone in ("names", "health", "ticket-keys", "slots", "buckets", "counts", "cursors", "metrics"):
            assert "zone %s" % zone in daemon.log and "it starts empty" in daemon.log, daemon.log


def test_what_workers_count_goes_over(origin, tmp_path):
    middlewares = {"rate": {"rateLimit": {"average": 1, "period": "1h", "burst": 4}}, "running": {"inFlightReq": {"amount": 1}}}
    company = Company(tunnels=1, transfers=0)
    services = {"app": balancer(origin.url), "slow": balancer(company.server)}
    routers = {
        "rate": {"rule": "Path(`/rate`)", "service": "app", "middlewares": ["rate"]},
        "running": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "slow", "middlewares": ["running"]},
    }
    with Installed(configuration(services, routers, http={"middlewares": middlewares}), tmp_path, workers=2) as daemon:
        company.visit(daemon.port)
        assert wait_until(lambda: company.open == 1), company.faults
        assert [ask(daemon.port, target="/rate").status for _ in range(3)] == [200] * 3
        assert ask(daemon.port, host="a").status == 429
        daemon.install()
        assert daemon.command("upgrade").returncode == 0, daemon.log
        assert [ask(daemon.port, target="/rate").status for _ in range(3)] == [200, 429, 429]
        # The tunnel is still with a worker of the old program, and counts for the new one.
        assert ask(daemon.port, host="a").status == 429
        company.leave()
        assert wait_until(lambda: ask(daemon.port, host="a").status != 429), daemon.log
        assert wait_until(lambda: len(daemon.masters()) == 1, 15 * SLOW), daemon.log


def test_by_hand_as_with_nginx(origin, tmp_path):
    """USR2, then WINCH and QUIT to the old master."""
    with start(origin, tmp_path) as daemon:
        with Running(daemon.port, kept=16, fresh=4) as load:
            daemon.signal(signal.SIGUSR2)
            assert wait_until(lambda: "serves, too" in daemon.log, 10 * SLOW), daemon.log
            assert daemon.master() != daemon.pid
            assert int(open(daemon.pid_path + ".oldbin").read()) == daemon.pid
            time.sleep(0.5)
            os.kill(daemon.pid, signal.SIGWINCH)
            assert wait_until(lambda: len(daemon.workers()) == 2, 15 * SLOW)
            os.kill(daemon.pid, signal.SIGQUIT)
            assert daemon.wait(15 * SLOW) == 0
            time.sleep(0.5)
            counted = load.stop()
        assert not counted["failures"], counted
        assert not os.path.exists(daemon.pid_path + ".oldbin")


def test_back_by_hand_as_with_nginx(origin, tmp_path):
    """USR2, WINCH to the old master, then HUP to it and QUIT to the new one."""
    with start(origin, tmp_path) as daemon:
        with Running(daemon.port, kept=16, fresh=4) as load:
            daemon.signal(signal.SIGUSR2)
            assert wait_until(lambda: "serves, too" in daemon.log, 10 * SLOW), daemon.log
            new = daemon.master()
            os.kill(daemon.pid, signal.SIGWINCH)
            time.sleep(1)
            os.kill(daemon.pid, signal.SIGHUP)
            assert wait_until(lambda: "workers are started again" in daemon.log)
            time.sleep(1)
            os.kill(new, signal.SIGQUIT)
            assert wait_until(lambda: daemon.masters() == [daemon.pid], 20 * SLOW), daemon.log
            time.sleep(0.5)
            counted = load.stop()
        assert not counted["failures"], counted
        assert daemon.master() == daemon.pid


def test_rollback_from_the_command_line(origin, tmp_path):
    with start(origin, tmp_path) as daemon:
        assert daemon.command("rollback").returncode == 4
        with Running(daemon.port, kept=16, fresh=4) as load:
            daemon.signal(signal.SIGUSR2)
            assert wait_until(lambda: "serves, too" in daemon.log, 10 * SLOW), daemon.log
            assert daemon.command("rollback").returncode == 0, daemon.log
            assert wait_until(lambda: daemon.masters() == [daemon.pid], 20 * SLOW), daemon.log
            counted = load.stop()
        assert not counted["failures"], counted
        assert daemon.master() == daemon.pid


def kills():
    moments = [0.0, 0.05, 0.2, 1, TRIAL - 1] if os.environ.get("POINTSMAN_TEST_LONG") else [0.2]
    return [("new", when) for when in moments] + [("old", when) for when in moments + [TRIAL + 0.2]]


@pytest.mark.parametrize("who, when", kills())
def test_a_master_that_is_killed_leaves_one_generation_that_serves(origin, tmp_path, who, when):
    with start(origin, tmp_path, exits=-9 if who == "old" else 0) as daemon:
        run("-s", "upgrade", "-c", daemon.path, cwd=daemon.folder)
        assert wait_until(lambda: " is pid " in daemon.log)
        new = int(daemon.log.split(" is pid ")[1].split()[0])
        time.sleep(when)
        try:
            os.kill(daemon.pid if who == "old" else new, signal.SIGKILL)
        except ProcessLookupError:
            daemon.exits = 0  # it had gone
        left = new if who == "old" else daemon.pid
        assert wait_until(lambda: daemon.masters() == [left], 20 * SLOW), daemon.log
        assert wait_until(lambda: serves(daemon) and len(serving(daemon)) == 2, 20 * SLOW), [proc.title(p) for p in daemon.processes()]
        assert wait_until(lambda: daemon.master() == left)


def serves(daemon):
    try:
        return ask(daemon.port).status == 200
    except OSError:
        return False


def serving(daemon):
    return [p for p in daemon.workers() if "shutting down" not in proc.title(p)]


def test_a_reload_works_after_an_upgrade(origin, tmp_path):
    with start(origin, tmp_path) as daemon:
        assert daemon.command("upgrade").returncode == 0
        config = dict(daemon.config, workerConnections=1000)
        with open(daemon.path, "w") as f:
            f.write(to_yaml(config))
        result = daemon.command("reload")
        assert result.returncode == 0, result.stderr
        assert ask(daemon.port).status == 200


def test_a_second_upgrade_waits_for_the_first(origin, tmp_path):
    with start(origin, tmp_path) as daemon:
        run("-s", "upgrade", "-c", daemon.path, cwd=daemon.folder)
        assert wait_until(lambda: len(daemon.masters()) == 2)
        os.kill(daemon.pid, signal.SIGUSR2)
        assert wait_until(lambda: "under way" in daemon.log)
        assert wait_until(lambda: "has taken over" in daemon.log, 15 * SLOW)


def test_the_agents_socket_and_what_it_knows_go_to_the_next_program(origin, tmp_path):
    with RawServer(answers={"/health": reply(500)}) as sick:
        services = {"app": balancer(origin.url, sick, healthCheck={"path": "/health", "interval": "300ms"})}
        routers = {"app": {"rule": "PathPrefix(`/`)", "service": "app"}, "api": {"rule": "PathPrefix(`/api`)", "priority": 1000, "service": "api@internal"}}
        with Installed(configuration(services, routers, api={}), tmp_path) as daemon:
            def state():
                return json.loads(ask(daemon.port, target="/api/http/services/app@file").body)["serverStatus"][sick.url]

            assert wait_until(lambda: state() == "DOWN")
            daemon.install()
            assert daemon.command("upgrade").returncode == 0, daemon.log
            assert state() == "DOWN"
            assert wait_until(lambda: len(daemon.masters()) == 1, 15 * SLOW), daemon.log
            assert "zone health" not in daemon.log
            assert state() == "DOWN"
            sick.answers["/health"] = reply(200)
            assert wait_until(lambda: state() == "UP")
