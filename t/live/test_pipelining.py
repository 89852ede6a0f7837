# SPDX-License-Identifier: MIT
"""Many requests in one write: every answer comes, whole and in order."""
import json
import time

import pytest

from lib.client import RawClient, chunked, head
from lib.daemon import site
from lib.server import RawServer, reply


@pytest.fixture(scope="module")
def server():
    with RawServer() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    with site({"app": server}) as instance:
        yield instance


def targets(client, count):
    return [json.loads(client.response().body)["target"] for _ in range(count)]


@pytest.mark.parametrize("count", [2, 50, 1000])
def test_answers_come_in_order(daemon, count):
    with RawClient(daemon.port) as client:
        client.send(b"".join(head(target="/%d" % i) for i in range(count)))
        assert targets(client, count) == ["/%d" % i for i in range(count)]


def test_a_slow_first_answer_holds_the_others_back(daemon, server):
    server.answers["/slow"] = lambda c, r: (time.sleep(0.3), reply(200, b'{"target": "/slow"}'))[1]
    with RawClient(daemon.port) as client:
        client.send(head(target="/slow") + head(target="/1") + head(target="/2"))
        assert targets(client, 3) == ["/slow", "/1", "/2"]


def test_bodies_of_every_kind_between_requests(daemon, server):
    pieces, bodies = [], []
    for i in range(30):
        body = bytes([65 + i % 26]) * (i * 997 % 5000)
        if i % 3 == 0:
            pieces.append(head("POST", "/%d" % i, [("Content-Length", str(len(body)))]) + body)
        elif i % 3 == 1:
            pieces.append(head("POST", "/%d" % i, [("Transfer-Encoding", "chunked")]) + (chunked(body, b"x") if body else chunked(b"x")))
            body += b"x"
        else:
            pieces.append(head("GET", "/%d" % i))
            body = b""
        bodies.append(body.decode())
    with RawClient(daemon.port) as client:
        client.send(b"".join(pieces))
        facts = [json.loads(client.response().body) for _ in pieces]
    assert [f["target"] for f in facts] == ["/%d" % i for i in range(30)]
    assert [f["body"] for f in facts] == bodies


def test_requests_cut_at_every_place(daemon):
    data = head("POST", "/a", [("Content-Length", "5")]) + b"hello" + head("GET", "/b") + head("POST", "/c", [("Transfer-Encoding", "chunked")]) + chunked(b"one", b"two")
    for at in range(1, len(data), 3):
        with RawClient(daemon.port) as client:
            client.send(data[:at])
            time.sleep(0.001)
            client.send(data[at:])
            assert targets(client, 3) == ["/a", "/b", "/c"]


def test_a_client_that_has_said_everything_gets_every_answer(daemon):
    """Half close behind the last request."""
    with RawClient(daemon.port) as client:
        client.send(head(target="/1") + head(target="/2") + head(target="/3"))
        client.half_close()
        assert targets(client, 3) == ["/1", "/2", "/3"]
        assert client.is_closed() and client.ended == "eof"


def test_a_refused_request_ends_the_queue(daemon, server):
    with RawClient(daemon.port) as client:
        client.send(head(target="/good") + b"BAD\x01 / HTTP/1.1\r\n\r\n" + head(target="/never"))
        assert targets(client, 1) == ["/good"]
        assert client.response().status == 400
        assert client.is_closed()
    assert "/never" not in server.targets()


def test_a_connection_close_in_the_queue_ends_it(daemon, server):
    with RawClient(daemon.port) as client:
        client.send(head(target="/one") + head(target="/last", fields=[("Connection", "close")]) + head(target="/beyond"))
        assert targets(client, 2) == ["/one", "/last"]
        assert client.is_closed()
    assert "/beyond" not in server.targets()


def test_large_answers_in_the_queue(daemon, server):
    server.answers["/large"] = reply(200, bytes(i % 251 for i in range(300_000)))
    with RawClient(daemon.port) as client:
        client.send(head(target="/large") * 20)
        time.sleep(0.2)
        for _ in range(20):
            assert len(client.response().body) == 300_000
