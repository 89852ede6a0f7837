# SPDX-License-Identifier: MIT
"""From HTTP/2 to HTTP/1.1 no request becomes two: generated requests, and every byte that the server got is read in many ways.

Names, values, orders of pseudo fields, lengths, bodies and trailers are drawn from what is proper and from what has deceived others
(security.md sections 4 and 10). Whatever the daemon makes of one: the server got it once and as it was said, or not at all.
"""
import os
import random

import pytest

from lib.client import ask
from lib.daemon import site
from lib.h2wire import H2Client, data
from lib.readings import disagreements
from lib.server import RawServer
from lib.wait import wait_until
from lib.wire import ProtocolError

SEEDS = [int(s) for s in os.environ.get("POINTSMAN_TEST_SEED", "1 2 3 4").split()]
REQUESTS, TOGETHER = 800, 20  # of each seed; at once on one connection

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n"
EVIL = ["\r\n", "\n", "\r", "\0", "\t", " ", ":", "\x0b", "\x0c", "\x7f", "\x85", "\xa0", "\r\n ", "\r\n\r\n", "\r\nX-Injected: 1", "\r\nContent-Length: 0\r\n\r\n", "\r\nTransfer-Encoding: chunked",
        "\r\n\r\n" + SMUGGLED, " HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED, "\n\n" + SMUGGLED, "%0d%0a", "\\r\\n"]
NAMES = ["x-a", "accept", "user-agent", "cookie", "referer", "x-forwarded-for", "via", "range", "expect", "priority", "x_a", "forwarded"]
FRAMING = ["content-length", "transfer-encoding", "content_length", "transfer_encoding", "content-length ", " content-length", "Content-Length", "transfer-encoding\t", "content.length", "host",
           "connection", "upgrade", "te", "trailer", "keep-alive", "proxy-connection", "http2-settings", "x-http-method-override", "content-length\0", "transfer-encoding:chunked\r\nx", ""]
FRAMING_VALUES = ["0", "5", "1000", "-1", "+5", "0x5", "5, 5", "chunked", "identity", "chunked, identity", "xchunked", " chunked", "\x0bchunked", "close", "trailers", "gzip", "100-continue", "h2c", "app.test",
                  "evil.test", "", "99999999999999999999"]
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "BREW", "get", "CONNECT", "TRACE", "GET / HTTP/1.1\r\nX:", "GE T", "", "PRI"]
PATHS = ["/", "/a/b", "/a?b=c", "/%2e%2e/x", "/a//b", "/a;b", "*", "", "a", "//evil.test/x", "http://evil.test/", "/a b", "/a#b", "/\xe9", "/a\\b", "/a?b=c?d", "/?" + "q" * 3000]
HOSTS = ["app.test", "app.test:80", "[::1]:80", "evil.test", "a@app.test", "app.test/x", "app.test,evil.test", "", None, "app.test\r\nX-Injected: 1", "app.test evil.test"]
BODIES = [b"", b"hello", b"0\r\n\r\n", b"0\r\n\r\n" + SMUGGLED.encode(), SMUGGLED.encode(), b"5\r\nhello\r\n0\r\n\r\n", bytes(range(256)), b"\r\n\r\n", b"x" * 20000]


class Case:
    """One request: mostly proper, with one to three things that may not be."""

    def __init__(self, draw, number):
        self.label = "%06d" % number
        self.method, path, host = draw.choice(METHODS[:8]), draw.choice(PATHS[:6]), draw.choice(HOSTS[:3])
        self.fields = [(draw.choice(NAMES), "v%d" % draw.randrange(100)) for _ in range(draw.randrange(4))]
        self.body = draw.choice(BODIES) if draw.random() < 0.6 else None
        self.trailers = [("x-t", "1")] if self.body is not None and draw.random() < 0.2 else []
        if self.body is not None and draw.random() < 0.4:
            self.fields.append(("content-length", str(len(self.body))))
        scheme = "http"
        for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
            what = draw.randrange(9)
            if what == 0:
                self.method = draw.choice(METHODS)
            elif what == 1:
                path = draw.choice(PATHS) + draw.choice(["", *EVIL])
            elif what == 2:
                host = draw.choice(HOSTS)
            elif what == 3:
                self.fields.append((draw.choice(FRAMING), draw.choice(FRAMING_VALUES)))
            elif what == 4:
                self.fields.append((draw.choice(NAMES) + draw.choice(EVIL) + draw.choice(["", "b"]), "1"))
            elif what == 5:
                self.fields.append((draw.choice(NAMES), draw.choice(["", "a"]) + draw.choice(EVIL) + draw.choice(["", "b"])))
            elif what == 6:
                self.fields.append(("content-length", str(max(0, len(self.body or b"") + draw.choice([-1, 0, 1, 5, -5])))))
            elif what == 7:
                self.trailers.append((draw.choice(FRAMING + NAMES), draw.choice(FRAMING_VALUES + EVIL)))
            else:
                scheme = draw.choice(["https", "ftp", "http\r\nx: 1", ""])
        self.section = self.put_together(draw, path, host, scheme)
        self.is_for_the_proxy = (self.method, path) == ("OPTIONS", "*")
        self.pieces = self.cut(draw)

    def put_together(self, draw, path, host, scheme):
        pseudo = [(":method", self.method), (":scheme", scheme), (":path", path)] + ([(":authority", host)] if host is not None else [])
        draw.shuffle(pseudo)
        fields = [("x-label", self.label), *self.fields]
        draw.shuffle(fields)
        if draw.random() < 0.03:
            pseudo.append(draw.choice(pseudo))
        if draw.random() < 0.03:
            fields.insert(draw.randrange(len(fields) + 1), pseudo.pop())
        return pseudo + fields

    def cut(self, draw):
        if self.body is None:
            return []
        at = sorted(draw.randrange(len(self.body) + 1) for _ in range(draw.randrange(3)))
        return [self.body[a:b] for a, b in zip([0, *at], [*at, len(self.body)])]

    def send(self, client):
        ends = self.body is None and not self.trailers
        self.stream = client.open([(k.encode("latin1"), v.encode("latin1")) for k, v in self.section], end=ends)
        for n, piece in enumerate(self.pieces):
            self.send_piece(client, piece, n == len(self.pieces) - 1 and not self.trailers)
        if self.trailers:
            client.send(client.headers(self.stream, [(k.encode("latin1"), v.encode("latin1")) for k, v in self.trailers]))

    def send_piece(self, client, piece, end):
        for at in range(0, max(len(piece), 1), 16384):
            client.send(data(self.stream, piece[at : at + 16384], end and at + 16384 >= len(piece)))


ADDED = {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-server", "x-real-ip", "content-length", "transfer-encoding", "trailer", "te", "expect"}


def assert_faithful(case, request):
    """What the server got is what was said: no field, method or byte more."""
    sent = {k.lower().strip() for k, _ in case.section}
    assert request.method == case.method and len(request.all("host")) == 1
    assert {n.lower() for n in request.names()} <= sent | ADDED, request.head
    assert len(request.all("content-length")) + len(request.all("transfer-encoding")) <= 1
    # Of more bytes than were announced the server may have what was announced, before the rest came and reset the stream.
    said = [v for k, v in case.section if k == "content-length"]
    whole = case.body or b""
    assert request.body in (whole, whole[: int(said[0])] if said and said[0].isdigit() else whole), request.head
    assert {k.lower() for k, _ in request.trailers} <= {k for k, _ in case.trailers}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_becomes_two(seed):
    draw = random.Random(seed)
    points = {"web": {"http2": {"glitchBurst": 1000000}}}
    with RawServer() as server, site({"app": server}, entry_points=points) as daemon:
        answered = refused = 0
        known = {}
        for first in range(0, REQUESTS, TOGETHER):
            cases = [Case(draw, first + n) for n in range(TOGETHER)]
            with H2Client(daemon.port) as client:
                client.ready()
                for case in cases:
                    case.send(client)
                for case in cases:
                    answer = client.answer(case.stream)
                    assert answer.is_over, (case.section, case.trailers, client.goaways, client.ended)
                    case.served = answer.status is not None and answer.status < 400 and not case.is_for_the_proxy
                    answered, refused = answered + case.served, refused + (not case.served)
            known.update((c.label, c) for c in cases)
            check(server, known)
        assert_one_reading(server)
        assert answered > REQUESTS / 10 and refused > REQUESTS / 10, (answered, refused)


def check(server, cases):
    assert wait_until(lambda: {r.get("x-label") for r in server.requests} >= {c.label for c in cases.values() if c.served})
    seen = list(server.requests)
    labels = [r.get("x-label") for r in seen]
    assert set(labels) <= set(cases) and len(set(labels)) == len(labels), labels
    for request in seen:
        assert_faithful(cases[request.get("x-label")], request)


def assert_one_reading(server):
    for connection in list(server.connections):
        # Names that fold to those of framing have a test of their own below.
        found, _ = disagreements(bytes(connection.received), ("exact", "trimmed"))
        assert not found, (found[0], bytes(connection.received)[-3000:])
    assert not server.saw("X-Injected")
    assert not [e for e in server.errors if isinstance(e, ProtocolError)], server.errors


@pytest.mark.parametrize("name", ["content_length", "content.length", "transfer_encoding", "transfer.encoding"])
def test_security_2_a_name_that_folds_to_one_of_framing_never_reaches_a_server(name):
    """CGI and WSGI know no difference between `-` and `_`: what the proxy sets itself is deleted in all spellings."""
    value = "5" if "length" in name else "chunked"
    with RawServer() as server, site({"app": server}) as daemon:
        with H2Client(daemon.port) as client:
            assert client.ask(fields=[(name, value)]).status == 200
        assert ask(daemon.port, fields=[(name, value)]).status == 200
        assert [r.has(name) for r in server.requests] == [False, False]
