# SPDX-License-Identifier: MIT
"""The bytes that a server of HTTP/1 got, read in the many ways in which servers have read them.

A request smuggled past the proxy is bytes in which one server sees one request and another sees two. So a stream of requests is
read strictly by `wire.Reader` and here by readers with each known leniency: about line ends, folded lines, blanks before the
colon, which framing wins, how a number is read. All must see the same requests at the same places.
"""
import itertools
import re

from .wire import Cut, ProtocolError, Reader

LINE_ENDS = {"crlf": rb"\r\n", "lf": rb"\r?\n", "cr": rb"\r\n?|\n", "nul": rb"\r\n|\0"}
FRAMINGS = ("coding-first", "length-first", "first-length", "last-length")
NAMES = ("exact", "trimmed", "folded")


class Incomplete(Exception):
    """The bytes end within a request."""


def strictly(data):
    """[(start, end, method, target)] of the requests that are whole; ProtocolError where the bytes are none."""
    source = [data]
    reader = Reader(lambda: source.pop() if source else b"")
    found = []
    try:
        while True:
            start = len(data) - len(reader.buffer) if not source else 0
            request = reader.request()
            if request is None:
                break
            found.append((start, len(data) - len(reader.buffer), request.method, request.target))
    except Cut:
        pass
    return found


class LenientReader:
    def __init__(self, line_end, framing, names):
        self.line_end, self.framing, self.names = re.compile(LINE_ENDS[line_end]), framing, names

    def line(self, data, at):
        match = self.line_end.search(data, at)
        if not match:
            raise Incomplete
        return data[at : match.start()], match.end()

    def head(self, data, at):
        first, at = self.line(data, at)
        fields = []
        while True:
            line, at = self.line(data, at)
            if not line:
                return first, fields, at
            if self.names != "exact" and line[:1] in b" \t" and fields:
                fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
                continue
            name, _, value = line.partition(b":")
            fields.append((self.name(name), value.strip(b" \t\x0b\x0c\0")))

    def name(self, name):
        if self.names == "exact":
            return name.lower()
        name = name.strip(b" \t\0").lower()
        return re.sub(rb"[_. ]", b"-", name) if self.names == "folded" else name

    def body(self, data, fields, at):
        lengths = [v for k, v in fields if k == b"content-length"]
        chunked = any(b"chunked" in v.lower() for k, v in fields if k == b"transfer-encoding")
        if chunked and (self.framing == "coding-first" or not lengths):
            return self.chunks(data, at)
        if not lengths:
            return at
        number = re.match(rb"\s*[+]?(\d+)", lengths[0 if self.framing != "last-length" else -1])
        end = at + (int(number[1]) if number else 0)
        if end > len(data):
            raise Incomplete
        return end

    def chunks(self, data, at):
        while True:
            line, at = self.line(data, at)
            number = re.match(rb"\s*(?:0x)?([0-9a-fA-F]+)", line)
            size = int(number[1], 16) if number else 0
            if size == 0:
                while line:
                    line, at = self.line(data, at)
                return at
            if at + size > len(data):
                raise Incomplete
            _, at = self.line(data, at + size)

    def requests(self, data):
        found, at = [], 0
        try:
            while at < len(data):
                first, fields, body = self.head(data, at)
                end = self.body(data, fields, body)
                words = first.split()
                found.append((at, end, *(w.decode("latin1") for w in (words + [b"", b""])[:2])))
                at = end
        except Incomplete:
            pass
        return found


READERS = {"%s, %s, %s" % combination: LenientReader(*combination) for combination in itertools.product(LINE_ENDS, FRAMINGS, NAMES)}


def disagreements(data, names=NAMES):
    """What the readers with these ways to take names say against the strict one; the requests that all of them see."""
    try:
        agreed = strictly(data)
    except ProtocolError as error:
        return ["strict: %s" % error], []
    wrong = []
    for label, reader in READERS.items():
        if reader.names in names and reader.requests(data) != agreed:
            wrong.append("%s: %r instead of %r" % (label, reader.requests(data)[-3:], agreed[-3:]))
    return wrong, agreed
