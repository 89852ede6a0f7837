# SPDX-License-Identifier: MIT
"""HTTP/1 answers of a server judged three times: by the daemon, by a strict reader of ours (lib.wire) and by h11, a reader of others.

Answers are drawn from proper ones and from oddities of status lines, fields, framing, chunks and ends. What must never be: the
client is given as whole what the strict reader finds cut or malformed, or another body; or bytes of one answer in the next. h11
may differ where EXPLAINED says so and why.
"""
import os
import re

import h11
import pytest

from lib import drawn
from lib.client import RawClient, head
from lib.daemon import site
from lib.drawn import ExtensionReader, Verdict, shown
from lib.server import RawServer, reply
from lib.wire import Cut, ProtocolError

SEEDS = [int(s) for s in os.environ.get("POINTSMAN_TEST_SEED", "1 2").split()]
TOGETHER = 25  # connections at once
FORGED = b"HTTP/1.1 200 OK\r\nX-Label: forged\r\nContent-Length: 6\r\n\r\nforged"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

ODDITIES = {
    **drawn.ODDITIES,
    "empty-line-before": lambda m: m.set(before=[b"\r\n", b"\n"]),
    "version-odd": lambda m: m.set(version=[b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9"]),
    "version-malformed": lambda m: m.set(version=[b"http/1.1", b" HTTP/1.1", b"HTTP/11", b"HTTP/1.10", b"ICY", b""]),
    "version-1.0": lambda m: m.set(version=[b"HTTP/1.0"]),
    "status-malformed": lambda m: m.set(status=[b"20", b"2000", b"abc", b"", b"-20", b"2e2", b" 200", b"200\t"]),
    "status-below-100": lambda m: m.set(status=[b"099", b"000", b"020"]),
    "status-high": lambda m: m.set(status=[b"600", b"999"]),
    "reason-none": lambda m: m.set(reason=[b"", b" "]),
    "reason-odd": lambda m: m.set(reason=[b" \xc3\xa9", b" a\tb", b"  x "]),
    "reason-control": lambda m: m.set(reason=[b" a\x01", b" \x7f", b" a\0b"]),
    "reason-cr": lambda m: m.set(reason=[b" a\rb"]),
    "interim": lambda m: m.set(before=[EARLY_HINTS, EARLY_HINTS * 20, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 199 X\r\nX-A: 1\r\n\r\n"]),
    "interim-framed": lambda m: m.set(before=[b"HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n"]),
    "interim-malformed": lambda m: m.set(before=[b"HTTP/1.1 103 Early Hints\r\nX : 1\r\n\r\n", b"HTTP/1.1 103\r\n X-A: 1\r\n\r\n"]),
    "interim-control": lambda m: m.set(before=[b"HTTP/1.1 103 \x01\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: \x01\r\n\r\n"]),
    "interims-too-many": lambda m: m.set(before=[EARLY_HINTS * 21]),
    "switched": lambda m: m.set(before=[b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"]),
    "connection": lambda m: m.put(b"Connection: close", b"Connection: keep-alive", b"Connection: X-A", b"Keep-Alive: timeout=5"),
    "body-of-204": lambda m: m.set(status=[b"204", b"304"]),
    "body-of-head": lambda m: m.set(method=["HEAD"], is_body_sent=[True]),
    "length-off": lambda m: m.change_field(drawn.LENGTH, b"NAME: 1VALUE", b"NAME: 1", b"NAME: 0"),
    "behind-an-answer": lambda m: m.set(behind=[FORGED]),
    "behind-bytes": lambda m: m.set(behind=[b"\0", b"x", b"0\r\n\r\n"]),
    "behind-a-line-end": lambda m: m.set(behind=[b"\r\n", b"\n"]),
    "cut": lambda m: m.set(kept=[m.draw.random()]),
    "reset": lambda m: m.set(ending=["reset"], kept=[m.draw.random(), 1]),
}

EXPLAINED = {
    **drawn.EXPLAINED,
    "version-odd": ("h11", "RFC 9110 section 2.5: what another version means is not known here"),
    "version-1.0": ("h11", "RFC 9112 section 6.1: a coding in a message of HTTP/1.0 makes its framing faulty"),
    "reason-control": ("h11", "RFC 9112 section 4: a reason has no control bytes"),
    "interim-control": ("h11", "RFC 9110 section 5.5 and RFC 9112 section 4, as in a final answer"),
    "interims-too-many": ("h11", "RFC 9110 section 15.2 has no limit; ours is 20"),
}


class Answer(drawn.Message):
    oddities = ODDITIES

    def __init__(self, draw, number, oddities=None):
        super().__init__(draw, number)
        self.method, self.client_version = draw.choice(["GET", "GET", "GET", "HEAD"]), draw.choice(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"])
        self.version, self.status, self.reason = b"HTTP/1.1", draw.choice([b"200", b"201", b"299", b"404", b"500"]), b" OK"
        self.draw_fields()
        self.draw_body(draw.choice(["length", "length", "chunked", "chunked", "chunked", "none"]))
        self.is_body_sent, self.behind, self.kept, self.ending = self.method != "HEAD", b"", 1, "close"
        self.make_odd(oddities)
        self.data = self.bytes()
        self.strictly = judged_strictly(self)

    def start_line(self):
        return self.version + b" " + self.status + self.reason

    def bytes(self):
        whole = super().bytes()
        if not self.is_body_sent:
            whole = whole[: whole.index(self.line_end * 2, len(self.before)) + 2 * len(self.line_end)]
        whole += self.behind
        return whole[: round(len(whole) * self.kept)]


class ServerReader(ExtensionReader):
    """What a strict client takes from a server: also no reason at all, as many write it. And whether that takes the connection's end."""

    status_line = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9][0-9])(?: |(?=\Z))([\t\x20-\x7e\x80-\xff]*)")

    def __init__(self, data):
        self.data, self.took_end = data, False
        super().__init__(self.give)

    def give(self):
        data, self.data = self.data, b""
        self.took_end = not data
        return data

    def judge_bodiless(self, response):
        """RFC 9112 section 6.3: such an answer ends at its head, whatever it announces against the rules."""


def judged_strictly(answer):
    """Status and body, or why there are none."""
    reader = ServerReader(answer.data)
    try:
        response = reader.response(answer.method)
        if response.status == 101:
            raise ProtocolError("another protocol, unasked")
        if reader.took_end and answer.ending == "reset":
            raise Cut("reset", response)
    except (ProtocolError, Cut) as error:
        answer.begun = error.message.body if isinstance(error, Cut) and error.message else answer.body
        return None, repr(error)
    answer.begun = response.body
    answer.ending = answer.ending if reader.took_end else "open"
    return (response.status, response.body), ""


def judged_by_h11(answer):
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=answer.method, target="/", headers=[("Host", "app.test")]))
    connection.send(h11.EndOfMessage())
    events, why = drawn.read_by_h11(connection, answer.data, is_reset=answer.ending == "reset")
    if events is None:
        return None, why
    [status] = [e.status_code for e in events if isinstance(e, h11.Response)]
    return (status, b"".join(e.data for e in events if isinstance(e, h11.Data))), why


def send(connection, request):
    """The answer that the request's path names, and its end; behind others a proper one, which says what was asked for."""
    answer = connection.server.drawn.get(request.path)
    if answer is None:
        return reply(200, request.path.encode())
    connection.send(answer.data)
    if answer.ending != "open":
        (connection.reset if answer.ending == "reset" else connection.close)()


class Client:
    """Asks for an answer, then for one behind it, on the same connection where that is kept."""

    def __init__(self, port, answer):
        self.port, self.answer, self.client = port, answer, RawClient(port)
        self.partly, self.is_kept = b"", False
        self.client.send(head(answer.method, "/%s" % answer.label.decode(), version=answer.client_version))

    def read(self):
        """What it takes for the server's answer; none is one that is cut, or a 502 that the daemon made."""
        try:
            response = self.client.response(self.answer.method)
            if self.client.ended == "reset":
                raise Cut("reset", response)
        except Cut as cut:
            self.partly = cut.message.body if cut.message else b""
            return None
        self.is_kept = self.answer.client_version == "HTTP/1.1" and not response.closes
        if response.status == 502 and not response.has("x-label"):
            return None
        return response.status, response.body

    def ask_on(self):
        if not self.is_kept:
            self.client.close()
            self.client = RawClient(self.port)
        self.client.send(head("GET", "/after/%s" % self.answer.label.decode()))

    def read_on(self):
        response = self.client.response()
        self.client.close()
        return response.status, response.body


class Exchange(Verdict):
    def __init__(self, client):
        answer = client.answer
        super().__init__(answer, answer.data, client.read(), answer.strictly, judged_by_h11(answer))
        self.client = client


def played(port, answers):
    exchanges = [Exchange(client) for client in [Client(port, answer) for answer in answers]]
    for exchange in exchanges:
        exchange.client.ask_on()
    for exchange in exchanges:
        exchange.next = exchange.client.read_on()
    return exchanges


@pytest.fixture(scope="module")
def exchanges():
    found = []
    for seed in SEEDS:
        answers = drawn.drawn(Answer, seed)
        with RawServer(default=send) as server, site({"app": server}) as daemon:
            server.drawn = {"/%s" % answer.label.decode(): answer for answer in answers}
            for first in range(0, len(answers), TOGETHER):
                found += played(daemon.port, answers[first : first + TOGETHER])
    return found


def test_a_client_is_given_what_the_strict_reader_finds_whole_with_the_same_body(exchanges):
    wrong = [e for e in exchanges if e.ours is not None and e.ours != e.strictly]
    assert not wrong, shown(wrong)


def test_what_a_client_is_given_before_a_cut_is_a_part_of_the_body(exchanges):
    wrong = [e for e in exchanges if not e.client.answer.begun.startswith(e.client.partly)]
    assert not wrong, shown(wrong)
    assert any(e.client.partly for e in exchanges)


def test_the_next_answer_holds_nothing_of_the_one_before(exchanges):
    wrong = [e for e in exchanges if e.next != (200, b"/after/" + e.client.answer.label)]
    assert not wrong, shown(wrong)
    assert any(e.client.is_kept for e in exchanges if e.odd)


def test_an_answer_without_oddities_is_accepted_by_all(exchanges):
    wrong = [e for e in exchanges if not e.odd and (e.ours is None or e.ours != e.by_h11)]
    assert not wrong, shown(wrong)
    assert sum(not e.odd for e in exchanges) > len(exchanges) / 10


def test_where_h11_differs_there_is_a_reason(exchanges):
    wrong = [e for e in exchanges if not e.is_explained_by(EXPLAINED)]
    assert not wrong, shown(wrong)


def test_every_reason_is_needed(exchanges):
    assert drawn.unneeded(exchanges, EXPLAINED) == set()
