# SPDX-License-Identifier: MIT
"""A pooled connection that the server ended as the request went out: hidden by one resend where that is safe.

security.md section 3, last row; http-services.md section 7 "Retries at transport level". The server takes the second request
of a connection and ends it without a byte of an answer, as one that had just decided to close would do.
"""
import threading

import pytest

from lib.client import RawClient, ask
from lib.daemon import site
from lib.server import RawServer, reply
from lib.wait import wait_until


class Stale:
    """Answers the first request of each connection; `end` is done to the second."""

    def __init__(self, end, data=b""):
        self.end, self.data, self.seen = end, data, []

    def __call__(self, connection, request):
        self.seen.append((request.method, request.target, request.body))
        if len(connection.requests) == 1:
            return reply(200, b"first of its connection")
        if self.data:
            connection.send(self.data)
        getattr(connection, self.end)()
        return None


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize(
    "method, fields, body, resent",
    [
        ("GET", [], None, True),
        ("HEAD", [], None, True),
        ("OPTIONS", [], None, True),
        ("TRACE", [], None, True),
        ("POST", [], b"pay", False),
        ("POST", [], None, False),
        ("PUT", [], b"pay", False),
        ("DELETE", [], None, False),
        ("PATCH", [], b"pay", False),
        ("POST", [("Idempotency-Key", "k")], b"pay", True),
        ("POST", [("X-Idempotency-Key", "k")], b"pay", True),
    ],
    ids=lambda v: v if isinstance(v, str) else "key" if isinstance(v, list) and v else "",
)
def test_resend(method, fields, body, resent, end):
    script = Stale(end)
    with RawServer(default=script) as server, site({"app": server}) as daemon, RawClient(daemon.port) as client:
        assert client.ask(target="/warm").status == 200
        answer = client.ask(method, "/x", fields, body)
        times = [s[:2] for s in script.seen].count((method, "/x"))
        if resent and not (answer.status == 502 and body):  # "or its body is still whole in memory": a proxy may have let it go
            assert (answer.status, times) == (200, 2)
            assert script.seen[-1] == (method, "/x", body or b"")
        else:
            assert (answer.status, times) == (502, 1)


def test_a_resend_goes_to_a_fresh_connection_and_happens_once():
    """Every connection is bad: the client gets 502 after two attempts, not an endless loop."""
    count = []

    def answer(connection, request):
        if request.target == "/warm":
            return reply(200, b"")
        count.append(connection)
        connection.close()
        return None

    with RawServer(default=answer) as server, site({"app": server}) as daemon, RawClient(daemon.port) as client:
        assert client.ask(target="/warm").status == 200
        assert client.ask(target="/x").status == 502
        assert len(count) == 2 and count[0] is not count[1]


def test_not_after_the_first_byte_of_an_answer():
    script = Stale("close", b"HTTP/1.1 2")
    with RawServer(default=script) as server, site({"app": server}) as daemon, RawClient(daemon.port) as client:
        assert client.ask(target="/warm").status == 200
        assert client.ask(target="/x").status == 502
        assert [s[1] for s in script.seen].count("/x") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_closed_while_idle_is_never_noticed(method):
    """The end was there before the request: any method goes out on a fresh connection."""
    with RawServer() as server, site({"app": server}) as daemon, RawClient(daemon.port) as client:
        for _ in range(5):
            assert client.ask(method, "/x", body=b"b" if method == "POST" else None).status == 200
            connection = server.last.connection
            server.last.connection.half_close()
            assert wait_until(lambda: connection.ended or connection.closed)
        assert len(server.requests) == 5


def test_a_server_that_restarts_between_two_requests():
    with RawServer() as server, site({"app": server}) as daemon, RawClient(daemon.port) as client:
        for _ in range(3):
            assert client.ask().status == 200
            server.stop()
            server.start()
        server.stop()
        assert client.ask().status == 502
        server.start()
        assert client.ask().status == 200


def test_several_stale_connections_in_the_pool():
    """All of them are dead: one resend must still find a fresh one."""
    gate = threading.Event()

    def answer(connection, request):
        if request.target == "/hold":
            gate.wait(5)
            return reply(200, b"")
        if len(connection.requests) > 1:
            connection.close()
            return None
        return reply(200, b"fresh")

    with RawServer(default=answer) as server, site({"app": server}) as daemon:
        threads = [threading.Thread(target=ask, args=(daemon.port, "GET", "/hold")) for _ in range(5)]
        for t in threads:
            t.start()
        assert server.wait_requests(5)
        gate.set()
        for t in threads:
            t.join()
        assert ask(daemon.port, target="/x").body == b"fresh"
