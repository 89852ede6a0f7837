# SPDX-License-Identifier: MIT
"""What a service manager is told, what it waits for, and sockets that it has made (operations.md section 8)."""
import os
import re
import signal
import socket
import time

import pytest

from lib.client import RawClient, ask, head
from lib.daemon import Daemon, configuration, is_sanitized, reload, run, to_yaml
from lib.installed import Installed
from lib.ports import free_port
from lib.server import RawServer, reply
from lib.wait import SLOW, wait_until


class Manager:
    """The datagram socket of a service manager, and everything it has heard."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.socket.settimeout(20 * SLOW)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def next(self, but=("WATCHDOG=1",)):
        """The next message, as a dictionary; signs of life are passed over."""
        while True:
            text = self.socket.recv(4096).decode()
            self.heard.append(text)
            if text not in but:
                return dict(line.split("=", 1) for line in text.splitlines())

    def all(self):
        """What has come by now."""
        self.socket.setblocking(False)
        found = []
        try:
            while True:
                found.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            pass
        self.socket.settimeout(20 * SLOW)
        self.heard += found
        return found


@pytest.fixture
def server():
    with RawServer(default=reply(200)) as instance:
        yield instance


@pytest.fixture
def manager(tmp_path):
    with Manager(tmp_path) as instance:
        yield instance


def test_reloads_and_a_stop_that_takes_its_time(server, manager, tmp_path):
    server.answers["/slow"] = lambda c, r: time.sleep(0.5) or reply(200, b"done")
    config = configuration({"app": server}, pid=str(tmp_path / "pid"))
    with Daemon(config, workers=2, env={"NOTIFY_SOCKET": manager.path}) as daemon:
        started = manager.next()
        assert started["READY"] == "1" and started["STATUS"].startswith("2 workers, generation 1"), started

        assert run("-s", "reload", "-c", daemon.path).returncode == 0
        before = time.monotonic() * 1e6
        reloading = manager.next()
        assert reloading["RELOADING"] == "1" and abs(int(reloading["MONOTONIC_USEC"]) - before) < 60e6, reloading
        ready = manager.next()
        assert ready["READY"] == "1" and "reloaded" in ready["STATUS"], ready

        with open(daemon.path, "a") as f:
            f.write("nonsense: 1\n")
        daemon.signal(signal.SIGHUP)
        assert manager.next()["RELOADING"] == "1"
        refused = manager.next()
        assert refused["READY"] == "1" and "refused" in refused["STATUS"] and "nonsense" in refused["STATUS"], refused

        with RawClient(daemon.port) as client:
            client.send(head(target="/slow"))
            assert server.wait_requests(1)
            daemon.signal(signal.SIGQUIT)
            stopping = manager.next()
            assert stopping["STOPPING"] == "1" and int(stopping["EXTEND_TIMEOUT_USEC"]) >= 10_000_000, stopping
            assert client.response().body == b"done"
        assert daemon.wait() == 0


def test_signs_of_life_and_a_worker_that_hangs(server, manager):
    env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": str(int(800_000 * SLOW))}
    with Daemon(configuration({"app": server}), workers=2, env=env) as daemon:
        assert manager.next()["READY"] == "1"
        assert wait_until(lambda: manager.all() and manager.heard.count("WATCHDOG=1") >= 3, 10 * SLOW), manager.heard
        assert set(manager.heard[1:]) == {"WATCHDOG=1"}
        stuck = daemon.workers()[0]
        os.kill(stuck, signal.SIGSTOP)
        assert wait_until(lambda: stuck not in daemon.workers() and len(daemon.workers()) == 2, 20 * SLOW), daemon.log
        assert "does not answer; ending it" in daemon.log
        seen = manager.heard.count("WATCHDOG=1")
        assert wait_until(lambda: manager.all() and manager.heard.count("WATCHDOG=1") > seen + 1, 10 * SLOW), manager.heard
        assert ask(daemon.port).status == 200


def test_somebody_elses_watchdog_is_not_fed(server, manager):
    env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}
    with Daemon(configuration({"app": server}), env=env):
        assert manager.next()["READY"] == "1"
        time.sleep(0.3)
        assert manager.all() == []


def test_sockets_of_the_manager_are_used_and_kept(server, tmp_path):
    """The real tool: it starts the daemon when the first connection waits in the queue."""
    points = {"web": {}, "extra": {}, "own": {}}
    config = configuration({"app": server}, None, points)
    ports = {name: int(point["address"].rpartition(":")[2]) for name, point in config["entryPoints"].items()}
    lost = free_port()
    # By name, though the configuration has another address; by address; and one that is nobody's.
    config["entryPoints"]["web"]["address"] = "127.0.0.1:%d" % free_port()
    listen = [word for port in (ports["web"], ports["extra"], lost) for word in ("-l", "127.0.0.1:%d" % port)]
    under = ["systemd-socket-activate", *listen, "--fdname=web:misnamed:lost"]
    with Daemon(config, under=under, workers=3, wait=False) as daemon:
        first = []
        assert wait_until(lambda: first or connect(ports["web"], first), 10 * SLOW)
        client = first[0]
        client.send(head())
        assert client.response().status == 200, "what waited before the start is served"
        assert wait_until(lambda: '"started"' in daemon.log, 10 * SLOW)
        assert [ask(ports[name]).status for name in ("web", "extra", "own")] == [200] * 3
        assert 'socket "lost"' in daemon.log and 'entry point "own" has no socket of the service manager' in daemon.log
        assert "misnamed" not in daemon.log
        with pytest.raises(OSError):
            ask(lost)

        config["workers"] = 1
        for workers in (1, 2):
            config["workerConnections"] = 500 + workers
            reload(daemon, config)
            assert all(ask(ports[name]).status == 200 for name in ("web", "extra") for _ in range(20))
        client.close()


def connect(port, found):
    try:
        found.append(RawClient(port))
    except OSError:
        return False
    return True


def test_duty_and_sockets_go_to_the_next_program(server, manager, tmp_path):
    config = configuration({"app": server})
    port = int(config["entryPoints"]["web"]["address"].rpartition(":")[2])
    told = ["NOTIFY_SOCKET=" + manager.path, "WATCHDOG_USEC=%d" % (800_000 * SLOW)]
    under = ["systemd-socket-activate", "-l", "127.0.0.1:%d" % port, "--fdname=web", *("--setenv=" + word for word in told)]
    with Installed(config, tmp_path, under=under, workers=2) as daemon:
        assert manager.next()["READY"] == "1"
        first, inode = daemon.master(), listening(port)

        # A program on trial has the duty, and gives it back before it ends, which is not the end of the service.
        daemon.signal(signal.SIGUSR2)
        assert wait_until(lambda: "serves, too" in daemon.log, 20 * SLOW), daemon.log
        assert daemon.command("rollback").returncode == 0, daemon.log
        assert wait_until(lambda: daemon.masters() == [first], 20 * SLOW), daemon.log

        def mains():
            manager.all()
            return [int(pid) for pid in re.findall(r"^MAINPID=(\d+)", "\n".join(manager.heard), re.M)]

        assert wait_until(lambda: len(mains()) == 3, 20 * SLOW), mains()
        assert mains()[0] != first and mains()[1:] == [first, first], mains()
        assert not any("STOPPING" in text for text in manager.heard), manager.heard
        manager.heard.clear()
        assert wait_until(lambda: manager.all() and "WATCHDOG=1" in manager.heard, 10 * SLOW)

        daemon.install()
        assert daemon.command("upgrade").returncode == 0, daemon.log
        assert wait_until(lambda: len(daemon.masters()) == 1, 15 * SLOW), daemon.log
        assert all(ask(port).status == 200 for _ in range(20))
        assert listening(port) == inode and len(inode) == 1
        manager.all()
        mains = [re.search(r"^MAINPID=(\d+)", text, re.M)[1] for text in manager.heard if "MAINPID" in text]
        assert mains and int(mains[-1]) == daemon.master() != first
        manager.heard.clear()
        assert wait_until(lambda: manager.all() and "WATCHDOG=1" in manager.heard, 10 * SLOW)
        assert not any("STOPPING" in text for text in manager.heard)


def listening(port):
    """The inodes of the sockets that listen there."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return sorted(row[9] for row in rows if row[1].endswith(":%04X" % port) and row[3] == "0A")


@pytest.mark.skipif(is_sanitized(), reason="eighty processes are too many for it")
def test_slots_that_have_run_out_are_taken_from_the_oldest(server):
    """Sixty-four slots for sixteen workers: three generations that drain leave no room for a fifth one."""
    server.answers["/tunnel"] = lambda c, r: c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n") or time.sleep(60)
    config = configuration({"app": server}, workers=16)
    with Daemon(config, workers=None) as daemon:
        clients = []
        for i in range(4):
            # Enough for every worker to have one.
            for _ in range(100):
                client = RawClient(daemon.port)
                client.send(head(target="/tunnel", fields=[("Connection", "Upgrade"), ("Upgrade", "echo")]))
                assert b" 101 " in client.socket.recv(4096)
                clients.append(client)
            config["workerConnections"] = 1000 + i
            reload(daemon, config)
        assert "no slot of the shared memory is free for new workers; ending the oldest" in daemon.log
        assert ask(daemon.port).status == 200
        assert not clients[-1].is_closed(0.1) and clients[0].is_closed()
        for client in clients:
            client.close()


def test_slots_that_have_run_out_are_taken_from_a_program_that_drains(server, tmp_path):
    """Thirty-two slots for eight workers: sixteen that serve, sixteen that come, and one of the program before do not fit."""
    server.answers["/tunnel"] = lambda c, r: c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n") or time.sleep(60)
    with Installed(configuration({"app": server}, workers=8), tmp_path, workers=None) as daemon:
        with RawClient(daemon.port) as client:
            client.send(head(target="/tunnel", fields=[("Connection", "Upgrade"), ("Upgrade", "echo")]))
            assert b" 101 " in client.socket.recv(4096)
            before = daemon.master()
            assert daemon.command("upgrade").returncode == 0, daemon.log
            refused = reload_with(daemon, workers=32)
            assert refused.returncode == 4 and "more than the 32 slots" in refused.stderr, refused
            assert reload_with(daemon, workers=16).returncode == 0, daemon.log
            assert wait_until(lambda: len(daemon.workers()) == 17, 20 * SLOW), daemon.log
            assert "no slot" not in daemon.log and not client.is_closed(0.1)
            assert reload_with(daemon, workerConnections=1000).returncode == 0, daemon.log
            assert client.is_closed()
        assert "ending pid %d, the oldest program that drains" % before in daemon.log
        assert wait_until(lambda: daemon.masters() == [daemon.master()], 20 * SLOW), daemon.log
        assert ask(daemon.port).status == 200


def reload_with(daemon, **change):
    daemon.config.update(change)
    with open(daemon.path, "w") as f:
        f.write(to_yaml(daemon.config))
    return daemon.command("reload")
