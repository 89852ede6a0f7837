# SPDX-License-Identifier: MIT
"""TLS under traffic: many connections at once, big bodies, drains, a flood of handshakes."""
import hashlib
import os
import random
import signal
import socket
import threading
import time

import pytest

from lib.client import RawClient, ask, head
from lib.daemon import is_sanitized
from lib.server import reply
from lib.tls_world import TlsClient, client_context, hello, outcome, record, tls_site
from lib.wait import SLOW, wait_until


def pattern(seed, size):
    return random.Random(seed).randbytes(size)


def echo(connection, request):
    return reply(body=request.body)


def test_connections_side_by_side_never_hear_each_other(server):
    """Each sends and gets bytes of its own in odd pieces, on one worker, so that its shared buffers change hands all the time."""
    server.default = echo
    wrong = []

    def talk(number):
        with TlsClient(daemon.port) as client:
            for turn in range(6):
                body = pattern(number * 100 + turn, 20000 + number * 1777 + turn)
                client.send(head("POST", "/%d" % number, [("Content-Length", str(len(body)))]))
                at = 0
                while at < len(body):
                    step = 1 + (at * 7 + number * 131) % 9000
                    client.send(body[at : at + step])
                    at += step
                answer = client.response()
                if answer.status != 200 or answer.body != body:
                    wrong.append((number, turn, answer.status))

    with tls_site(server) as daemon:
        threads = [threading.Thread(target=talk, args=(n,)) for n in range(12)]
        [t.start() for t in threads]
        [t.join(120 * SLOW) for t in threads]
        assert not wrong and not any(t.is_alive() for t in threads)


def test_big_bodies_keep_their_bytes_and_the_worker_small(server):
    server.default = lambda connection, request: reply(body=hashlib.sha256(request.body).hexdigest().encode())
    body = pattern(1, 48 << 20)
    with tls_site(server) as daemon, TlsClient(daemon.port, timeout=120) as client:
        client.send(head("POST", "/", [("Content-Length", str(len(body)))]))
        client.send(body)
        answer = client.response()
        assert answer.body.decode() == hashlib.sha256(body).hexdigest()


def test_a_slow_reader_gets_everything(server):
    body = pattern(2, 8 << 20)
    server.default = reply(body=body)
    with tls_site(server) as daemon, TlsClient(daemon.port, receive_buffer=8192) as client:
        client.send(head())
        time.sleep(0.3)
        assert client.response().body == body


def test_a_drain_lets_requests_end_and_says_goodbye(server):
    gate = threading.Event()

    def late(connection, request):
        gate.wait(20 * SLOW)
        return reply(body=b"late")

    server.default = late
    with tls_site(server) as daemon, TlsClient(daemon.port) as client:
        client.send(head())
        server.wait_requests(1)
        daemon.signal(signal.SIGQUIT)
        wait_until(lambda: not listens(daemon.port))
        gate.set()
        answer = client.response()
        assert answer.body == b"late" and answer.closes
        assert client.socket.recv(10) == b""
        daemon.wait(15 * SLOW)


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_sessions_survive_a_worker(server):
    with tls_site(server) as daemon:
        context = client_context()
        with TlsClient(daemon.port, context=context) as client:
            client.ask()
            session = client.session
        pid = daemon.worker()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: daemon.workers() and daemon.worker() != pid)
        wait_until(lambda: outcome(daemon.port) == 200)
        with TlsClient(daemon.port, context=context, session=session) as client:
            assert client.ask().status == 200 and client.reused


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's arithmetic would be measured")
def test_a_flood_of_handshakes_starves_nobody(server):
    """While hundreds of clients begin handshakes, requests on a connection that stands are answered."""
    with tls_site(server) as daemon, TlsClient(daemon.port) as client:
        assert client.ask().status == 200
        stop = threading.Event()

        def flood():
            first = record(hello())
            while not stop.is_set():
                crowd = []
                for _ in range(100):
                    try:
                        crowd.append(RawClient(daemon.port))
                        crowd[-1].send(first)
                    except OSError:
                        break
                for one in crowd:
                    one.close()

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            for _ in range(50):
                assert client.ask().status == 200
        finally:
            stop.set()
            thread.join()


def test_a_hundred_that_leave_in_the_middle_leave_nothing(server):
    with tls_site(server) as daemon:
        before = outcome(daemon.port)
        for cut in range(0, 200, 2):
            with RawClient(daemon.port) as client:
                client.send(record(hello())[:cut] or b"\x16")
        assert (before, outcome(daemon.port)) == (200, 200)
        assert ask(daemon.port).status == 404
