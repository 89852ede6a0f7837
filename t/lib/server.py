# SPDX-License-Identifier: MIT
"""An instrumented server: keeps every byte of every connection and answers as its script says.

An answer is chosen request by request, by the path of the request: answers["/x"] is bytes (sent as they are), or a function
(connection, request) that sends what it likes through the connection and may return bytes to send. `default` answers the
rest; it says 200 and describes the request in JSON. A function in `on_connect` sees the connection before anything is read,
one in `on_head` the head of a request before its body is read.
"""
import json
import socket
import struct
import threading
import time

from .ports import free_port
from .wait import TIMEOUT, wait_until
from .wire import Cut, ProtocolError, Reader


def reply(status=200, body=b"", fields=(), reason="OK", length=True):
    lines = ["HTTP/1.1 %d %s" % (status, reason)] + ["%s: %s" % f for f in fields]
    if length:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin1") + body


def describe(_, request):
    facts = {
        "method": request.method,
        "target": request.target,
        "version": request.version,
        "fields": request.fields,
        "body": request.body.decode("latin1"),
        "trailers": request.trailers,
        "framing": request.framing,
    }
    return reply(200, json.dumps(facts).encode(), [("Content-Type", "application/json")])


class Connection:
    def __init__(self, server, sock, peer):
        self.server, self.socket, self.peer = server, sock, peer
        self.received = bytearray()
        self.reader = Reader(self._read)
        self.requests = []
        self.closed = False
        self.ended = None  # how the other end ended it: "eof", "reset"

    def _read(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        except OSError:
            return b""
        if not data:
            self.ended = "eof"
        self.received += data
        return data

    def send(self, data):
        self.socket.sendall(data)

    def send_slowly(self, data, step=1, delay=0.002):
        for at in range(0, len(data), step):
            self.send(data[at : at + step])
            time.sleep(delay)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.closed = True
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def wait_end(self, timeout=TIMEOUT):
        """Reads until the proxy ends the connection; how it did, or None."""
        self.socket.settimeout(timeout)
        try:
            while self._read():
                pass
        except TimeoutError:
            pass
        return self.ended


class RawServer:
    def __init__(self, default=describe, answers=None, host="127.0.0.1", on_connect=None, on_head=None, name="", port=None, receive_buffer=None):
        self.default, self.answers = default, dict(answers or {})
        self.on_connect, self.on_head, self.name = on_connect, on_head, name
        self.host, self.port = host, port or free_port()
        self.receive_buffer = receive_buffer
        self.connections, self.requests, self.errors = [], [], []
        self.listener = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return "http://%s:%d" % ("[%s]" % self.host if ":" in self.host else self.host, self.port)

    def start(self):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.listener.bind((self.host, self.port))
        self.listener.listen(512)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """Ends the listener and every connection: from now on connecting is refused."""
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.listener = None
        for connection in list(self.connections):
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.socket.close()

    def _accept(self, listener):
        while True:
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock, peer)
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.on_connect:
                self.on_connect(connection)
            while not connection.closed:
                request = connection.reader.request_head()
                if request is None:
                    break
                request.connection = connection
                if self.on_head and self.on_head(connection, request):
                    continue
                connection.reader.request_body(request)
                connection.requests.append(request)
                self.requests.append(request)
                answer = self.answers.get(request.path, self.default)
                if callable(answer):
                    answer = answer(connection, request)
                if answer:
                    connection.send(answer)
        except (OSError, ValueError):
            pass
        except Cut as cut:
            self.errors.append(cut)
        except ProtocolError as error:
            self.errors.append(error)
        finally:
            try:
                connection.socket.close()
            except OSError:
                pass
            connection.closed = True

    # -- what was seen
    @property
    def last(self):
        return self.requests[-1]

    def received(self):
        return sum(len(c.received) for c in list(self.connections))

    def targets(self):
        return [r.target for r in list(self.requests)]

    def saw(self, text):
        """Whether this text was in any byte received."""
        data = text.encode("latin1") if isinstance(text, str) else text
        return any(data in bytes(c.received) for c in list(self.connections))

    def wait_requests(self, count, timeout=TIMEOUT):
        return wait_until(lambda: len(self.requests) >= count, timeout)

    def wait_connections(self, count, timeout=TIMEOUT):
        return wait_until(lambda: len(self.connections) >= count, timeout)

    def open_connections(self):
        return [c for c in list(self.connections) if not c.closed and c.ended is None]
