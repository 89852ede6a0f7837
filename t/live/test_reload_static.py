# SPDX-License-Identifier: MIT
"""A new static part: a generation of workers takes the place of another one, and nothing is cut (operations.md section 6)."""
import os
import signal
import socket
import time

import pytest

from lib import proc
from lib.client import RawClient, ask, head
from lib.company import Company
from lib.daemon import Daemon, balancer, configuration, reload, run, site, to_yaml
from lib.load import Running, all_resume
from lib.origin import Origin
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.tls_world import both
from lib.wait import SLOW, wait_until

RELOADS = 100 if os.environ.get("POINTSMAN_TEST_LONG") else 16
COUNTS = [1, 4, 2]


def routes(origin, company):
    """Everything to the origin, slow things to the company."""
    services = {"app": balancer(origin.url), "slow": balancer(company.server)}
    routers = {"app": {"rule": "PathPrefix(`/`)", "priority": 1, "service": "app"}, "slow": {"rule": "PathRegexp(`^/(tunnel|download|upload)$`)", "service": "slow"}}
    return services, routers


def test_a_hundred_generations_lose_nothing():
    company = Company(tunnels=200 if RELOADS >= 100 else 40)
    with Origin() as origin:
        services, routers = routes(origin, company)
        points, tls = both()
        config = configuration(services, routers, points, **tls)
        extra = free_port()
        with Daemon(config, workers=None) as daemon:
            company.visit(daemon.ports["web"])
            assert wait_until(lambda: company.open == company.tunnels, 20 * SLOW), company.faults
            with Running(daemon.ports["web"], kept=16, fresh=4) as load, Running(daemon.ports["secure"], kept=4, fresh=2, tls=True) as secure:
                began = time.monotonic()
                for i in range(RELOADS):
                    config["workers"] = COUNTS[i % 3]
                    config["entryPoints"].pop("extra", None)
                    if i % 2:
                        config["entryPoints"]["extra"] = {"address": "127.0.0.1:%d" % extra}
                    reload(daemon, config)
                    # A transfer must not be older than the eighth generation behind the present one.
                    time.sleep(0.3)
                    if i % 2:
                        assert ask(extra).status == 200
                seconds = time.monotonic() - began
                result, result_of_tls = load.stop(), secure.stop()
            company.leave()
            print("%d generations in %.1f s; slowest answer %.1f ms of %d, %d over TLS" % (RELOADS, seconds, 1000 * result["slowest"], result["requests"], result_of_tls["requests"]))
            for one in (result, result_of_tls):
                assert not one["failures"], one
            all_resume(result_of_tls, clients=6)
            assert not company.faults, company.faults
            assert company.done > 0
            draining = {proc.title(p) for p in daemon.workers()}
            assert len(daemon.workers()) <= (8 + 1) * 4, draining


def test_generations_that_drain_are_few(server):
    server.answers["/tunnel"] = lambda c, r: c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n") or time.sleep(60)
    config = configuration({"app": server})
    with Daemon(config, workers=1) as daemon:
        clients = []
        for i in range(10):
            client = RawClient(daemon.port)
            client.send(head(target="/tunnel", fields=[("Connection", "Upgrade"), ("Upgrade", "echo")]))
            assert b" 101 " in client.socket.recv(4096)
            clients.append(client)
            config["workerConnections"] = 1000 + i
            reload(daemon, config)
            # Until the one before has heard that it drains, it may take the next connection.
            assert wait_until(lambda: len(shutting_down(daemon)) >= min(i + 1, 8)), daemon.log
        assert wait_until(lambda: len(shutting_down(daemon)) <= 8), daemon.log
        assert "ending the oldest" in daemon.log
        assert clients[0].is_closed() and clients[1].is_closed() and not clients[-1].is_closed(0.1)
        for client in clients:
            client.close()


def shutting_down(daemon):
    return [p for p in daemon.processes() if proc.title(p).endswith("worker process is shutting down")]


def test_an_unchanged_static_part_replaces_nobody(server):
    config = configuration({"app": server})
    with Daemon(config, workers=2) as daemon:
        assert wait_until(lambda: len(daemon.workers()) == 2)
        before = daemon.workers()
        config["http"]["routers"]["more"] = {"rule": "Path(`/more`)", "service": "app"}
        reload(daemon, config)
        assert daemon.workers() == before
        assert ask(daemon.port, target="/more").status == 200


def test_a_kept_connection_ends_with_its_next_answer(server):
    config = configuration({"app": server})
    with Daemon(config) as daemon, RawClient(daemon.port) as busy, RawClient(daemon.port) as silent:
        assert busy.ask().status == 200 and silent.ask().status == 200
        config["workerConnections"] = 1000
        reload(daemon, config)
        time.sleep(0.5)
        answer = busy.ask()
        assert answer.status == 200 and answer.closes and busy.is_closed()
        time.sleep(2)  # a pause of a browser; the request that comes after it is not lost either
        answer = silent.ask()
        assert answer.status == 200 and answer.closes
        assert wait_until(lambda: not shutting_down(daemon))


def test_silent_connections_are_let_go_after_a_while(server):
    config = configuration({"app": server})
    with Daemon(config) as daemon, RawClient(daemon.port) as silent:
        assert silent.ask().status == 200
        config["workerConnections"] = 1000
        reload(daemon, config)
        assert not silent.is_closed(5)
        assert wait_until(lambda: silent.is_closed(0.1), 10 * SLOW)
        assert wait_until(lambda: not shutting_down(daemon))


@pytest.mark.parametrize("counts", [(4, 1), (1, 4), (3, 2)])
def test_no_queue_is_left_without_a_worker(server, counts):
    """Sockets of slots that are no more are served by those that are left, and new connections go to these evenly."""
    config = configuration({"app": server}, workers=counts[0])
    with Daemon(config, workers=None) as daemon:
        config["workers"] = counts[1]
        reload(daemon, config)
        assert wait_until(lambda: not shutting_down(daemon))
        for _ in range(200):
            assert ask(daemon.port).status == 200


def test_an_entry_point_keeps_the_port_that_the_kernel_chose(server):
    config = configuration({"app": server}, {"all": {"rule": "PathPrefix(`/`)", "service": "app"}})
    config["entryPoints"] = {"web": {"address": "127.0.0.1:0"}}
    with Daemon(config, wait=False) as daemon:
        assert wait_until(lambda: '"web":"' in daemon.log)
        port = int(daemon.log.split('"web":"127.0.0.1:')[1].split('"')[0])
        config["workerConnections"] = 1000
        reload(daemon, config)
        assert ask(port).status == 200


def test_a_port_that_is_taken_refuses_the_reload(server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = configuration({"app": server})
        with Daemon(config) as daemon:
            before = [daemon.worker()]
            config["entryPoints"]["other"] = {"address": "127.0.0.1:%d" % other.getsockname()[1]}
            reload(daemon, config, outcome="nothing is changed")
            assert "entryPoints.other.address" in daemon.log and "address in use" in daemon.log
            assert daemon.workers() == before and ask(daemon.port).status == 200


def test_a_generation_that_cannot_start_changes_nothing(server, tmp_path):
    config = configuration({"app": server}, log={"level": "INFO"})
    with Daemon(config) as daemon:
        before = [daemon.worker()]
        config["log"]["filePath"] = str(tmp_path)  # a folder
        reload(daemon, config, outcome="nothing is changed")
        assert daemon.workers() == before and ask(daemon.port).status == 200


def test_the_command_line_learns_of_a_refusal(server, tmp_path):
    config = configuration({"app": server}, pid=str(tmp_path / "pid"))
    with Daemon(config) as daemon:
        config["entryPoints"]["other"] = {"address": "192.0.2.1:80"}
        with open(daemon.path, "w") as f:
            f.write(to_yaml(config))
        result = run("-s", "reload", "--wait", "-c", daemon.path)
        assert result.returncode == 4 and "entryPoints.other" in result.stderr, result
        assert ask(daemon.port).status == 200


def test_log_files_change_with_the_static_part(server, tmp_path):
    config = configuration({"app": server}, accessLog={"filePath": str(tmp_path / "one")})
    with Daemon(config) as daemon:
        assert ask(daemon.port, target="/first").status == 200
        config["accessLog"]["filePath"] = str(tmp_path / "two")
        reload(daemon, config)
        assert ask(daemon.port, target="/second").status == 200
        assert wait_until(lambda: "/second" in (tmp_path / "two").read_text())
        assert "/first" in (tmp_path / "one").read_text() and "/second" not in (tmp_path / "one").read_text()


def test_the_pid_file_moves(server, tmp_path):
    config = configuration({"app": server}, pid=str(tmp_path / "one"))
    with Daemon(config) as daemon:
        config["pid"] = str(tmp_path / "two")
        reload(daemon, config)
        assert (tmp_path / "two").read_text() == "%d\n" % daemon.pid and not (tmp_path / "one").exists()


def test_two_reloads_at_once_come_one_after_the_other(server):
    config = configuration({"app": server})
    with Daemon(config) as daemon:
        for i in range(20):
            config["workerConnections"] = 1000 + i
            with open(daemon.path + ".new", "w") as f:
                f.write(to_yaml(config))
            os.rename(daemon.path + ".new", daemon.path)
            daemon.signal(signal.SIGHUP)
            time.sleep(0.01)
        config["http"]["routers"]["last"] = {"rule": "Path(`/last`)", "service": "app"}
        reload(daemon, config)
        assert wait_until(lambda: ask(daemon.port, target="/last").status == 200)
        assert " ERR " not in daemon.log, daemon.log
