#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A load generator that counts each request that fails: kept-alive connections and one-request connections, plain or TLS.

It runs as a process of its own. A request has failed when its connection was refused, reset or closed before the whole
answer was there, when the answer is not the expected one, or when none came in time. A server may end a kept connection
with the answer that says so, and in no other way: whoever closes between two answers without a word may cut the request
that is just on its way.
"""
import json
import os
import selectors
import signal
import socket
import ssl
import subprocess
import sys
import time

PATIENCE = 20.0  # seconds for one answer


class Client:
    """One connection after another to one port; a request as soon as the answer to the last one is there."""

    def __init__(self, load, port, kept, context):
        self.load, self.port, self.kept, self.context = load, port, kept, context
        self.sock = None
        self.session = None
        fields = b"" if kept else b"Connection: close\r\n"
        self.request = b"GET / HTTP/1.1\r\nHost: a.example\r\n" + fields + b"\r\n"

    def open(self):
        self.received, self.asked = b"", False
        self.began = time.monotonic()
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        except OSError as error:
            sock.close()
            return self.fail("connect: %s" % error)
        if self.context:
            sock = self.context.wrap_socket(sock, server_hostname="a.example", do_handshake_on_connect=False, session=self.session)
        self.sock = sock
        self.connected = False
        self.load.selector.register(sock, selectors.EVENT_WRITE, self)

    def close(self):
        if self.sock is None:
            return
        self.load.selector.unregister(self.sock)
        self.sock.close()
        self.sock = None

    def fail(self, why):
        self.load.note(self, why)
        self.close()
        self.load.later(self)

    def on_event(self):
        try:
            self.step()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError) as error:
            self.want(selectors.EVENT_WRITE if isinstance(error, ssl.SSLWantWriteError) else selectors.EVENT_READ)
        except OSError as error:
            self.fail("%s: %s" % ("answer" if self.asked else "connect", error))

    def want(self, events):
        self.load.selector.modify(self.sock, events, self)

    def step(self):
        if not self.connected:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            if self.context:
                self.sock.do_handshake()
                self.load.handshakes += 1
                self.load.resumed += bool(self.sock.session_reused)
            self.connected = True
            return self.ask()
        data = self.sock.recv(65536)
        if not data:
            return self.fail("closed %s the answer" % ("within" if self.received else "before"))
        self.received += data
        self.look()

    def ask(self):
        self.began = time.monotonic()
        self.asked = True
        self.sock.send(self.request)
        self.want(selectors.EVENT_READ)

    def look(self):
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n")[0])
        if len(self.received) < end + 4 + length:
            return
        if not head.startswith(b"http/1.1 200") or len(self.received) > end + 4 + length:
            return self.fail("answer: %r" % self.received[:80])
        self.load.requests += 1
        self.load.slowest = max(self.load.slowest, time.monotonic() - self.began)
        self.received = b""
        if b"connection: close" in head:
            self.load.closed += self.kept
            if self.context:
                self.session = self.sock.session
            self.close()
            return None if self.load.ends else self.open()
        if self.load.ends:
            return self.close()
        self.ask()


class Load:
    def __init__(self, options):
        self.options = options
        self.selector = selectors.DefaultSelector()
        self.requests = self.closed = self.handshakes = self.resumed = 0
        self.slowest = 0.0
        self.failed = []
        self.waiting = []
        self.ends = False
        context = None
        if options.get("tls"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        count = options["kept"] + options["fresh"]
        self.clients = [Client(self, options["ports"][i % len(options["ports"])], i < options["kept"], context) for i in range(count)]

    def note(self, client, why):
        if not self.ends or client.asked:
            self.failed.append("%.3f port %d %s: %s" % (time.time(), client.port, "kept" if client.kept else "fresh", why))

    def later(self, client):
        self.waiting.append((time.monotonic() + 0.05, client))

    def run(self):
        for client in self.clients:
            client.open()
        print("running", flush=True)
        end = None
        look = time.monotonic()
        while end is None or time.monotonic() < end:
            for key, _ in self.selector.select(0.05):
                if key.data.sock is key.fileobj:
                    key.data.on_event()
            now = time.monotonic()
            if self.ends and end is None:
                end = now + PATIENCE
            if self.ends and not any(c.sock for c in self.clients):
                break
            due, self.waiting = [w for w in self.waiting if w[0] <= now], [w for w in self.waiting if w[0] > now]
            for _, client in due:
                if not self.ends:
                    client.open()
            if now > look + 1:
                look = now
                for client in self.clients:
                    if client.sock and now > client.began + PATIENCE:
                        client.fail("no answer in %g s" % PATIENCE)
        print(json.dumps({"requests": self.requests, "closed": self.closed, "handshakes": self.handshakes, "resumed": self.resumed, "slowest": self.slowest, "failed": self.failed[:50], "failures": len(self.failed)}))


class Running:
    """The generator as a process, until stop() asks for its result."""

    def __init__(self, *ports, kept=8, fresh=4, tls=False):
        options = {"ports": ports, "kept": kept, "fresh": fresh, "tls": tls}
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.abspath(__file__), json.dumps(options)], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=3 * PATIENCE)
        return json.loads(out)


def all_resume(result, clients):
    """Every handshake but the first one of each client took up the session before it."""
    assert result["handshakes"] > 2 * clients, result
    assert result["resumed"] >= result["handshakes"] - clients, result


def main():
    load = Load(json.loads(sys.argv[1]))
    signal.signal(signal.SIGINT, lambda *_: setattr(load, "ends", True))
    load.run()


if __name__ == "__main__":
    main()
