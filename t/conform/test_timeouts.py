# SPDX-License-Identifier: MIT
"""Every limit of time of security.md section 5 and static-config.md section 4: a stall ends within its time-out plus 2 s, not before."""
import time

import pytest

from lib import proc
from lib.client import RawClient, head
from lib.daemon import site
from lib.either import ask, connect, over_both
from lib.server import RawServer, reply
from lib.wait import SLOW, Stopwatch, wait_until
from lib.wire import Cut

POINTS = {
    "read": {"transport": {"respondingTimeouts": {"readTimeout": "600ms"}}},
    "header": {"http": {"headerTimeout": "600ms"}},
    "both": {"http": {"headerTimeout": "30s"}, "transport": {"respondingTimeouts": {"readTimeout": "600ms"}}},
    "write": {"transport": {"respondingTimeouts": {"writeTimeout": "600ms"}}},
    "idle": {"transport": {"respondingTimeouts": {"idleTimeout": "600ms"}}},
    "seconds": {"transport": {"respondingTimeouts": {"idleTimeout": 1}}},
    "stall": {"transport": {"sendStallTimeout": "600ms"}},
    "three": {"transport": {"keepAliveMaxRequests": 3}},
    "one": {"transport": {"keepAliveMaxRequests": 1}},
    "age": {"transport": {"keepAliveMaxTime": "600ms"}},
    "lingering": {"transport": {"lingeringTimeout": "600ms"}},
    "none": {"transport": {"respondingTimeouts": {"readTimeout": 0, "idleTimeout": "600ms"}}},
}


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}, entry_points=POINTS) as instance:
        yield instance


class Ends:
    """The client's connection ends within the limit plus 2 s, and not before the limit."""

    def __init__(self, limit=0.6):
        self.limit = limit

    def __enter__(self):
        self.watch = Stopwatch()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert self.limit * 0.8 <= self.watch.seconds <= self.limit + 2 * SLOW


PARTS = {"nothing": b"", "one-byte": b"G", "line": b"GET / HTTP/1.1\r\n", "no-end": b"GET / HTTP/1.1\r\nHost: app.test\r\n"}
# Before its first byte a connection is idle, not sending a head: only the detection of the protocol (readTimeout) bounds it.
HEADS = [(point, part) for point in ("header", "read", "both") for part in PARTS if (point, part) != ("header", "nothing")]


@pytest.mark.parametrize("point, part", HEADS)
def test_security_5_whole_head_within(daemon, point, part):
    sent = PARTS[part]
    with RawClient(daemon.ports[point]) as client, Ends():
        client.send(sent)
        data = client.rest()
        assert client.ended is not None
        assert data == b"" or data.startswith(b"HTTP/1.1 408 ")


def test_security_5_a_trickle_does_not_renew_the_head(daemon):
    with RawClient(daemon.ports["header"]) as client, Ends():
        for byte in head(fields=[("X-A", "v" * 200)]):
            try:
                client.send(bytes([byte]))
            except OSError:
                break
            time.sleep(0.05)
            client.socket.setblocking(False)
            try:
                if client.socket.recv(1000) == b"":
                    break
            except BlockingIOError:
                pass
            except OSError:
                break
            client.socket.setblocking(True)
        else:
            raise AssertionError("the whole head was taken")


@over_both
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_static_config_4_read_timeout_covers_the_body(daemon, server, framing, spoken):
    before = len(server.requests)
    with connect(daemon.ports["read"]) as client, Ends():
        client.begin(length=10 if framing == "length" else None)
        client.piece(b"half")
        assert client.response().status in (504, 408)
        assert client.is_closed() if spoken == "h1" else client.stays_open()
    assert len(server.requests) == before


@over_both
def test_static_config_4_read_timeout_ends_with_the_request(daemon, server):
    server.answers["/late"] = lambda c, r: (time.sleep(1.2), reply(200, b"late"))[1]
    assert ask(daemon.ports["read"], target="/late").body == b"late"


@over_both
def test_static_config_4_write_timeout_bounds_the_whole_answer(daemon, server):
    def drip(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(60):
            connection.send(b"x")
            time.sleep(0.05)

    server.answers["/drip"] = drip
    with connect(daemon.ports["write"]) as client, Ends(), pytest.raises(Cut):
        client.ask(target="/drip")


@pytest.mark.parametrize("point, limit", [("idle", 0.6), ("seconds", 1.0), ("none", 0.6)])
def test_security_5_idle_connection(daemon, point, limit):
    with RawClient(daemon.ports[point]) as client:
        assert client.ask().status == 200
        with Ends(limit):
            assert client.is_closed() and client.ended == "eof"


def test_security_5_idle_time_is_renewed_by_each_request(daemon):
    with RawClient(daemon.ports["idle"]) as client:
        for _ in range(4):
            assert client.ask().status == 200
            time.sleep(0.35)


def test_security_5_empty_lines_do_not_renew_the_idle_time(daemon):
    with RawClient(daemon.ports["idle"]) as client:
        assert client.ask().status == 200
        with Ends():
            client.send(b"\r\n")
            time.sleep(0.3)
            client.send(b"\r\n")
            client.rest()
            assert client.ended is not None


@over_both
def test_security_5_idle_time_does_not_count_while_an_answer_is_awaited(daemon, server):
    server.answers["/slow"] = lambda c, r: (time.sleep(1.2), reply(200, b"slow"))[1]
    assert ask(daemon.ports["idle"], target="/slow").body == b"slow"


def test_security_5_client_that_does_not_read(daemon, server):
    server.answers["/big"] = lambda c, r: reply(200, b"x" * 30_000_000)
    with RawClient(daemon.ports["stall"], receive_buffer=4096) as client:
        client.send(head(target="/big"))
        with Ends(0.6):
            connection = server_side(server, "/big")
            assert wait_until(lambda: connection.closed, 4 * SLOW), "the server still holds its answer"
        client.rest(3)
        assert client.ended is not None


def server_side(server, path):
    assert wait_until(lambda: [r for r in server.requests if r.path == path])
    return [r for r in server.requests if r.path == path][-1].connection


def test_security_5_client_that_reads_slowly_is_not_cut(daemon, server):
    server.answers["/slow-read"] = reply(200, b"x" * 400_000)
    with RawClient(daemon.ports["stall"], receive_buffer=4096) as client:
        client.send(head(target="/slow-read"))
        client.until(b"\r\n\r\n")
        got = 0
        while got < 400_000:
            data = client.take(min(20_000, 400_000 - got))
            got += len(data)
            time.sleep(0.08)


@pytest.mark.parametrize("point, count", [("three", 3), ("one", 1)])
def test_static_config_4_keep_alive_max_requests(daemon, point, count):
    with RawClient(daemon.ports[point]) as client:
        closes = [client.ask().closes for _ in range(count)]
        assert closes == [False] * (count - 1) + [True]
        assert client.is_closed()


def test_static_config_4_keep_alive_max_requests_with_pipelining(daemon):
    with RawClient(daemon.ports["three"]) as client:
        client.send(head() * 5)
        assert [client.response().closes for _ in range(3)] == [False, False, True]
        assert client.rest() == b""


def test_static_config_4_keep_alive_max_time(daemon):
    with RawClient(daemon.ports["age"]) as client:
        assert not client.ask().closes
        time.sleep(0.9)
        assert client.ask().closes
        assert client.is_closed()


def test_own_lingering_timeout(daemon, server):
    """After an early answer the rest of a body is taken for so long, then the connection goes."""

    def early(connection, request):
        if request.path == "/early":
            connection.send(reply(200, b"early"))
            return None

    server.on_head = early
    server.answers["/early"] = None
    try:
        with RawClient(daemon.ports["lingering"]) as client:
            client.send(head("POST", "/early", [("Content-Length", "1000")]) + b"x")
            assert client.response().body == b"early"
            with Ends():
                client.rest()
                assert client.ended is not None
    finally:
        server.on_head = None


# -- towards the server ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def transports(server):
    kinds = {
        "head": {"forwardingTimeouts": {"responseHeaderTimeout": "600ms"}},
        "total": {"forwardingTimeouts": {"requestTimeout": "600ms"}},
    }
    services = {k: {"loadBalancer": {"serversTransport": k, "servers": [{"url": server.url}]}} for k in kinds}
    routers = {k: {"rule": "PathPrefix(`/%s`)" % k, "service": k} for k in kinds}
    with site(services, routers, http={"serversTransports": kinds}) as instance:
        yield instance


@over_both
@pytest.mark.parametrize("kind", ["head", "total"])
def test_http_services_6_no_answer_in_time(transports, server, kind):
    server.answers["/%s/mute" % kind] = lambda c, r: (c.wait_end(10), c.close()) and None
    with Ends():
        assert ask(transports.port, target="/%s/mute" % kind).status == 504
    connection = server_side(server, "/%s/mute" % kind)
    assert wait_until(lambda: connection.closed), "the late server keeps its connection"


@over_both
def test_http_services_6_interim_answers_do_not_renew_the_header_time(transports, server):
    def hints(connection, _):
        for _ in range(15):
            connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            time.sleep(0.15)
        return reply(200, b"")

    server.answers["/head/hints"] = hints
    with Ends():
        assert ask(transports.port, target="/head/hints").status == 504


@over_both
def test_http_services_6_header_time_starts_when_the_request_is_fully_written(transports):
    with connect(transports.port) as client:
        client.begin(target="/head/x", length=10)
        client.piece(b"01234")
        time.sleep(0.9)
        client.piece(b"56789")
        client.finish()
        assert client.response().status == 200


@over_both
def test_http_services_6_header_time_ends_with_the_head(transports, server):
    def slow_body(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.9)
        return b"cd"

    server.answers["/head/body"] = slow_body
    assert ask(transports.port, target="/head/body").body == b"abcd"


@over_both
def test_http_services_beyond_request_timeout_cuts_a_running_answer(transports, server):
    def slow_body(connection, _):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(2)
        return b"cd"

    server.answers["/total/body"] = slow_body
    with Ends(), pytest.raises(Cut):
        ask(transports.port, target="/total/body")


def test_security_5_stalls_use_no_cpu(daemon):
    """Many stalled heads, then half a second: the worker sleeps."""
    clients = [RawClient(daemon.ports["none"]) for _ in range(50)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost")
    worker = daemon.worker()
    time.sleep(0.2)
    before = proc.cpu(worker)
    time.sleep(0.5)
    assert proc.cpu(worker) - before <= 0.05
    for client in clients:
        client.close()
