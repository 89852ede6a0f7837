# SPDX-License-Identifier: MIT
"""Status codes made by the proxy: http-services.md section 8 with decision 2, http-routing.md section 7 for the shape of their bodies."""
import socket
import time

import pytest

from lib.daemon import site
from lib.either import ask, connect, over_both
from lib.ports import free_port
from lib.server import RawServer
from lib.wait import Stopwatch, wait_until

pytestmark = over_both


def silent(connection, _):
    connection.wait_end(20)
    connection.close()


@pytest.fixture(scope="module")
def closed_port():
    return free_port()


@pytest.fixture(scope="module")
def full_backlog():
    """A listener that accepts nobody and whose queue is full: connecting to it hangs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", free_port()))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    time.sleep(0.05)
    yield listener.getsockname()[1]
    for one in fillers + [listener]:
        one.close()


@pytest.fixture(scope="module")
def daemon(closed_port, full_backlog):
    with RawServer(default=silent) as dumb:
        services = {
            "none": {"loadBalancer": {"servers": []}},
            "weightless": {"loadBalancer": {"servers": [{"url": "http://127.0.0.1:%d" % closed_port, "weight": 0}]}},
            "refused": closed_port,
            "hanging": {"loadBalancer": {"serversTransport": "quick", "servers": [{"url": "http://127.0.0.1:%d" % full_backlog}]}},
            "silent": {"loadBalancer": {"serversTransport": "quick", "servers": [{"url": dumb.url}]}},
            "total": {"loadBalancer": {"serversTransport": "total", "servers": [{"url": dumb.url}]}},
            "scheme": {"loadBalancer": {"servers": [{"url": "ftp://127.0.0.1:%d" % closed_port}]}},
            "unresolvable": {"loadBalancer": {"serversTransport": "quick", "servers": [{"url": "http://no-such-name.invalid:80"}]}},
            "childless": {"weighted": {"services": [{"name": "none", "weight": 0}]}},
        }
        routers = {name: {"rule": "PathPrefix(`/%s`)" % name, "service": name} for name in services}
        transports = {
            "quick": {"forwardingTimeouts": {"dialTimeout": "300ms", "responseHeaderTimeout": "300ms"}},
            "total": {"forwardingTimeouts": {"requestTimeout": "300ms"}},
        }
        with site(services, routers, http={"serversTransports": transports}) as instance:
            yield instance


ROWS = {
    "no-server": ("/none", 503, b"no available server\n"),
    "all-weights-zero": ("/weightless", 503, b"no available server\n"),
    "all-children-weightless": ("/childless", 503, b"no available server\n"),
    "connection-refused": ("/refused", 502, b"Bad Gateway"),
    "dial-timeout": ("/hanging", 504, b"Gateway Timeout"),
    "response-header-timeout": ("/silent", 504, b"Gateway Timeout"),
    "request-timeout": ("/total", 504, b"Gateway Timeout"),
    "unsupported-scheme": ("/scheme", 502, b"Bad Gateway"),
    "no-route": ("/nothing-here", 404, b"404 page not found\n"),
}


@pytest.mark.parametrize("row", ROWS, ids=["http-services-8-" + k for k in ROWS])
def test_status_and_body(daemon, row):
    target, status, body = ROWS[row]
    watch = Stopwatch()
    with connect(daemon.port) as client:
        answer = client.ask(target=target)
        assert (answer.status, answer.body) == (status, body)
        if status in (502, 504):
            assert not answer.has("content-type")
        else:
            assert answer.get("content-type") == "text/plain; charset=utf-8"
            assert answer.get("x-content-type-options") == "nosniff"
        if status == 504:
            assert 0.2 < watch.seconds < 3
        assert client.ask(target="/nothing-here").status == 404, "the client's connection did not survive"


def test_http_services_8_unresolvable_name(daemon):
    answer = ask(daemon.port, target="/unresolvable")
    assert answer.status in (502, 504)


@pytest.mark.parametrize("target, status", [("/refused", 502), ("/none", 503), ("/nothing-here", 404)])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_http_services_8_a_body_that_nobody_wants_does_not_break_the_connection(daemon, target, status, framing):
    with connect(daemon.port) as client:
        for _ in range(3):
            client.begin("POST", target, length=10 if framing == "length" else None)
            client.piece(b"0123456789")
            client.finish()
            answer = client.response()
            assert answer.status == status
            if answer.closes:
                assert client.is_closed()
                return


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 404, 418, 500, 502, 503, 599])
def test_http_services_7_a_servers_status_passes_unchanged(server, status):
    server.default = b"HTTP/1.1 %d X\r\n%s\r\n" % (status, b"" if status == 204 else b"Content-Length: 0\r\n")
    with site({"app": server}) as daemon:
        answer = ask(daemon.port)
        assert (answer.status, answer.body) == (status, b"")


def test_http_services_8_slow_body_is_504(server, spoken):
    """The client too slow in sending its body: readTimeout."""
    points = {"web": {"transport": {"respondingTimeouts": {"readTimeout": "500ms"}}}}
    with site({"app": server}, entry_points=points) as daemon, connect(daemon.port) as client:
        client.begin(length=10)
        client.piece(b"half")
        assert client.response().status in (504, 408)
        assert client.is_closed() if spoken == "h1" else client.stays_open()
        assert server.requests == []


def test_http_services_8_client_gone_is_499_in_the_log(server):
    held = []
    server.default = lambda c, r: (held.append(c), c.wait_end()) and None
    with site({"app": server}, static={"accessLog": {"format": "json", "filePath": "access.log"}}) as daemon:
        with connect(daemon.port) as client:
            client.request()
            assert wait_until(lambda: held)
            client.leave()
            assert wait_until(lambda: '"DownstreamStatus":499' in daemon.file("access.log"))
