# SPDX-License-Identifier: MIT
"""HTTP/1 requests judged three times: by the daemon, by a strict reader of ours (lib.wire) and by h11, a reader of others.

Messages are drawn from proper ones and from oddities of request lines, fields and chunked bodies. What must never be: the daemon
accepts what the strict reader refuses, or takes a body of another length. h11 may differ where EXPLAINED says so and why.
"""
import os
import random
import re

import h11
import pytest

from lib.client import RawClient
from lib.daemon import site
from lib.server import RawServer
from lib.wire import Cut, ProtocolError, Reader

SEEDS = [int(s) for s in os.environ.get("POINTSMAN_TEST_SEED", "1 2").split()]
ALONE, DRAWN, TOGETHER = 10, 900, 25  # of each seed: messages with each oddity alone, and with any; connections at once
FOLLOWER = b"GET /after HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"


class Message:
    """A proper request that oddities change: each says False where there is nothing that it could change."""

    def __init__(self, draw, number, oddities=None):
        self.draw, self.label = draw, b"%06d" % number
        self.method, self.target, self.version = draw.choice([b"GET", b"POST", b"PUT", b"OPTIONS", b"BREW"]), draw.choice([b"/", b"/a/b?c=d", b"/%41"]), b"HTTP/1.1"
        self.line_end, self.before = b"\r\n", b""
        self.fields = [b"Host: app.test", b"X-Label: " + self.label]
        self.fields += draw.sample([b"Accept: */*", b"X-A:1", b"X-B: \t a b \t", b"Cookie: a=b; c=d", b"X-C: \xc3\xa9", b"X-Empty:"], draw.randrange(4))
        self.body, self.is_chunked = None, False
        self.chunks, self.trailers, self.last = [], [], b"0\r\n"
        if draw.random() < 0.7:
            self.body = draw.choice([b"", b"hello", b"0\r\n\r\n", bytes(range(256)), b"x" * 3000])
            self.is_chunked = draw.random() < 0.7
        if self.is_chunked:
            self.fields.append(b"Transfer-Encoding: chunked")
            at = sorted({0, len(self.body), *(draw.randrange(len(self.body) + 1) for _ in range(draw.randrange(3)))})
            self.chunks = [[b"%x" % (b - a), b"\r\n", self.body[a:b], b"\r\n"] for a, b in zip(at, at[1:])]
        elif self.body is not None:
            self.fields.append(b"Content-Length: %d" % len(self.body))
        self.odd = []
        for name in oddities or draw.sample(sorted(ODDITIES), draw.choice([0, 1, 1, 1, 1, 2])):
            if ODDITIES[name](self) is not False:
                self.odd.append(name)

    def bytes(self):
        head = self.line_end.join([b" ".join([self.method, self.target, self.version]), *self.fields, b"", b""])
        body = self.body or b""
        if self.is_chunked:
            body = b"".join(b"".join(chunk) for chunk in self.chunks) + self.last + b"".join(t + b"\r\n" for t in self.trailers) + b"\r\n"
        return self.before + head + body

    def any_chunk(self):
        return self.draw.choice(self.chunks) if self.chunks else None

    def set_line(self, **changes):
        for name, values in changes.items():
            setattr(self, name, self.draw.choice(values))

    def put(self, *lines):
        self.fields.insert(self.draw.randrange(1, len(self.fields) + 1), self.draw.choice(lines))

    def change_field(self, pattern, *replacements):
        at = [i for i, f in enumerate(self.fields) if re.match(pattern, f)]
        if not at:
            return False
        i = self.draw.choice(at)
        name, _, value = self.fields[i].partition(b":")
        self.fields[i] = self.draw.choice(replacements).replace(b"NAME", name).replace(b"VALUE", value.strip())

    def change_chunk(self, part, *replacements):
        chunk = self.any_chunk()
        if chunk is None:
            return False
        chunk[part] = self.draw.choice(replacements).replace(b"SIZE", chunk[part])

    def end(self, last=b"0\r\n", trailers=()):
        if not self.is_chunked:
            return False
        self.last, self.trailers = last, list(trailers)


LENGTH, CODING, ANY = rb"Content-Length", rb"Transfer-Encoding", rb"X-[ABC]|Accept|Cookie"
ODDITIES = {
    "empty-lines-before": lambda m: m.set_line(before=[b"\r\n", b"\r\n\r\n"]),
    "many-empty-lines-before": lambda m: m.set_line(before=[b"\r\n" * 3, b"\r\n" * 5]),
    "bare-lf": lambda m: m.set_line(line_end=[b"\n"]),
    "blank-in-the-line": lambda m: m.set_line(method=[b"GET ", b" GET", b"GE T"]),
    "tab-in-the-line": lambda m: m.set_line(method=[b"GET\t/"]),
    "method-no-token": lambda m: m.set_line(method=[b"G(T", b"", b"G\xe9T", b"G\x01T"]),
    "method-lower": lambda m: m.set_line(method=[b"get", b"x" * 32]),
    "method-long": lambda m: m.set_line(method=[b"X" * 33, b"Y" * 200]),
    "connect": lambda m: m.set_line(method=[b"CONNECT"], target=[b"app.test:80", b"/"]),
    "target-absolute": lambda m: m.set_line(target=[b"http://app.test/x", b"HTTP://app.test"]),
    "target-of-userinfo": lambda m: m.set_line(target=[b"http://a@app.test/x", b"http:///x", b"ftp://app.test/"]),
    "target-unrooted": lambda m: m.set_line(target=[b"a", b"?a", b"*", b"app.test:80"]),
    "target-fragment": lambda m: m.set_line(target=[b"/a#b"]),
    "target-control": lambda m: m.set_line(target=[b"/\x01", b"/a\x7f", b"/a\0b"]),
    "target-high": lambda m: m.set_line(target=[b"/\xc3\xa9"]),
    "version-odd": lambda m: m.set_line(version=[b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.9"]),
    "version-malformed": lambda m: m.set_line(version=[b"http/1.1", b"HTTP/1.1 ", b"HTTP/11", b"HTTP/1.1x", b""]),
    "version-1.0": lambda m: m.set_line(version=[b"HTTP/1.0"]),
    "name-blank": lambda m: m.change_field(ANY, b"NAME : VALUE", b"NAME\t:VALUE"),
    "name-no-token": lambda m: m.put(b"X(A): 1", b": 1", b"X\xe9: 1", b"X\0: 1"),
    "no-colon": lambda m: m.put(b"X-Nothing", b"X Nothing: 1"),
    "folded": lambda m: m.put(b" folded", b"\tfolded"),
    "value-nul": lambda m: m.put(b"X-A: a\0b"),
    "value-control": lambda m: m.put(b"X-A: a\x01b", b"X-A: \x7f", b"X-A: a\x1fb"),
    "value-space-like": lambda m: m.put(b"X-A: a\x0bb", b"X-A: a\x0cb"),
    "value-cr": lambda m: m.put(b"X-A: a\rb"),
    "host-missing": lambda m: m.change_field(rb"Host", b"X-Host: VALUE"),
    "host-twice": lambda m: m.put(b"Host: app.test", b"host: evil.test"),
    "host-malformed": lambda m: m.change_field(rb"Host", b"Host: a@app.test", b"Host: app.test/x", b"Host: app.test:x", b"Host: a b", b"Host: [::1"),
    "length-odd": lambda m: m.change_field(LENGTH, b"NAME: +VALUE", b"NAME: -VALUE", b"NAME: 0xVALUE", b"NAME:", b"NAME: VALUE 5", b"NAME: 'VALUE'"),
    "length-zeros": lambda m: m.change_field(LENGTH, b"NAME: 000VALUE"),
    "length-many-digits": lambda m: m.change_field(LENGTH, b"NAME: 0000000000000000VALUE", b"NAME: 00000000000000000000VALUE"),
    "length-list": lambda m: m.change_field(LENGTH, b"NAME: VALUE, VALUE", b"NAME: VALUE,VALUE"),
    "length-twice": lambda m: m.change_field(LENGTH, b"NAME: VALUE\r\nX-Between: 1\r\nNAME: VALUE"),
    "length-differing": lambda m: m.change_field(LENGTH, b"NAME: VALUE\r\nNAME: 1VALUE"),
    "both-framings": lambda m: m.change_field(CODING, b"NAME: VALUE\r\nContent-Length: 5", b"Content-Length: 0\r\nNAME: VALUE"),
    "coding-odd": lambda m: m.change_field(CODING, b"NAME: xchunked", b"NAME: gzip, chunked", b"NAME: chunked, identity", b"NAME: \x0bchunked", b"NAME: identity", b"NAME:"),
    "coding-upper": lambda m: m.change_field(CODING, b"NAME:CHUNKED", b"transfer-ENCODING: \tChunked "),
    "coding-twice": lambda m: m.change_field(CODING, b"NAME: VALUE\r\nNAME: VALUE"),
    "coding-list": lambda m: m.change_field(CODING, b"NAME: chunked, chunked", b"NAME: chunked,", b"NAME: ,chunked"),
    "expect-odd": lambda m: m.put(b"Expect: x", b"Expect: 100-continue, x"),
    "size-upper": lambda m: m.change_chunk(0, b"00SIZE", b"0SIZE"),
    "size-malformed": lambda m: m.change_chunk(0, b"+SIZE", b"-SIZE", b"0xSIZE", b"SIZEg", b"", b" SIZE", b"SIZE,"),
    "size-blank-behind": lambda m: m.change_chunk(0, b"SIZE ", b"SIZE\t"),
    "size-many-digits": lambda m: m.change_chunk(0, b"0" * 16 + b"SIZE", b"0" * 15 + b"1" + b"SIZE"),
    "size-off": lambda m: m.change_chunk(0, b"SIZE0", b"1", b"7fffffff"),
    "extension": lambda m: m.change_chunk(0, b"SIZE;a=b", b'SIZE;a="b;c"', b"SIZE;a", b"SIZE;a=b;c=d", b"SIZE;"),
    "extension-blank": lambda m: m.change_chunk(0, b"SIZE ;a=b", b"SIZE; a = b"),
    "extension-control": lambda m: m.change_chunk(0, b"SIZE;a=\x01", b"SIZE;\0", b"SIZE;a\x7f"),
    "extension-cr-or-lf": lambda m: m.change_chunk(0, b"SIZE;a\nb", b"SIZE;a\rb"),
    "extension-long": lambda m: m.change_chunk(0, b"SIZE;" + b"a" * 300),
    "chunk-line-lf": lambda m: m.change_chunk(1, b"\n", b"\r", b"\r\r\n", b"\n\r\n"),
    "chunk-end": lambda m: m.change_chunk(3, b"\n", b"", b"\r", b"xx", b"\r\nx", b"\r\n\r\n"),
    "last-zeros": lambda m: m.end(b"000\r\n"),
    "last-extension": lambda m: m.end(b"0;a=b\r\n"),
    "last-lf": lambda m: m.end(b"0\n"),
    "trailer": lambda m: m.end(trailers=[b"X-T: 1", b"x-u:2"]),
    "trailer-forbidden": lambda m: m.end(trailers=[m.draw.choice([b"Content-Length: 5", b"Host: evil.test", b"Transfer-Encoding: chunked"])]),
    "trailer-malformed": lambda m: m.end(trailers=[m.draw.choice([b"X T: 1", b": 1", b"X-T", b"X-T : 1"])]),
    "trailer-folded": lambda m: m.end(trailers=[b"X-T: 1", b" 2"]),
    "trailer-nul": lambda m: m.end(trailers=[b"X-T: \0"]),
    "trailer-control": lambda m: m.end(trailers=[b"X-T: a\x01", b"X-U: \x7f"]),
}

# What h11 and the daemon judge differently: who of the two accepts, and why the daemon does not, or does. "May" is the RFC's word.
EXPLAINED = {
    "empty-lines-before": ("daemon", "RFC 9112 section 2.2: at least one empty line before a request should be ignored"),
    "target-high": ("daemon", "RFC 9112 section 3.2 has no such bytes; Go and so Traefik pass them on, and no reader ends a line at them"),
    "bare-lf": ("h11", "RFC 9112 section 2.2: a line feed alone may be taken as a line end, by whoever does not fear the next reader"),
    "connect": ("h11", "RFC 9110 section 9.3.6: a tunnel, and this is no proxy for them (501)"),
    "method-long": ("h11", "RFC 9110 section 9.1 has no limit; ours is 32 bytes"),
    "target-of-userinfo": ("h11", "RFC 9110 section 4.2.4: userinfo is to be an error; other schemes and an empty authority are not ours to serve (section 4.2.1)"),
    "target-unrooted": ("h11", "RFC 9112 section 3.2: origin-form begins with a slash; the asterisk is for OPTIONS"),
    "target-fragment": ("h11", "RFC 9112 section 3.2: a target has no fragment, and servers differ about where its path ends"),
    "version-odd": ("h11", "RFC 9110 section 2.5: what a later version means is not known here"),
    "version-1.0": ("h11", "RFC 9112 section 6.1: a coding in a message of HTTP/1.0 makes its framing faulty"),
    "folded": ("h11", "RFC 9112 section 5.2: folding may be refused"),
    "value-control": ("h11", "RFC 9110 section 5.5: other control bytes are invalid and may be refused"),
    "host-malformed": ("h11", "RFC 9112 section 3.2: an invalid Host is answered with 400; h11 leaves that to its user"),
    "length-many-digits": ("h11", "RFC 9110 section 8.6: large numbers must not overflow; no more than 18 digits are read, zeros too"),
    "length-list": ("h11", "RFC 9110 section 8.6: a list of one number may be refused"),
    "length-twice": ("h11", "RFC 9110 section 8.6: the same number twice may be refused"),
    "both-framings": ("h11", "RFC 9112 section 6.3: both together may be refused, since it smells of smuggling"),
    "expect-odd": ("h11", "RFC 9110 section 10.1.1: an expectation that cannot be met may be answered with 417"),
    "size-blank-behind": ("h11", "RFC 9112 section 7.1: no blank behind a size"),
    "size-many-digits": ("h11", "RFC 9112 section 7.1: large numbers must not overflow; no more than 16 digits are read, zeros too"),
    "extension-control": ("h11", "RFC 9112 section 7.1.1: an extension is made of tokens and quoted strings"),
    "extension-cr-or-lf": ("h11", "RFC 9112 section 7.1.1: as above, and readers of bare line ends see another body"),
    "extension-long": ("h11", "RFC 9112 section 7.1.1: extensions ought to be limited; 256 bytes a line"),
    "trailer-folded": ("h11", "RFC 9112 section 5.2, as in the head"),
    "trailer-control": ("h11", "RFC 9110 section 5.5, as in the head"),
}


class ClientReader(Reader):
    """What a strict server takes from a client: also empty lines before a request (RFC 9112 section 2.2) and extensions of chunks (section 7.1.1)."""

    def request_head(self):
        for _ in range(2):
            while len(self.buffer) < 2 and self.fill():
                pass
            if self.buffer[:2] == b"\r\n":
                del self.buffer[:2]
        return super().request_head()

    def size_of(self, line):
        return super().size_of(re.sub(rb";[\t\x20-\x7e\x80-\xff]{0,255}\Z", b"", line, count=1))


def judged_strictly(data):
    """The body, or why there is none."""
    source = [data]
    try:
        request = ClientReader(lambda: source.pop() if source else b"").request()
    except (ProtocolError, Cut) as error:
        return None, repr(error)
    return request.body, ""


def judged_by_h11(data):
    connection, body = h11.Connection(h11.SERVER), b""
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(b"")
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return body, ""
    except h11.RemoteProtocolError as error:
        return None, repr(error)


def send_all(port, messages):
    clients = []
    for message in messages:
        client = RawClient(port)
        clients.append(client)
        client.send_quietly(message.bytes() + FOLLOWER)
        client.half_close()
    for client in clients:
        client.rest()
        client.close()


class Verdict:
    def __init__(self, message, ours):
        self.odd, self.ours, data = message.odd, ours, message.bytes() + FOLLOWER
        self.strictly, self.why_strictly = judged_strictly(data)
        self.by_h11, self.why_h11 = judged_by_h11(data)
        self.data = data

    def __repr__(self):
        verdicts = [None if body is None else len(body) for body in (self.ours, self.strictly, self.by_h11)]
        return "odd: %s; bodies (daemon, strict, h11): %s; %s; %s; %r" % (self.odd, verdicts, self.why_strictly, self.why_h11, self.data[:1000])

    def who(self):
        """Who accepts what h11 and the daemon judge differently; nothing where they do not."""
        if (self.ours is None) != (self.by_h11 is None):
            return "h11" if self.ours is None else "daemon"
        return None if self.ours == self.by_h11 else "both, another body"


def messages_of(seed):
    """Each oddity alone some times, then whatever comes."""
    draw = random.Random(seed)
    alone = [Message(draw, n, [name]) for n, name in enumerate(sorted(ODDITIES) * ALONE)]
    return alone + [Message(draw, n) for n in range(len(alone), len(alone) + DRAWN)]


@pytest.fixture(scope="module")
def verdicts():
    found = []
    for seed in SEEDS:
        messages = messages_of(seed)
        with RawServer() as server, site({"app": server}) as daemon:
            for first in range(0, len(messages), TOGETHER):
                send_all(daemon.port, messages[first : first + TOGETHER])
            seen = {r.get("x-label", "").encode(): r.body for r in list(server.requests) if r.target != "/after"}
        found += [Verdict(message, seen.get(message.label)) for message in messages]
    return found


def shown(wrong):
    return "seeds %s, %d of them:\n%s" % (SEEDS, len(wrong), "\n".join(map(repr, wrong[:20])))


def test_the_daemon_accepts_what_the_strict_reader_accepts_with_the_same_body(verdicts):
    wrong = [v for v in verdicts if v.ours is not None and v.ours != v.strictly]
    assert not wrong, shown(wrong)


def test_a_message_without_oddities_is_accepted_by_all(verdicts):
    wrong = [v for v in verdicts if not v.odd and (v.ours is None or v.ours != v.by_h11)]
    assert not wrong, shown(wrong)
    assert sum(not v.odd for v in verdicts) > len(verdicts) / 10


def test_where_h11_differs_there_is_a_reason(verdicts):
    wrong = [v for v in verdicts if v.who() and v.who() not in [EXPLAINED[name][0] for name in v.odd if name in EXPLAINED]]
    assert not wrong, shown(wrong)


def test_every_reason_is_needed(verdicts):
    needed = {(v.odd[0], v.who()) for v in verdicts if len(v.odd) == 1}
    assert {name for name, (who, _) in EXPLAINED.items() if (name, who) not in needed} == set()
