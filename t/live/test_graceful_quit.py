# SPDX-License-Identifier: MIT
"""QUIT: what runs ends in peace, what is new is refused, and the end comes in time (operations.md section 3, decisions 17 and 18)."""
import signal
import socket
import threading
import time

import pytest

from lib.client import RawClient, head
from lib.daemon import site
from lib.server import RawServer
from lib.wait import SLOW, Stopwatch, wait_until

SIZE = 20_000_000


def trickle(connection, _):
    """A download that takes about a second."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
    for _ in range(10):
        connection.send(b"x" * (SIZE // 10))
        time.sleep(0.1)


@pytest.mark.parametrize("workers", [1, 2])
def test_running_downloads_are_finished(workers):
    with RawServer(default=trickle) as server, site({"app": server}, workers=workers) as daemon:
        clients = [RawClient(daemon.port) for _ in range(4)]
        for client in clients:
            client.send(head())
        assert server.wait_requests(4)
        daemon.signal(signal.SIGQUIT)
        bodies = []
        threads = [threading.Thread(target=lambda c=c: bodies.append(len(c.response().body))) for c in clients]
        for t in threads:
            t.start()
        assert wait_until(lambda: refused(daemon.port)), "a new connection is still accepted"
        assert len(bodies) < 4, "refused only because the workers have gone"
        for t in threads:
            t.join()
        assert bodies == [SIZE] * 4
        for client in clients:
            client.close()
        assert daemon.wait() == 0


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return False
    except OSError:
        return True


def test_running_uploads_are_finished(server):
    with site({"app": server}) as daemon, RawClient(daemon.port) as client:
        client.send(head("POST", "/", [("Content-Length", "100000")]) + b"x" * 1000)
        time.sleep(0.1)
        daemon.signal(signal.SIGQUIT)
        for _ in range(9):
            time.sleep(0.05)
            client.send(b"x" * 11000)
        answer = client.response()
        assert (answer.status, answer.closes) == (200, True)
        assert daemon.wait() == 0
    assert len(server.last.body) == 100000


def test_silent_connections_do_not_hold_the_exit_beyond_the_grace_time(server):
    points = {"web": {"transport": {"lifeCycle": {"graceTimeOut": "2s"}}}}
    with site({"app": server}, entry_points=points) as daemon:
        clients = [RawClient(daemon.port) for _ in range(10)]
        for client in clients:
            assert client.ask().status == 200
        watch = Stopwatch()
        daemon.signal(signal.SIGQUIT)
        assert daemon.wait() == 0
        assert watch.seconds < 2 + 1.5 * SLOW
        for client in clients:
            assert client.is_closed()
            client.close()


def test_a_connection_queued_as_the_stop_begins_is_answered(server):
    """What the kernel has queued is taken first."""
    with site({"app": server}) as daemon:
        clients = [RawClient(daemon.port) for _ in range(20)]
        for client in clients:
            client.send(head())
        daemon.signal(signal.SIGQUIT)
        assert [client.response().status for client in clients] == [200] * 20
        for client in clients:
            client.close()
        assert daemon.wait() == 0


def test_a_second_signal_is_faster(server):
    """QUIT, then TERM: the rest is not waited for."""
    server.answers["/hang"] = lambda c, r: c.wait_end(10) and None
    with site({"app": server}) as daemon, RawClient(daemon.port) as client:
        client.send(head(target="/hang"))
        assert server.wait_requests(1)
        daemon.signal(signal.SIGQUIT)
        time.sleep(0.3)
        assert daemon.process.poll() is None
        watch = Stopwatch()
        daemon.signal(signal.SIGTERM)
        assert daemon.wait() == 0
        assert watch.seconds < 2 * SLOW
