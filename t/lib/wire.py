# SPDX-License-Identifier: MIT
"""A strict, slow reader of HTTP/1 messages, written from RFC 9112 and from nothing else.

It shares no code and no leniency with the daemon: what the daemon writes must pass here, or the test fails. A message that
ends early raises Cut (with what came before), one that is malformed raises ProtocolError.
"""
import re

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")
STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[01])")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class ProtocolError(Exception):
    """The peer wrote something that HTTP/1 does not allow."""


class Cut(Exception):
    """The connection ended inside a message."""

    def __init__(self, what, message=None):
        super().__init__(what)
        self.message = message


class Message:
    def __init__(self):
        self.fields = []  # (name as written, value), in order
        self.body = b""
        self.trailers = []
        self.framing = "none"  # none, length, chunked, close
        self.chunks = []  # sizes, the last chunk left out
        self.head = b""  # every byte of it, the empty line included

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def all(self, name):
        return [v for k, v in self.fields if k.lower() == name.lower()]

    def has(self, name):
        return bool(self.all(name))

    def names(self):
        return [k for k, _ in self.fields]


class Request(Message):
    method = target = version = ""

    @property
    def path(self):
        return self.target.partition("?")[0]


class Response(Message):
    def __init__(self):
        super().__init__()
        self.version, self.status, self.reason, self.interim = "", 0, "", []

    @property
    def closes(self):
        return "close" in [w.strip().lower() for v in self.all("connection") for w in v.split(",")]


def _fields(lines):
    fields = []
    for line in lines:
        match = FIELD.fullmatch(line)
        if not match:
            raise ProtocolError("malformed field line %r" % line)
        fields.append((match[1].decode("latin1"), match[2].decode("latin1")))
    return fields


class Reader:
    """Messages from read(), a function that gives some bytes, or b"" at the end."""

    status_line = STATUS_LINE

    def __init__(self, read):
        self.read = read
        self.buffer = bytearray()

    def fill(self):
        data = self.read()
        if not data:
            return False
        self.buffer += data
        return True

    def take(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise Cut("ended %d bytes early" % (count - len(self.buffer)))
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def line(self):
        start = 0
        while True:
            end = self.buffer.find(b"\n", start)
            if end >= 0:
                break
            start = len(self.buffer)
            if not self.fill():
                raise Cut("ended inside a line: %r" % bytes(self.buffer[:200]))
        data = self.take(end + 1)
        if not data.endswith(b"\r\n") or b"\r" in data[:-2]:
            raise ProtocolError("line does not end in CRLF alone: %r" % data)
        return data[:-2]

    def _head(self, message):
        first = self.line()
        lines, size = [], len(first) + 2
        raw = first + b"\r\n"
        while True:
            line = self.line()
            raw += line + b"\r\n"
            if not line:
                break
            lines.append(line)
            size += len(line) + 2
        message.head = raw
        message.fields = _fields(lines)
        return first

    def _framing(self, message):
        lengths, codings = message.all("content-length"), message.all("transfer-encoding")
        if lengths and codings:
            raise ProtocolError("both framings: %r" % message.head)
        if len(lengths) > 1 or len(codings) > 1:
            raise ProtocolError("framing more than once: %r" % message.head)
        if codings:
            if codings[0].lower() != "chunked":
                raise ProtocolError("unknown coding %r" % codings[0])
            return "chunked", 0
        if lengths:
            if not re.fullmatch(r"[0-9]{1,18}", lengths[0]):
                raise ProtocolError("malformed length %r" % lengths[0])
            return "length", int(lengths[0])
        return "none", 0

    def size_of(self, line):
        if not CHUNK_SIZE.fullmatch(line):
            raise ProtocolError("malformed chunk size %r" % line)
        return int(line, 16)

    def _chunked(self, message):
        body, is_inside = [], False
        try:
            while True:
                count = self.size_of(self.line())
                if count == 0:
                    break
                is_inside = True
                body.append(self.take(count))
                is_inside = False
                message.chunks.append(count)
                if self.take(2) != b"\r\n":
                    raise ProtocolError("chunk not followed by CRLF")
            lines = []
            while True:
                line = self.line()
                if not line:
                    break
                lines.append(line)
            message.trailers = _fields(lines)
        except Cut as cut:
            message.body = b"".join(body) + bytes(self.buffer if is_inside else b"")
            raise Cut(str(cut), message) from None
        message.body = b"".join(body)

    def _length(self, message, count):
        try:
            message.body = self.take(count)
        except Cut as cut:
            message.body = bytes(self.buffer)
            self.buffer.clear()
            raise Cut(str(cut), message) from None

    def request(self):
        """The next request, or None where the peer ended between two of them."""
        request = self.request_head()
        if request is not None:
            self.request_body(request)
        return request

    def request_head(self):
        if not self.buffer and not self.fill():
            return None
        request = Request()
        first = self._head(request)
        match = REQUEST_LINE.fullmatch(first)
        if not match:
            raise ProtocolError("malformed request line %r" % first)
        request.method, request.target, request.version = (g.decode("latin1") for g in match.groups())
        return request

    def request_body(self, request):
        request.framing, count = self._framing(request)
        if request.framing == "chunked":
            self._chunked(request)
        else:
            self._length(request, count)

    def response_head(self):
        response = Response()
        first = self._head(response)
        match = self.status_line.fullmatch(first)
        if not match:
            raise ProtocolError("malformed status line %r" % first)
        response.version, response.reason = match[1].decode(), match[3].decode("latin1")
        response.status = int(match[2])
        return response

    def judge_bodiless(self, response):
        """RFC 9112 section 6.1, RFC 9110 section 8.6: no framing may be announced in an interim answer or a 204."""
        if response.has("content-length") or response.has("transfer-encoding"):
            raise ProtocolError("framing in a %d" % response.status)

    def response(self, method="GET"):
        """The final answer to a request with this method; interim ones are kept in .interim."""
        interim = []
        while True:
            response = self.response_head()
            if response.status >= 200 or response.status == 101:
                break
            self.judge_bodiless(response)
            interim.append(response)
        response.interim = interim
        if response.status == 101 or (method == "CONNECT" and response.status < 300):
            return response
        framing, count = self._framing(response)
        if response.status == 204:
            self.judge_bodiless(response)
        if method == "HEAD" or response.status in (204, 304):
            return response
        if framing == "chunked" and response.version == "HTTP/1.0":
            raise ProtocolError("chunked in HTTP/1.0")
        response.framing = framing
        if framing == "chunked":
            self._chunked(response)
        elif framing == "length":
            self._length(response, count)
        else:
            response.framing = "close"
            while self.fill():
                pass
            response.body = bytes(self.buffer)
            self.buffer.clear()
        return response
