# SPDX-License-Identifier: MIT
"""One client for both versions of HTTP, for tables that do not care which of them is spoken.

`ask` and `connect` speak what the test runs over: one under `over_both` runs over HTTP/1.1 and over HTTP/2, and its fixture
`spoken` (t/conform/conftest.py) is "h1" or "h2". HTTP/2 comes by prior knowledge, by ALPN where there is TLS. Either client
gives the Response of lib.wire, and raises Cut for an answer that did not come whole: for HTTP/2, one without END_STREAM.
"""
import time

import pytest

from . import h2wire, tls_world
from .client import RawClient, chunked, head
from .wait import TIMEOUT
from .wire import Cut, ProtocolError, Reader, Response

spoken = "h1"

over_both = pytest.mark.over_both


def h1_only(why):
    """A test, or a row, of a table under `over_both` that says nothing over HTTP/2."""
    return pytest.mark.h1_only(why)


class Client:
    """What both have in common. `context`: over TLS. `before`: bytes in front of everything, as the PROXY protocol has them."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.transport.close()

    @property
    def address(self):
        return self.transport.address

    @property
    def ended(self):
        return self.transport.ended

    def ask(self, *args, **request):
        self.request(*args, **request)
        return self.response()

    def has_begun(self, within=TIMEOUT):
        """Whether the head of the answer comes in this time."""
        return self._until(lambda: self._so_far() is not None, within)

    def wait_for(self, text, decode=bytes):
        """Until this text has come in the body, decoded; `response` still gives the whole of it."""

        def here():
            answer = self._so_far()
            return answer is not None and text in decode(answer.body)

        assert self._until(here, TIMEOUT), "%r does not come; the connection: %s" % (text, self.ended)


class H1(Client):
    def __init__(self, port, before=b"", context=None, **options):
        self.transport = tls_world.TlsClient(port, context=context, **options) if context else RawClient(port, **options)
        self.transport.send(before)
        self.awaited, self.is_chunked = [], False

    def request(self, method="GET", target="/", fields=(), body=None, host="app.test", version="HTTP/1.1"):
        self.awaited.append(method)
        self.transport.request(method, target, fields, body, host, version)

    def begin(self, method="POST", target="/", fields=(), host="app.test", length=None):
        """The head of a request whose body comes by `piece` and ends by `finish`."""
        self.awaited.append(method)
        self.is_chunked = length is None
        framing = ("Transfer-Encoding", "chunked") if self.is_chunked else ("Content-Length", str(length))
        self.transport.send(head(method, target, [*fields, framing], host=host))

    def piece(self, data):
        self.transport.send_quietly(b"%x\r\n%s\r\n" % (len(data), data) if self.is_chunked else data)

    def finish(self, trailers=()):
        if self.is_chunked:
            self.transport.send_quietly(chunked(trailers=trailers))

    def interim(self):
        """The next interim answer, as soon as it comes."""
        return self.transport.reader.response_head()

    def response(self):
        return self.transport.response(self.awaited.pop(0))

    def judge_end(self):
        """Whether it goes on is for the rows that are about it."""

    def _so_far(self):
        """What has come of the answer, which stays in the buffer; None before its head is whole."""
        reader = Reader(lambda: b"")
        reader.buffer[:] = self.transport.reader.buffer
        try:
            return reader.response(self.awaited[0])
        except Cut as cut:
            return cut.message

    def _until(self, claim, within):
        deadline = time.monotonic() + within
        try:
            while not claim() and self.ended is None and time.monotonic() < deadline:
                self.transport.socket.settimeout(max(deadline - time.monotonic(), 0.001))
                self.transport.reader.fill()
        except TimeoutError:
            pass
        finally:
            self.transport.socket.settimeout(self.transport.timeout)
        return claim()

    def is_closed(self, within=TIMEOUT):
        return self.transport.is_closed(within)

    def stays_open(self, during=0.15):
        return self.transport.stays_open(during)

    def leave(self):
        """Takes the request back."""
        self.transport.reset()


class H2(Client):
    def __init__(self, port, before=b"", context=None, **options):
        if context:
            context.set_alpn_protocols(["h2"])
        self.h2 = h2wire.H2Client(port, context or False, greets=False, **options)
        self.transport = self.h2.transport
        self.h2.send(before, h2wire.PREFACE, h2wire.settings())
        self.awaited, self.stream = [], None

    def request(self, method="GET", target="/", fields=(), body=None, host="app.test", version="HTTP/1.1"):
        assert version == "HTTP/1.1", "HTTP/1.0 is not spoken over HTTP/2"
        self._open(method, target, fields, host, None if body is None else len(body), end=body is None)
        if body is not None:
            self.piece(body, end=True)

    def begin(self, method="POST", target="/", fields=(), host="app.test", length=None):
        self._open(method, target, fields, host, length, end=False)

    def piece(self, data, end=False):
        try:
            self.h2.send_body(self.stream, data, end)
        except AssertionError:
            if not self.h2.answer_of(self.stream).is_over:  # whoever has answered need not hear the rest
                raise

    def finish(self, trailers=()):
        last = self.h2.headers(self.stream, _lower(trailers)) if trailers else h2wire.data(self.stream, end=True)
        self.h2.send_quietly(last)

    def interim(self):
        answer = self.h2.answer_of(self.awaited[0][0])
        assert self.h2.until(lambda: answer.interim), answer
        return _interim_of(*answer.interim.pop(0))

    def response(self):
        stream, method = self.awaited.pop(0)
        answer = self.h2.answer(stream)
        response = _response_of(answer)
        if not answer.ended:
            raise Cut("%r; the connection: %s, %s" % (answer, self.ended, self.h2.goaways), response if answer.status else None)
        _judge_length(response, method)
        return response

    def judge_end(self):
        """No answer to a proper request costs the connection."""
        if not self.h2.alive() or self.h2.goaways:
            raise ProtocolError("the connection: %s, %s" % (self.ended, self.h2.goaways))

    def _so_far(self):
        answer = self.h2.answer_of(self.awaited[0][0])
        return _response_of(answer) if answer.status else None

    def _until(self, claim, within):
        return self.h2.until(lambda: claim() or self.h2.answer_of(self.awaited[0][0]).is_over, within) and claim()

    def is_closed(self, within=TIMEOUT):
        return self.h2.end(within) is not None

    def stays_open(self, during=0.15):
        self.h2.listen(during)
        return self.ended is None and not self.h2.goaways

    def leave(self):
        self.h2.send(h2wire.rst_stream(self.awaited[0][0], h2wire.CANCEL))

    def _open(self, method, target, fields, host, length, end):
        framing = [] if length is None else [("content-length", str(length))]
        section = h2wire.get(target.encode("latin1"), method, host, self.h2.scheme, _lower([*fields, *framing]))
        self.stream = self.h2.open(section, end)
        self.awaited.append((self.stream, method))


def _lower(fields):
    return [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in fields]


def _response_of(answer):
    response = Response()
    response.version, response.status, response.fields = "HTTP/2.0", answer.status, answer.fields
    response.body, response.trailers = bytes(answer.body), answer.trailers
    response.framing = "length" if response.has("content-length") else "none"
    response.interim = [_interim_of(*one) for one in answer.interim]
    return response


def _interim_of(status, fields):
    response = Response()
    response.status, response.fields = status, fields
    return response


def _judge_length(response, method):
    """RFC 9113, section 8.1.1."""
    if method == "HEAD" or response.status in (204, 304):
        expected = "0"
    else:
        expected = response.get("content-length", str(len(response.body)))
    if expected != str(len(response.body)):
        raise ProtocolError("%d bytes instead of %s" % (len(response.body), expected))


def connect(port, **options):
    return {"h1": H1, "h2": H2}[spoken](port, **options)


def ask(port, *args, source=None, **request):
    """One exchange on a connection of its own."""
    with connect(port, source=source) as client:
        response = client.ask(*args, **request)
        client.judge_end()
        return response


def outcome(port, name="app.test", context=None, **options):
    """lib.tls_world's, over either version."""
    return tls_world.outcome(port, name, context or tls_world.client_context(), speak=connect, **options)
