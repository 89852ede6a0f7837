# SPDX-License-Identifier: MIT
"""A scripted HTTP/2 server: prior knowledge on a plain port, or ALPN h2 over TLS; keeps what it was sent.

The answer is chosen by the path of the request: answers["/x"] is bytes (a body for 200) or a function of the stream, called in
a thread of its own once the request is whole; one in early["/x"] is called as soon as the head is there. `default` answers the
rest. What python3-h2 finds wrong with the proxy's frames goes to `errors`: every test may ask for it to be empty.
"""
import json
import select
import socket
import ssl
import struct
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
from hyperframe.frame import Frame

from .ports import free_port
from .wait import TIMEOUT, wait_until
from .wire import Request

MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS, h2.settings.SettingCodes.INITIAL_WINDOW_SIZE
SETTINGS, PING, ACK = 4, 6, 1
PREFACE_LENGTH = 24


def describe(stream):
    request = stream.request
    facts = {"method": request.method, "target": request.target, "fields": request.fields, "pseudo": request.pseudo, "body": bytes(request.body).decode("latin1"),
             "trailers": request.trailers}
    stream.respond(200, json.dumps(facts).encode(), [("content-type", "application/json")])


class Stream:
    """One request and the ways to answer it. Every call may come from any thread."""

    def __init__(self, connection, number, fields):
        self.connection, self.number = connection, number
        request = self.request = Request()
        request.pseudo = {k: v for k, v in fields if k.startswith(":")}
        request.fields = [(k, v) for k, v in fields if not k.startswith(":")]
        request.method, request.target = request.pseudo.get(":method"), request.pseudo.get(":path")
        request.version, request.body, request.stream = "HTTP/2", bytearray(), self
        self.whole = threading.Event()
        self.reset_by_client = None  # the code of its RST_STREAM
        self.gone = threading.Event()  # reset, or the connection has ended

    # -- answers
    def headers(self, status=200, fields=(), end=False):
        self.connection.act(lambda h: h.send_headers(self.number, [(":status", str(status)), *fields], end_stream=end))

    def interim(self, status=103, fields=()):
        self.headers(status, fields)

    def data(self, payload=b"", end=False):
        """Waits for the proxy's window where there is none."""
        payload = memoryview(payload)
        while True:
            room = self.connection.room(self, len(payload))
            if room is None:
                return
            piece, payload = payload[:room], payload[room:]
            last = not len(payload)
            self.connection.act(lambda h: h.send_data(self.number, bytes(piece), end_stream=end and last))
            if last:
                return

    def trailers(self, fields):
        self.connection.act(lambda h: h.send_headers(self.number, list(fields), end_stream=True))

    def respond(self, status=200, body=b"", fields=(), length=True):
        more = [("content-length", str(len(body)))] if length else []
        self.headers(status, [*fields, *more], end=not body)
        if body:
            self.data(body, end=True)

    def reset(self, code=h2.errors.ErrorCodes.INTERNAL_ERROR):
        self.connection.act(lambda h: h.reset_stream(self.number, code))


class Connection:
    def __init__(self, server, sock, peer):
        self.server, self.socket, self.peer = server, sock, peer
        config = h2.config.H2Configuration(client_side=False, header_encoding="latin1", validate_outbound_headers=False, normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        self.lock = threading.Condition(threading.RLock())
        self.streams = {}
        self.frames = []  # all that came: (type, flags, stream)
        self.received = bytearray()
        self.unparsed = bytearray()
        self.preface = b""
        self.most_at_once = 0
        self.closed = False
        self.ended = None  # how the other end ended it: "eof", "reset"

    # -- sending
    def act(self, action):
        """Does this with python3-h2's connection and sends what comes of it."""
        with self.lock:
            action(self.h2)
            self.flush()

    def flush(self):
        out = self.h2.data_to_send()
        if self.server.mute:
            out = _without_acks(out)
        if out and not self.server.silent:
            self.socket.sendall(out)

    def send(self, raw):
        """Bytes past python3-h2: frames of any kind."""
        with self.lock:
            self.socket.sendall(raw)

    def goaway(self, last=None, code=h2.errors.ErrorCodes.NO_ERROR):
        """By hand, so that the connection can go on."""
        last = max(self.streams, default=0) if last is None else last
        self.send(struct.pack("!HBBBLLL", 0, 8, 7, 0, 0, last, code))

    def credit(self, count, stream=0):
        self.act(lambda h: h.increment_flow_control_window(count, stream or None))

    def room(self, stream, wanted, timeout=TIMEOUT * 4):
        """How much of this may be sent now, once any may; None when the stream has gone."""
        with self.lock:
            def now():
                return 0 if wanted == 0 else min(wanted, self.h2.local_flow_control_window(stream.number), self.h2.max_outbound_frame_size)

            while not stream.gone.is_set() and not self.closed:
                if wanted == 0 or now() > 0:
                    return now()
                if not self.lock.wait(timeout):
                    break
        return None

    def close(self):
        self._close(socket.SHUT_RDWR)

    def reset(self):
        """Closes with RST: once the thread that reads has let go of the socket, which only this end's own shutdown makes it do."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close(socket.SHUT_RD)

    def _close(self, how):
        if self.closed:
            return self.socket.close()
        self.closed = True
        try:
            self.socket.shutdown(how)
        except OSError:
            pass
        self.socket.close()

    # -- receiving
    def _receive(self):
        """From TLS under the lock: OpenSSL's object may not be read and written at once."""
        if not isinstance(self.socket, ssl.SSLSocket):
            return self.socket.recv(65536)
        while True:
            if not self.socket.pending():
                select.select([self.socket], [], [])
            with self.lock:
                self.socket.setblocking(False)
                try:
                    return self.socket.recv(65536)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                finally:
                    self.socket.setblocking(True)

    def read(self):
        try:
            got = self._receive()
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        except (OSError, ValueError):
            return b""
        if not got:
            self.ended = "eof"
        self.received += got
        self._note(got)
        return got

    def _note(self, got):
        if len(self.preface) < PREFACE_LENGTH:
            take = PREFACE_LENGTH - len(self.preface)
            self.preface, got = self.preface + got[:take], got[take:]
        self.unparsed += got
        while len(self.unparsed) >= 9 and len(self.unparsed) >= 9 + int.from_bytes(self.unparsed[:3], "big"):
            head, length = Frame.parse_frame_header(memoryview(bytes(self.unparsed[:9])))
            self.frames.append((head.type, self.unparsed[4], head.stream_id))
            del self.unparsed[: 9 + length]

    def count(self, kind, ack=False):
        """How many frames of this kind came."""
        return sum(1 for k, flags, _ in list(self.frames) if k == kind and bool(flags & ACK) == ack)

    def serve(self):
        with self.lock:
            self.h2.local_settings.update(self.server.settings)
            self.h2.initiate_connection()
            if self.server.settings:
                self.h2.update_settings(self.server.settings)
            self.flush()
        while not self.closed:
            got = self.read()
            if not got:
                break
            with self.lock:
                for event in self.h2.receive_data(got):
                    self.on_event(event)
                self.flush()
                self.lock.notify_all()

    def on_event(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            self._on_request(event)
        elif isinstance(event, h2.events.DataReceived):
            stream.request.body += event.data
            if self.server.credit and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.request.trailers = [tuple(f) for f in event.headers]
        elif isinstance(event, h2.events.StreamEnded):
            stream.whole.set()
            self.server.requests.append(stream.request)
            if stream.request.path not in self.server.early:
                self._answer(self.server.answers.get(stream.request.path, self.server.default), stream)
        elif isinstance(event, h2.events.StreamReset) and stream:
            stream.reset_by_client = event.error_code
            stream.gone.set()

    def _on_request(self, event):
        stream = self.streams[event.stream_id] = Stream(self, event.stream_id, [tuple(f) for f in event.headers])
        stream.request.connection = self
        self.server.heads.append(stream)
        self.most_at_once = max(self.most_at_once, self.h2.open_inbound_streams)
        if stream.request.path in self.server.early:
            self._answer(self.server.early[stream.request.path], stream)

    def _answer(self, answer, stream):
        def run():
            try:
                if callable(answer):
                    answer(stream)
                else:
                    stream.respond(body=answer)
            except (OSError, ValueError, h2.exceptions.StreamClosedError, h2.exceptions.ProtocolError, AssertionError):
                stream.gone.wait(0.1)

        threading.Thread(target=run, daemon=True).start()


def _without_acks(out):
    kept = b""
    while out:
        length = 9 + int.from_bytes(out[:3], "big")
        if not (out[3] in (SETTINGS, PING) and out[4] & ACK):
            kept += out[:length]
        out = out[length:]
    return kept


class H2Server:
    """`pair` of certificate and key: TLS, and `alpn` what is offered. `settings` are the server's own. `credit` False: no window is
    given back. `mute`: neither SETTINGS nor PING is answered. `silent`: only what a script sends is sent at all."""

    def __init__(self, default=describe, answers=None, early=None, pair=None, alpn=("h2",), settings=None, credit=True, mute=False, silent=False, port=None,
                 on_connect=None):
        self.default, self.answers, self.early = default, dict(answers or {}), dict(early or {})
        self.settings, self.credit, self.mute, self.silent, self.on_connect = dict(settings or {}), credit, mute, silent, on_connect
        self.host, self.port = "127.0.0.1", port or free_port()
        self.context = _context(pair, alpn) if pair else None
        self.connections, self.requests, self.heads, self.errors, self.alpns = [], [], [], [], []
        self.listener = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % ("https" if self.context else "h2c", self.port)

    @property
    def last(self):
        return self.requests[-1]

    def start(self):
        self.listener = socket.create_server((self.host, self.port), backlog=512)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.listener = None
        for connection in list(self.connections):
            connection.close()

    def _accept(self, listener):
        while True:
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock, peer), daemon=True).start()

    def _serve(self, sock, peer):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=True)
                self.alpns.append(sock.selected_alpn_protocol())
        except OSError:
            sock.close()
            return
        connection = Connection(self, sock, peer)
        self.connections.append(connection)
        try:
            if self.on_connect:
                self.on_connect(connection)
            connection.serve()
        except h2.exceptions.ProtocolError as error:
            self.errors.append(error)
        except (OSError, ValueError):
            pass
        finally:
            connection.close()
            for stream in connection.streams.values():
                stream.gone.set()
            with connection.lock:
                connection.lock.notify_all()

    # -- what was seen
    def wait_requests(self, count, timeout=TIMEOUT):
        return wait_until(lambda: len(self.requests) >= count, timeout)

    def wait_heads(self, count, timeout=TIMEOUT):
        return wait_until(lambda: len(self.heads) >= count, timeout)

    def open_connections(self):
        return [c for c in list(self.connections) if not c.closed and c.ended is None]


def _context(pair, alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
