# SPDX-License-Identifier: MIT
"""A client that sends exactly the bytes it is given and says how the connection ended."""
import socket
import struct
import time

from .wait import TIMEOUT
from .wire import Reader


def head(method="GET", target="/", fields=(), version="HTTP/1.1", host="app.test"):
    """The bytes of a request head; host None leaves the Host field out."""
    lines = ["%s %s %s" % (method, target, version)]
    if host is not None:
        lines.append("Host: %s" % host)
    lines += ["%s: %s" % field for field in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin1")


class RawClient:
    def __init__(self, port, host="127.0.0.1", source=None, timeout=TIMEOUT, receive_buffer=None, send_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if send_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self._read)
        self.ended = None  # "eof" or "reset", once the peer has ended the connection
        self.timeout = timeout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def address(self):
        return self.socket.getsockname()

    # -- sending
    def send(self, data):
        self.socket.sendall(data)

    def send_quietly(self, data):
        """Sends what the peer takes: one that has answered and gone is not an error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_slowly(self, data, step=1, delay=0.002):
        for at in range(0, len(data), step):
            self.send(data[at : at + step])
            time.sleep(delay)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # -- receiving
    def _read(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        if not data:
            self.ended = "eof"
        return data

    def response(self, method="GET"):
        return self.reader.response(method)

    def take(self, count):
        return self.reader.take(count)

    def until(self, pattern):
        while pattern not in self.reader.buffer:
            if not self.reader.fill():
                raise AssertionError("ended before %r: %r" % (pattern, bytes(self.reader.buffer)))
        return self.reader.take(self.reader.buffer.index(pattern) + len(pattern))

    def rest(self, timeout=None):
        """All that comes until the peer ends the connection (see .ended), or until nothing came for the time-out."""
        self.socket.settimeout(timeout or self.timeout)
        try:
            while self.reader.fill():
                pass
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(self.timeout)
        data = bytes(self.reader.buffer)
        self.reader.buffer.clear()
        return data

    def is_closed(self, within=TIMEOUT):
        """Whether the peer ends the connection in this time without another byte."""
        return self.rest(within) == b"" and self.ended is not None

    def stays_open(self, during=0.15):
        return self.rest(during) == b"" and self.ended is None

    # -- whole exchanges
    def request(self, method="GET", target="/", fields=(), body=None, host="app.test", version="HTTP/1.1"):
        fields = list(fields)
        if body is not None and not any(k.lower() == "transfer-encoding" for k, _ in fields):
            fields.append(("Content-Length", str(len(body))))
        self.send(head(method, target, fields, version, host) + (body or b""))

    def ask(self, method="GET", target="/", fields=(), body=None, host="app.test", version="HTTP/1.1"):
        self.request(method, target, fields, body, host, version)
        return self.response(method)


def ask(port, method="GET", target="/", fields=(), body=None, host="app.test", version="HTTP/1.1", source=None):
    """One exchange on a connection of its own."""
    with RawClient(port, source=source) as client:
        return client.ask(method, target, fields, body, host, version)


def chunked(*pieces, trailers=()):
    data = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n"
    return data + b"".join(("%s: %s\r\n" % t).encode("latin1") for t in trailers) + b"\r\n"
