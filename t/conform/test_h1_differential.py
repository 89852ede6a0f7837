# SPDX-License-Identifier: MIT
"""HTTP/1 requests judged three times: by the daemon, by a strict reader of ours (lib.wire) and by h11, a reader of others.

Messages are drawn from proper ones and from oddities of request lines, fields and chunked bodies. What must never be: the daemon
accepts what the strict reader refuses, or takes a body of another length. h11 may differ where EXPLAINED says so and why.
"""
import os

import h11
import pytest

from lib import drawn
from lib.client import RawClient
from lib.daemon import site
from lib.drawn import ExtensionReader, Verdict, shown
from lib.server import RawServer
from lib.wire import Cut, ProtocolError

SEEDS = [int(s) for s in os.environ.get("POINTSMAN_TEST_SEED", "1 2").split()]
TOGETHER = 25  # connections at once
FOLLOWER = b"GET /after HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"

ODDITIES = {
    **drawn.ODDITIES,
    "empty-lines-before": lambda m: m.set(before=[b"\r\n", b"\r\n\r\n"]),
    "many-empty-lines-before": lambda m: m.set(before=[b"\r\n" * 3, b"\r\n" * 5]),
    "blank-in-the-line": lambda m: m.set(method=[b"GET ", b" GET", b"GE T"]),
    "tab-in-the-line": lambda m: m.set(method=[b"GET\t/"]),
    "method-no-token": lambda m: m.set(method=[b"G(T", b"", b"G\xe9T", b"G\x01T"]),
    "method-lower": lambda m: m.set(method=[b"get", b"x" * 32]),
    "method-long": lambda m: m.set(method=[b"X" * 33, b"Y" * 200]),
    "connect": lambda m: m.set(method=[b"CONNECT"], target=[b"app.test:80", b"/"]),
    "target-absolute": lambda m: m.set(target=[b"http://app.test/x", b"HTTP://app.test"]),
    "target-of-userinfo": lambda m: m.set(target=[b"http://a@app.test/x", b"http:///x", b"ftp://app.test/"]),
    "target-unrooted": lambda m: m.set(target=[b"a", b"?a", b"*", b"app.test:80"]),
    "target-fragment": lambda m: m.set(target=[b"/a#b"]),
    "target-control": lambda m: m.set(target=[b"/\x01", b"/a\x7f", b"/a\0b"]),
    "target-high": lambda m: m.set(target=[b"/\xc3\xa9"]),
    "version-odd": lambda m: m.set(version=[b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.9"]),
    "version-malformed": lambda m: m.set(version=[b"http/1.1", b"HTTP/1.1 ", b"HTTP/11", b"HTTP/1.1x", b""]),
    "version-1.0": lambda m: m.set(version=[b"HTTP/1.0"]),
    "host-missing": lambda m: m.change_field(rb"Host", b"X-Host: VALUE"),
    "host-twice": lambda m: m.put(b"Host: app.test", b"host: evil.test"),
    "host-malformed": lambda m: m.change_field(rb"Host", b"Host: a@app.test", b"Host: app.test/x", b"Host: app.test:x", b"Host: a b", b"Host: [::1"),
    "expect-odd": lambda m: m.put(b"Expect: x", b"Expect: 100-continue, x"),
}

EXPLAINED = {
    **drawn.EXPLAINED,
    "empty-lines-before": ("daemon", "RFC 9112 section 2.2: at least one empty line before a request should be ignored"),
    "target-high": ("daemon", "RFC 9112 section 3.2 has no such bytes; Go and so Traefik pass them on, and no reader ends a line at them"),
    "connect": ("h11", "RFC 9110 section 9.3.6: a tunnel, and this is no proxy for them (501)"),
    "method-long": ("h11", "RFC 9110 section 9.1 has no limit; ours is 32 bytes"),
    "target-of-userinfo": ("h11", "RFC 9110 section 4.2.4: userinfo is to be an error; other schemes and an empty authority are not ours to serve (section 4.2.1)"),
    "target-unrooted": ("h11", "RFC 9112 section 3.2: origin-form begins with a slash; the asterisk is for OPTIONS"),
    "target-fragment": ("h11", "RFC 9112 section 3.2: a target has no fragment, and servers differ about where its path ends"),
    "version-odd": ("h11", "RFC 9110 section 2.5: what a later version means is not known here"),
    "version-1.0": ("h11", "RFC 9112 section 6.1: a coding in a message of HTTP/1.0 makes its framing faulty"),
    "host-malformed": ("h11", "RFC 9112 section 3.2: an invalid Host is answered with 400; h11 leaves that to its user"),
    "expect-odd": ("h11", "RFC 9110 section 10.1.1: an expectation that cannot be met may be answered with 417"),
}


class Request(drawn.Message):
    oddities = ODDITIES

    def __init__(self, draw, number, oddities=None):
        super().__init__(draw, number)
        self.method, self.target, self.version = draw.choice([b"GET", b"POST", b"PUT", b"OPTIONS", b"BREW"]), draw.choice([b"/", b"/a/b?c=d", b"/%41"]), b"HTTP/1.1"
        self.draw_fields(b"Host: app.test")
        if draw.random() < 0.7:
            self.draw_body("chunked" if draw.random() < 0.7 else "length")
        self.make_odd(oddities)

    def start_line(self):
        return b" ".join([self.method, self.target, self.version])


class ClientReader(ExtensionReader):
    """What a strict server takes from a client: also empty lines before a request (RFC 9112 section 2.2)."""

    def request_head(self):
        for _ in range(2):
            while len(self.buffer) < 2 and self.fill():
                pass
            if self.buffer[:2] == b"\r\n":
                del self.buffer[:2]
        return super().request_head()


def judged_strictly(data):
    """The body, or why there is none."""
    source = [data]
    try:
        request = ClientReader(lambda: source.pop() if source else b"").request()
    except (ProtocolError, Cut) as error:
        return None, repr(error)
    return request.body, ""


def judged_by_h11(data):
    events, why = drawn.read_by_h11(h11.Connection(h11.SERVER), data)
    return (None if events is None else b"".join(e.data for e in events if isinstance(e, h11.Data))), why


def send_all(port, requests):
    clients = []
    for request in requests:
        client = RawClient(port)
        clients.append(client)
        client.send_quietly(request.bytes() + FOLLOWER)
        client.half_close()
    for client in clients:
        client.rest()
        client.close()


def verdict(request, ours):
    data = request.bytes() + FOLLOWER
    return Verdict(request, data, ours, judged_strictly(data), judged_by_h11(data))


@pytest.fixture(scope="module")
def verdicts():
    found = []
    for seed in SEEDS:
        requests = drawn.drawn(Request, seed)
        with RawServer() as server, site({"app": server}) as daemon:
            for first in range(0, len(requests), TOGETHER):
                send_all(daemon.port, requests[first : first + TOGETHER])
            seen = {r.get("x-label", "").encode(): r.body for r in list(server.requests) if r.target != "/after"}
        found += [verdict(request, seen.get(request.label)) for request in requests]
    return found


def test_the_daemon_accepts_what_the_strict_reader_accepts_with_the_same_body(verdicts):
    wrong = [v for v in verdicts if v.ours is not None and v.ours != v.strictly]
    assert not wrong, shown(wrong)


def test_a_message_without_oddities_is_accepted_by_all(verdicts):
    wrong = [v for v in verdicts if not v.odd and (v.ours is None or v.ours != v.by_h11)]
    assert not wrong, shown(wrong)
    assert sum(not v.odd for v in verdicts) > len(verdicts) / 10


def test_where_h11_differs_there_is_a_reason(verdicts):
    wrong = [v for v in verdicts if not v.is_explained_by(EXPLAINED)]
    assert not wrong, shown(wrong)


def test_every_reason_is_needed(verdicts):
    assert drawn.unneeded(verdicts, EXPLAINED) == set()
