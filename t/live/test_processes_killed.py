# SPDX-License-Identifier: MIT
"""kill -9 of each kind of process: security.md section 9, architecture.md section 8."""
import os
import signal
import time

from lib import proc
from lib.client import RawClient, ask, head
from lib.daemon import Daemon, site
from lib.server import reply
from lib.wait import SLOW, Stopwatch, wait_until


def connections_by_worker(daemon, count):
    """Kept connections spread by the kernel, with the worker that holds each."""
    clients = [RawClient(daemon.port) for _ in range(count)]
    for client in clients:
        assert client.ask().status == 200
    return clients


def holder(daemon, client):
    """The worker that has the other end of this connection."""
    port = "%04X" % client.address[1]
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        fields = line.split()
        if fields[2].endswith(":" + port) and fields[3] == "01":
            inode = "socket:[%s]" % fields[9]
            for pid in daemon.workers():
                for fd in os.listdir("/proc/%d/fd" % pid):
                    try:
                        if os.readlink("/proc/%d/fd/%s" % (pid, fd)) == inode:
                            return pid
                    except OSError:
                        pass
    return None


def test_a_killed_worker_takes_its_own_connections_and_no_others(server):
    with site({"app": server}, workers=2) as daemon:
        assert wait_until(lambda: len(daemon.workers()) == 2)
        clients = connections_by_worker(daemon, 16)
        held = {client: holder(daemon, client) for client in clients}
        victim = next(pid for pid in held.values() if pid)
        survivors = [c for c in clients if held[c] != victim]
        assert survivors, "the kernel gave every connection to one worker"
        os.kill(victim, signal.SIGKILL)
        for client in survivors:
            assert client.ask().status == 200
        for client in clients:
            if held[client] == victim:
                assert client.is_closed()
        for client in clients:
            client.close()


def test_a_killed_worker_is_replaced_at_once(server):
    """Promise: 100 ms. Budget of this test: 1 s, since the machine may be busy."""
    with site({"app": server}) as daemon:
        for _ in range(3):
            victim = daemon.worker()
            os.kill(victim, signal.SIGKILL)
            watch = Stopwatch()
            assert ask(daemon.port).status == 200
            assert watch.seconds < 1.0 * SLOW
            assert wait_until(lambda: daemon.workers() and victim not in daemon.workers())
        assert "signal 9" in daemon.log or "SIGKILL" in daemon.log or "killed" in daemon.log.lower(), daemon.log


def test_connections_that_wait_in_the_kernel_are_not_lost(server):
    """Stopped, filled, killed: who was queued is served by the next worker."""
    with site({"app": server}) as daemon:
        victim = daemon.worker()
        os.kill(victim, signal.SIGSTOP)
        clients = [RawClient(daemon.port) for _ in range(50)]
        for client in clients:
            client.send(head())
        os.kill(victim, signal.SIGKILL)
        assert [client.response().status for client in clients] == [200] * 50
        for client in clients:
            client.close()


def test_crashing_again_and_again_backs_off_and_harms_nobody_else(server):
    with site({"app": server}, workers=2) as daemon:
        assert wait_until(lambda: len(daemon.workers()) == 2)
        keeper = daemon.workers()[0]
        for _ in range(7):
            victims = [w for w in daemon.workers() if w != keeper]
            if victims:
                os.kill(victims[0], signal.SIGKILL)
            time.sleep(0.1)
        assert keeper in daemon.workers()
        statuses = set()
        for _ in range(20):
            try:
                statuses.add(RawClient(daemon.port, timeout=0.5).ask().status)
            except OSError:
                pass
        assert statuses == {200}


def test_a_killed_agent_is_replaced_and_traffic_does_not_notice(server):
    with site({"app": server}) as daemon, RawClient(daemon.port) as client:
        assert wait_until(lambda: daemon.agents())
        agent = daemon.agents()[0]
        os.kill(agent, signal.SIGKILL)
        for _ in range(20):
            assert client.ask().status == 200
        assert wait_until(lambda: daemon.agents() and agent not in daemon.agents(), 3 * SLOW)


def test_a_killed_master_lets_running_requests_end_and_leaves_nothing(server):
    server.answers["/slow"] = lambda c, r: (time.sleep(0.8), reply(200, b"done"))[1]
    with site({"app": server}, exits=-signal.SIGKILL) as daemon, RawClient(daemon.port) as client:
        assert wait_until(lambda: daemon.agents())
        client.send(head(target="/slow"))
        assert server.wait_requests(1)
        os.kill(daemon.pid, signal.SIGKILL)
        assert client.response().body == b"done"
        client.close()
        assert wait_until(lambda: not proc.session(daemon.pid), 5 * SLOW), [proc.title(p) for p in proc.session(daemon.pid)]


def test_a_new_master_may_bind_the_same_ports_at_once(server):
    with site({"app": server}, exits=-signal.SIGKILL) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait()
        with Daemon(first.config) as second:
            second.worker()  # there is one only when its sockets are bound; until then the old worker may still take connections
            assert ask(second.port).status == 200
