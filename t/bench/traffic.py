# SPDX-License-Identifier: MIT
"""What the measuring scripts of this folder share: a server of constant answers and a client of constant requests."""
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from lib.daemon import BINARY, Daemon, configuration  # noqa: E402
from lib.ports import free_port  # noqa: E402

BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: http://app.test/start\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nUpgrade-Insecure-Requests: 1\r\nPragma: no-cache\r\n"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: upstream\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 200\r\n"
    b"Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nETag: \"1234-5678\"\r\n\r\n" + b"x" * 200
)


def request(host="app.test", path="/index.html"):
    """A browser-like request of about 470 bytes."""
    return ("GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (path, host, BROWSER)).encode()


class Upstream:
    """Answers every request head with the same 200 bytes, on any number of connections."""

    def __init__(self):
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    @staticmethod
    def _serve(sock):
        held = b""
        while True:
            data = sock.recv(65536)
            if not data:
                return
            held += data
            count = held.count(b"\r\n\r\n")
            if count:
                held = held[held.rindex(b"\r\n\r\n") + 4 :]
                sock.sendall(ANSWER * count)


class Driver:
    """One kept connection, one request at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def drive(self, requests):
        for data in requests:
            self.socket.sendall(data)
            got = b""
            while not got.endswith(b"x" * 200):
                more = self.socket.recv(65536)
                if not more:
                    raise SystemExit("the daemon closed the connection: %r" % got[:200])
                got += more
            if not got.startswith(b"HTTP/1.1 200 "):
                raise SystemExit("not a 200: %r" % got[:200])


def routed(routers, upstream, **static):
    """A configuration with so many `Host && PathPrefix` routers, and a request for each of a sample of them."""
    rules = {"r%d" % i: {"rule": "Host(`h%d.bench.test`) && PathPrefix(`/p%d/`)" % (i, i), "service": "app"} for i in range(routers)}
    config = configuration({"app": upstream.port}, rules, log={"level": "ERROR"}, **static)
    step = max(1, routers // 500)
    return config, [request("h%d.bench.test" % i, "/p%d/index.html" % i) for i in range(0, routers, step)]


def repeat(requests, count):
    return [requests[i % len(requests)] for i in range(count)]


def verdict(name, value, target, unit=""):
    """Prints a line of the table; whether the target is met."""
    good = value <= target
    print("| %s | %s%s | <= %s%s | %s |" % (name, ("%.2f" % value).rstrip("0").rstrip("."), unit, target, unit, "pass" if good else "FAIL"))
    return good


HEADING = "| what | measured | target | |\n|---|---|---|---|"
__all__ = ["BINARY", "Daemon", "Driver", "HEADING", "Upstream", "free_port", "repeat", "request", "routed", "verdict"]
