# SPDX-License-Identifier: MIT
"""Connection upgrades: http-services.md section 7, the Upgrade row of security.md section 2, 101 in section 3."""
import os
import signal
import threading

import pytest

from lib.client import RawClient, ask, chunked, head
from lib.daemon import site
from lib.server import RawServer, reply
from lib.wait import wait_until

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
WS = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]


def echo(connection, _=None):
    """After the switch: every byte comes back, a half close is answered by "bye" and the end."""
    connection.send(SWITCH)
    if connection.reader.buffer:
        connection.send(bytes(connection.reader.buffer))
        connection.reader.buffer.clear()
    while True:
        data = connection._read()
        if not data:
            break
        connection.send(data)
    if connection.ended == "eof":
        connection.send(b"bye")
    connection.close()


POINTS = {"web": {"transport": {"respondingTimeouts": {"readTimeout": "700ms", "idleTimeout": "700ms"}}}, "off": {"http": {"websocket": {"enabled": False}}}, "chats": {"http": {"allowedUpgrades": ["Chat"]}}, "two": {"http": {"websocket": {"maxConnections": 2}}}}


@pytest.fixture(scope="module")
def server():
    with RawServer(answers={"/ws": echo}) as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}, entry_points=POINTS) as instance:
        yield instance


def upgraded(daemon, target="/ws", fields=WS, point="web", extra=b"", **options):
    client = RawClient(daemon.ports[point], **options)
    client.send(head("GET", target, fields) + extra)
    client.answer = client.response()
    return client


def test_http_services_7_handshake(daemon, server):
    with upgraded(daemon) as client:
        answer = client.answer
        assert (answer.status, answer.reason) == (101, "Switching Protocols")
        assert (answer.get("upgrade").lower(), answer.get("connection").lower()) == ("websocket", "upgrade")
        assert answer.get("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert not answer.has("content-length") and not answer.has("transfer-encoding")
        request = server.last if server.requests else None
        assert request.get("upgrade").lower() == "websocket" and request.get("connection").lower() == "upgrade"


@pytest.mark.parametrize("name", ["Sec-WebSocket-Key", "sec-websocket-version", "SEC-WEBSOCKET-PROTOCOL", "sec-websocket-extensions"])
def test_http_services_7_sec_websocket_spelling(daemon, server, name):
    fields = [f for f in WS if f[0].lower() != name.lower()] + [(name, "v")]
    with upgraded(daemon, fields=fields):
        names = [n for n in server.last.names() if n.lower() == name.lower()]
        assert names == ["Sec-WebSocket-" + name.split("-")[2].capitalize()]


def test_static_config_4_2_forwarded_proto_of_a_handshake_is_ws(daemon, server):
    with upgraded(daemon):
        assert server.last.all("x-forwarded-proto") == ["ws"]


def test_http_services_7_bytes_pass_both_ways_unchanged(daemon):
    payload = bytes(range(256)) * 40
    with upgraded(daemon) as client:
        for _ in range(5):
            client.send(payload)
            assert client.take(len(payload)) == payload


def test_http_services_7_a_lot_of_bytes(daemon):
    payload = bytes(i % 249 for i in range(1 << 20)) * 8
    with upgraded(daemon) as client:
        sender = threading.Thread(target=client.send, args=(payload,))
        sender.start()
        assert client.take(len(payload)) == payload
        sender.join()


def test_architecture_5_half_close_of_the_client_passes(daemon):
    """The server reads the end and still answers."""
    with upgraded(daemon) as client:
        client.send(b"last words")
        client.half_close()
        assert client.rest() == b"last wordsbye"
        assert client.ended == "eof"


def test_architecture_5_half_close_of_the_server_passes(daemon, server):
    taken = []

    def half(connection, _):
        connection.send(SWITCH + b"done")
        connection.half_close()
        while connection._read():
            pass
        taken.append(bytes(connection.received))
        connection.close()

    server.answers["/half"] = half
    with upgraded(daemon, "/half") as client:
        assert client.rest(1) == b"done"
        assert client.ended == "eof"
        client.send(b"still heard")
        client.half_close()
        assert wait_until(lambda: taken and taken[0].endswith(b"still heard"))


@pytest.mark.parametrize("end", ["close", "reset"])
def test_http_services_7_the_servers_end_ends_the_tunnel(daemon, server, end):
    server.answers["/end"] = lambda c, r: (c.send(SWITCH), getattr(c, end)()) and None
    with upgraded(daemon, "/end") as client:
        assert client.answer.status == 101
        assert client.is_closed()


def test_http_services_7_the_clients_reset_ends_the_tunnel(daemon, server):
    client = upgraded(daemon)
    connection = server.last.connection
    client.reset()
    assert wait_until(lambda: connection.closed)


def test_security_2_bytes_sent_before_the_101_wait_for_it(daemon, server):
    """They are no part of the request, and reach the server only in the tunnel."""
    gate = threading.Event()
    early = []

    def careful(connection, _):
        connection.socket.settimeout(0.3)
        try:
            early.append(connection.socket.recv(100))
        except TimeoutError:
            pass
        connection.socket.settimeout(None)
        gate.set()
        echo(connection)

    server.answers["/careful"] = careful
    with RawClient(daemon.port) as client:
        client.send(head("GET", "/careful", WS) + b"early bytes")
        assert gate.wait(5) and early == []
        assert client.response().status == 101
        assert client.take(11) == b"early bytes"


def test_security_2_bytes_of_the_server_right_behind_its_101(daemon, server):
    server.answers["/eager"] = lambda c, r: (c.send(SWITCH + b"eager"), c.wait_end()) and None
    with upgraded(daemon, "/eager") as client:
        assert client.take(5) == b"eager"


def test_static_config_4_timeouts_do_not_end_a_tunnel(daemon):
    with upgraded(daemon) as client:
        assert client.stays_open(1.5)
        client.send(b"x")
        assert client.take(1) == b"x"


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
def test_http_services_7_a_server_that_declines_gives_an_ordinary_answer(daemon, server, status):
    server.answers["/decline"] = reply(status, b"no")
    with upgraded(daemon, "/decline") as client:
        assert (client.answer.status, client.answer.body) == (status, b"no")
        assert client.ask(target="/next").status == 200


WRONG = {
    "another-token": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n",
    "no-token": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
    "two-tokens": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket, chat\r\n\r\n",
}


@pytest.mark.parametrize("row", WRONG, ids=["security-3-wrong-101-" + k for k in WRONG])
def test_wrong_101_is_502(daemon, server, row):
    server.answers["/wrong"] = WRONG[row]
    with upgraded(daemon, "/wrong") as client:
        assert client.answer.status == 502
        connection = server.last.connection
        assert wait_until(lambda: connection.closed)


def test_decision_15_any_token_passes(daemon, server):
    server.answers["/chat"] = lambda c, r: (c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: Chat/2\r\n\r\nhi"), c.wait_end()) and None
    with upgraded(daemon, "/chat", [("Connection", "keep-alive, Upgrade"), ("Upgrade", "chat/2")]) as client:
        assert client.answer.status == 101
        assert client.take(2) == b"hi"


def test_security_2_allowed_upgrades_are_made(daemon, server):
    server.answers["/chat"] = lambda c, r: (c.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat/2\r\n\r\nhi"), c.wait_end()) and None
    with upgraded(daemon, "/chat", [("Connection", "Upgrade"), ("Upgrade", "chat/2")], point="chats") as client:
        assert client.answer.status == 101
        assert client.take(2) == b"hi"


@pytest.mark.parametrize("fields", [WS, [("Connection", "Upgrade"), ("Upgrade", "chatter")]], ids=["websocket", "longer-name"])
def test_security_2_other_upgrades_are_left_out(daemon, server, fields):
    """What is left is a request like any other: nothing of a tunnel is in what the server sees, and the connection goes on."""
    with RawClient(daemon.ports["chats"]) as client:
        client.send(head("GET", "/plain", fields) + head("GET", "/second"))
        assert [client.response().status for _ in range(2)] == [200, 200]
    plain = next(r for r in reversed(server.requests) if r.target == "/plain")
    assert not plain.has("upgrade") and plain.get("connection", "") != "Upgrade"
    assert plain.all("x-forwarded-proto") == ["http"]


NOT_UPGRADES = {
    "post-with-body": ("POST", WS + [("Content-Length", "5")], b"hello", "HTTP/1.1"),
    "get-with-body": ("GET", WS + [("Content-Length", "5")], b"hello", "HTTP/1.1"),
    "get-chunked": ("GET", WS + [("Transfer-Encoding", "chunked")], chunked(b"hello"), "HTTP/1.1"),
    "post": ("POST", WS + [("Content-Length", "0")], b"", "HTTP/1.1"),
    "http-1.0": ("GET", WS, b"", "HTTP/1.0"),
    "no-connection-token": ("GET", [f for f in WS if f[0] != "Connection"], b"", "HTTP/1.1"),
    "connection-without-upgrade": ("GET", [("Connection", "Upgrade")], b"", "HTTP/1.1"),
    "two-tokens": ("GET", [("Connection", "Upgrade"), ("Upgrade", "websocket, chat")], b"", "HTTP/1.1"),
    "two-fields": ("GET", [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Upgrade", "chat")], b"", "HTTP/1.1"),
    "h2c": ("GET", [("Connection", "Upgrade"), ("Upgrade", "h2c")], b"", "HTTP/1.1"),
    "tls": ("GET", [("Connection", "Upgrade"), ("Upgrade", "TLS/1.2")], b"", "HTTP/1.1"),
}


@pytest.mark.parametrize("row", NOT_UPGRADES, ids=["security-2-no-upgrade-" + k for k in NOT_UPGRADES])
def test_without_the_conditions_the_field_is_dropped(daemon, server, row):
    method, fields, body, version = NOT_UPGRADES[row]
    with RawClient(daemon.port) as client:
        client.send(head(method, "/plain", fields, version) + body)
        answer = client.response()
        assert answer.status == 200
        assert not server.last.has("upgrade")


def test_security_2_a_200_never_opens_a_tunnel(daemon, server):
    server.answers["/fake"] = b"HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"
    with RawClient(daemon.port) as client:
        client.send(head("GET", "/fake", WS) + head("GET", "/second"))
        assert client.response().status == 200
        answer = client.response()
        assert answer.status == 200 and b"/second" in answer.body


def test_http_routing_beyond_websocket_disabled(daemon, server):
    before = server.received()
    with upgraded(daemon, point="off") as client:
        assert client.answer.status == 403
    assert server.received() == before
    assert ask(daemon.ports["off"]).status == 200


def test_http_routing_beyond_websocket_max_connections(daemon):
    first, second = upgraded(daemon, point="two"), upgraded(daemon, point="two")
    assert (first.answer.status, second.answer.status) == (101, 101)
    with upgraded(daemon, point="two") as third:
        assert third.answer.status == 503
    first.close()
    assert wait_until(lambda: _try(daemon) == 101)
    second.close()


def test_websockets_are_counted_for_all_workers_together(server):
    points = {"web": {"http": {"websocket": {"maxConnections": 5}}}}
    with site({"app": server}, entry_points=points, workers=4) as daemon:
        clients = [upgraded(daemon) for _ in range(20)]
        admitted = [client for client in clients if client.answer.status == 101]
        assert len(admitted) == 5 and all(client.answer.status == 503 for client in clients if client not in admitted)
        for worker in daemon.workers():  # what it held is given back
            os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda: len(daemon.workers()) == 4 and ask(daemon.port).status == 200)
        later = []
        assert wait_until(lambda: later.append(upgraded(daemon)) or sum(client.answer.status == 101 for client in later) == 5)
        for client in clients + later:
            client.close()


def _try(daemon):
    with upgraded(daemon, point="two") as client:
        return client.answer.status


def test_http_services_7_an_upgrade_goes_over_http1_to_a_server_of_http2(server):
    with site({"app": server.url.replace("http:", "h2c:")}) as daemon:
        with upgraded(daemon) as client:
            assert client.answer.status == 101
            client.send(b"hello")
            assert client.take(5) == b"hello"
