# SPDX-License-Identifier: MIT
"""A client of HTTP/2 that sends exactly the frames it is given and keeps every frame that comes.

What it sends is never checked: a frame is bytes, a field section is a list of (name, value) in any order and spelling. What it
receives is read strictly (RFC 9113, with hyperframe and hpack): a frame that the daemon may not send fails the test.
"""
import time

import hpack
from hyperframe.frame import Frame

from .client import RawClient
from .wait import TIMEOUT

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION, PRIORITY_UPDATE = (*range(10), 16)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 1, 1, 4, 8, 32
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR,
 CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED) = range(14)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 8, 9


# -- frames ----------------------------------------------------------------------------------------------------------------------------
def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """Any frame; `length` is what its head claims when that is not the truth."""
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def u32(number):
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


def settings(pairs=(), flags=0, stream=0):
    pairs = pairs.items() if isinstance(pairs, dict) else pairs
    return frame(SETTINGS, flags, stream, b"".join(key.to_bytes(2, "big") + u32(value) for key, value in pairs))


def ping(data=b"12345678", flags=0, stream=0):
    return frame(PING, flags, stream, data)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, u32(increment))


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, u32(code))


def goaway(last=0, code=NO_ERROR, stream=0, debug=b""):
    return frame(GOAWAY, 0, stream, u32(last) + u32(code) + debug)


def priority(stream, depends_on=0, weight=15):
    return frame(PRIORITY, 0, stream, u32(depends_on) + bytes([weight]))


def data(stream, payload=b"", end=False):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


def literal(name, value):
    """One field as HPACK's literal that never enters a table: its encoding depends on nothing that was sent before."""
    return b"\x10" + _string(name) + _string(value)


def _string(text):
    text = text.encode("latin1") if isinstance(text, str) else text
    return hpack.hpack.encode_integer(len(text), 7) + text


def get(path="/", method="GET", host="app.test", scheme="http", fields=()):
    """The field section of a proper request."""
    section = [(":method", method), (":scheme", scheme), (":path", path)] + ([(":authority", host)] if host is not None else [])
    return section + list(fields)


class Answer:
    """What came on one stream."""

    def __init__(self, stream):
        self.stream, self.status, self.fields, self.trailers = stream, None, [], []
        self.body = bytearray()
        self.interim = []  # (status, fields)
        self.ended = False  # END_STREAM was seen
        self.reset = None  # the code of RST_STREAM
        self.data_frames = 0

    @property
    def is_over(self):
        return self.ended or self.reset is not None

    def all(self, name):
        return [v for k, v in self.fields if k == name]

    def get(self, name, default=None):
        return next(iter(self.all(name)), default)

    def has(self, name):
        return bool(self.all(name))

    def __repr__(self):
        return "<stream %d: status %s, %d bytes, %s%s>" % (self.stream, self.status, len(self.body), "ended" if self.ended else "open",
                                                           "" if self.reset is None else ", reset %d" % self.reset)


class ReceivedWrong(AssertionError):
    """The daemon sent what RFC 9113 forbids."""


class H2Client:
    """`greets` False: not even the preface is sent. `credit` False: no window is ever given back. `acks` False: neither SETTINGS nor
    PING is answered. `tls` True or a context: over TLS, with ALPN h2."""

    def __init__(self, port, tls=False, greets=True, options=None, credit=True, acks=True, name="app.test", timeout=TIMEOUT, **socket_options):
        self.transport = _connect(port, tls, name, timeout, socket_options)
        self.timeout, self.credit, self.acks = timeout, credit, acks
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder(max_header_list_size=1 << 22)
        self.scheme = "https" if tls else "http"
        self.frames = []  # all that came, in order
        self.answers = {}
        self.goaways = []  # (last stream, code)
        self.settings = {INITIAL_WINDOW_SIZE: 65535, MAX_FRAME_SIZE: 16384}  # the daemon's
        self.settings_seen = self.settings_acks = 0
        self.pings, self.pongs = 0, []
        self.next_stream = 1
        self.window, self.windows = 65535, {}  # what may still be sent
        self._block = None
        if greets:
            self.send(PREFACE + settings(options or {}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.transport.close()

    @property
    def ended(self):
        """How the daemon ended the connection: "eof", "reset", the name of an alert, or None."""
        return self.transport.ended

    def close(self):
        self.transport.close()

    # -- sending
    def send(self, *frames):
        self.transport.send(b"".join(frames))

    def send_quietly(self, *frames):
        try:
            self.send(*frames)
        except OSError:
            pass

    def new_stream(self):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        return stream

    def headers(self, stream, section, end=True, huffman=True, extra=0, room=16384):
        """The frames of a field section: HEADERS, and CONTINUATION where one is not enough."""
        block = section if isinstance(section, (bytes, bytearray)) else self.encoder.encode(section, huffman)
        pieces = [block[at : at + room] for at in range(0, len(block), room)] or [b""]
        frames = []
        for at, piece in enumerate(pieces):
            flags = (END_HEADERS if at == len(pieces) - 1 else 0) | ((extra | (END_STREAM if end else 0)) if at == 0 else 0)
            frames.append(frame(CONTINUATION if at else HEADERS, flags, stream, piece))
        return b"".join(frames)

    def open(self, section, end=True, **options):
        """A new stream with this field section; its number."""
        stream = self.new_stream()
        self.send(self.headers(stream, section, end, **options))
        return stream

    def request(self, method="GET", target="/", fields=(), body=None, host="app.test", trailers=(), end=True):
        """A proper request on a new stream; its body waits for the daemon's windows. The number of the stream."""
        whole = end and body is None and not trailers
        stream = self.open(get(target, method, host, self.scheme, fields), end=whole)
        if body is not None:
            self.send_body(stream, body, end and not trailers)
        if trailers:
            self.send(self.headers(stream, list(trailers), end))
        return stream

    def send_body(self, stream, body, end=True, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        body = memoryview(body)
        self.windows.setdefault(stream, self.settings[INITIAL_WINDOW_SIZE])
        while True:
            room = min(self.window, self.windows[stream], self.settings[MAX_FRAME_SIZE], len(body))
            if room > 0 or not len(body):
                piece, body = body[:room], body[room:]
                self.window -= room
                self.windows[stream] -= room
                self.send(data(stream, bytes(piece), end and not len(body)))
                if not len(body):
                    return
            elif not self.pump(deadline) or self.answer_of(stream).is_over:
                raise AssertionError("no window for the rest of %d bytes: %r" % (len(body), self.answer_of(stream)))

    # -- receiving
    def answer_of(self, stream):
        return self.answers.setdefault(stream, Answer(stream))

    def pump(self, deadline):
        """Takes one frame; False when the connection has ended or the time is up."""
        left = deadline - time.monotonic()
        if left <= 0 and len(self.transport.reader.buffer) < 9:
            return False
        self.transport.socket.settimeout(max(left, 0.001))
        try:
            raw = self._take()
        except (TimeoutError, OSError):
            return False
        finally:
            self.transport.socket.settimeout(self.timeout)
        if raw is None:
            return False
        self._on_frame(*raw)
        return True

    def _take(self):
        reader = self.transport.reader
        while len(reader.buffer) < 9 or len(reader.buffer) < 9 + int.from_bytes(reader.buffer[:3], "big"):
            if not reader.fill():
                return None
        got, length = Frame.parse_frame_header(memoryview(bytes(reader.buffer[:9])))
        flags = reader.buffer[4]
        got.parse_body(memoryview(bytes(reader.buffer[9 : 9 + length])))
        got.payload_length = length
        del reader.buffer[: 9 + length]
        return got, flags

    def _on_frame(self, got, flags):
        self.frames.append(got)
        if len(self.frames) == 1 and got.type != SETTINGS:
            raise ReceivedWrong("the first frame is %r" % got)
        if got.type in (PUSH_PROMISE, PRIORITY):
            raise ReceivedWrong("a server's %r" % got)
        if self._block is not None and got.type != CONTINUATION:
            raise ReceivedWrong("%r within a field section" % got)
        if got.payload_length > 16384:
            raise ReceivedWrong("a frame of %d bytes" % got.payload_length)
        handler = {DATA: self._on_data, HEADERS: self._on_headers, CONTINUATION: self._on_headers, RST_STREAM: self._on_reset, SETTINGS: self._on_settings,
                   PING: self._on_ping, GOAWAY: self._on_goaway, WINDOW_UPDATE: self._on_window}.get(got.type)
        if handler:
            handler(got, flags)

    def _on_data(self, got, flags):
        answer = self.answer_of(got.stream_id)
        if answer.is_over or answer.status is None:
            raise ReceivedWrong("DATA in the wrong place: %r" % answer)
        answer.body += got.data
        answer.data_frames += 1
        answer.ended = bool(flags & END_STREAM)
        if self.credit and got.payload_length:
            more = b"" if answer.ended else window_update(got.stream_id, got.payload_length)
            self.send_quietly(window_update(0, got.payload_length), more)

    def _on_headers(self, got, flags):
        if got.type == HEADERS:
            self._block = [got.stream_id, bool(flags & END_STREAM), b""]
        if self._block is None or self._block[0] != got.stream_id:
            raise ReceivedWrong("CONTINUATION in the wrong place: %r" % got)
        self._block[2] += got.data
        if not flags & END_HEADERS:
            return
        (stream, ends, block), self._block = self._block, None
        self._on_section(self.answer_of(stream), [(k, v) for k, v in self._decoded(block)], ends)

    def _decoded(self, block):
        for name, value in self.decoder.decode(block, raw=True):
            yield name.decode("latin1"), value.decode("latin1")

    def _on_section(self, answer, section, ends):
        if answer.is_over:
            raise ReceivedWrong("HEADERS after the end: %r" % answer)
        _judge(section, is_trailers=answer.status is not None)
        if answer.status is not None:
            if not ends:
                raise ReceivedWrong("trailers without END_STREAM")
            answer.trailers = section
        elif 100 <= int(section[0][1]) < 200:
            if ends:
                raise ReceivedWrong("an interim answer with END_STREAM")
            answer.interim.append((int(section[0][1]), section[1:]))
        else:
            answer.status, answer.fields = int(section[0][1]), section[1:]
        answer.ended = ends

    def _on_reset(self, got, _):
        answer = self.answer_of(got.stream_id)
        if answer.reset is None:  # section 5.4.2: a second one may answer what still came
            answer.reset = got.error_code

    def _on_settings(self, got, flags):
        if flags & ACK:
            self.settings_acks += 1
            return
        before = self.settings[INITIAL_WINDOW_SIZE]
        self.settings.update(got.settings)
        for stream in self.windows:
            self.windows[stream] += self.settings[INITIAL_WINDOW_SIZE] - before
        self.settings_seen += 1
        if self.acks:
            self.send_quietly(settings(flags=ACK))

    def _on_ping(self, got, flags):
        if flags & ACK:
            self.pongs.append(got.opaque_data)
        elif self.acks:
            self.send_quietly(ping(got.opaque_data, ACK))

    def _on_goaway(self, got, _):
        if self.goaways and got.last_stream_id > self.goaways[-1][0]:
            raise ReceivedWrong("GOAWAY whose last stream grows")
        self.goaways.append((got.last_stream_id, got.error_code))

    def _on_window(self, got, _):
        if got.stream_id == 0:
            self.window += got.window_increment
        else:
            self.windows[got.stream_id] = self.windows.get(got.stream_id, self.settings[INITIAL_WINDOW_SIZE]) + got.window_increment

    # -- waiting
    def until(self, claim, timeout=None):
        """Takes frames until claim() holds; whether it does."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not claim():
            if not self.pump(deadline):
                return bool(claim())
        return True

    def listen(self, seconds):
        """Takes what comes in this time."""
        self.until(lambda: False, seconds)

    def answer(self, stream, timeout=None):
        """The answer, once it is over (or the connection is)."""
        answer = self.answer_of(stream)
        self.until(lambda: answer.is_over, timeout)
        return answer

    def ask(self, method="GET", target="/", fields=(), body=None, **more):
        return self.answer(self.request(method, target, fields, body, **more))

    def ready(self):
        """Both sides' SETTINGS have been exchanged and acknowledged."""
        assert self.until(lambda: self.settings_seen and self.settings_acks), "no SETTINGS: %r, ended %s" % (self.frames, self.ended)
        return self

    def alive(self):
        """A PING of its own is answered: all that was sent before has been read."""
        self.pings += 1
        word = b"alive%03d" % (self.pings % 1000)
        self.send_quietly(ping(word))
        return self.until(lambda: word in self.pongs)

    def end(self, timeout=None):
        """Waits for the end of the connection: the code of the last GOAWAY, "none" without one, or None when the connection goes on."""
        self.until(lambda: self.ended is not None, timeout)
        if self.ended is None:
            return None
        return self.goaways[-1][1] if self.goaways else "none"


def _connect(port, tls, name, timeout, options):
    if not tls:
        return RawClient(port, timeout=timeout, **options)
    from .tls_world import TlsClient, client_context

    client = TlsClient(port, name, client_context(alpn=["h2"]) if tls is True else tls, timeout=timeout, **options)
    assert client.socket.selected_alpn_protocol() == "h2", client.socket.selected_alpn_protocol()
    return client


FORBIDDEN = {"connection", "transfer-encoding", "keep-alive", "proxy-connection", "upgrade", "te"}


def _judge(section, is_trailers):
    """What a server may not send, RFC 9113 section 8."""
    pseudo = [k for k, _ in section if k.startswith(":")]
    if pseudo != ([] if is_trailers else [":status"]) or (not is_trailers and section[0][0] != ":status"):
        raise ReceivedWrong("pseudo fields %r" % section)
    for name, value in section:
        plain = name.lstrip(":")
        if not plain or plain != plain.lower() or any(not 0x20 < ord(c) < 0x7F or c == ":" for c in plain) or plain in FORBIDDEN:
            raise ReceivedWrong("field %r" % name)
        if value != value.strip(" \t") or any(c in value for c in "\0\r\n"):
            raise ReceivedWrong("value of %s: %r" % (name, value))
