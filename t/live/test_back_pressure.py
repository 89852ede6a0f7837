# SPDX-License-Identifier: MIT
"""A transfer of any size between a fast and a stalled peer costs a worker no memory (issue: 10 GiB within 64 MiB).

POINTSMAN_TEST_BYTES is the size of a transfer, 512 MiB by default.
"""
import os
import threading
import time

import pytest

from lib import proc
from lib.client import RawClient, head
from lib.daemon import site
from lib.server import RawServer
from lib.wait import SLOW

SIZE = int(os.environ.get("POINTSMAN_TEST_BYTES", str(512 << 20)))
BLOCK = bytes(range(256)) * 4096  # 1 MiB
LIMIT = 64 << 20
IN_FLIGHT = 24 << 20  # what sockets of the kernel and the proxy may hold between two stalled ends


class Watch(threading.Thread):
    """The largest resident size of a process while a test runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.before, self.peak, self.over = pid, proc.rss(pid), 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            try:
                self.peak = max(self.peak, proc.rss(self.pid))
            except OSError:
                return

    def check(self):
        self.over.set()
        self.join()
        assert self.peak - self.before < LIMIT, "grew by %d MiB" % ((self.peak - self.before) >> 20)


class Download:
    """Sends SIZE bytes and counts what the sockets took."""

    def __init__(self, chunked=False):
        self.sent, self.progress, self.chunked = 0, 0, chunked

    def __call__(self, connection, _):
        framing = b"Transfer-Encoding: chunked" if self.chunked else b"Content-Length: %d" % SIZE
        connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        view = memoryview(BLOCK)
        while self.sent < SIZE:
            if self.chunked:
                connection.send(b"%x\r\n" % len(BLOCK))
            at = 0
            while at < len(BLOCK):
                at += connection.socket.send(view[at : at + 65536])
                self.progress = self.sent + at
            self.sent += len(BLOCK)
            if self.chunked:
                connection.send(b"\r\n")
        if self.chunked:
            connection.send(b"0\r\n\r\n")
        self.progress = self.sent


def swallow(client, size):
    """Reads so many body bytes and checks each of them."""
    got = len(client.reader.buffer)
    assert bytes(client.reader.buffer) == (BLOCK * (got // len(BLOCK) + 1))[:got]
    client.reader.buffer.clear()
    room = bytearray(1 << 20)
    while got < size:
        count = client.socket.recv_into(room, min(len(room), size - got))
        assert count > 0, "ended %d bytes early" % (size - got)
        at = got % len(BLOCK)
        if at + count <= len(BLOCK):
            assert room[:count] == BLOCK[at : at + count]
        got += count
    return got


def test_download_with_a_stalled_client():
    server = RawServer(default=(download := Download()))
    with server, site({"app": server}, entry_points={"web": {"transport": {"sendStallTimeout": "60s"}}}) as daemon, RawClient(daemon.port, timeout=60 * SLOW) as client:
        watch = Watch(daemon.worker())
        client.send(head())
        time.sleep(0.8)
        stalled = download.progress
        assert stalled < min(SIZE, IN_FLIGHT), "%d MiB were taken from the server for a client that reads nothing" % (stalled >> 20)
        time.sleep(0.4)
        assert download.progress - stalled < 1 << 20
        client.until(b"\r\n\r\n")
        assert swallow(client, SIZE) == SIZE
        watch.check()


def test_chunked_download():
    server = RawServer(default=Download(chunked=True))
    with server, site({"app": server}) as daemon, RawClient(daemon.port, timeout=60 * SLOW) as client:
        watch = Watch(daemon.worker())
        client.send(head())
        client.until(b"\r\n\r\n")
        total, tail, room = len(client.reader.buffer), b"", bytearray(1 << 20)
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            count = client.socket.recv_into(room)
            assert count > 0, "cut"
            total += count
            tail = (tail + bytes(room[max(0, count - 16) : count]))[-16:]
        assert SIZE < total < SIZE * 1.02
        watch.check()


class Upload:
    """Reads a body with a pause in the middle."""

    def __init__(self):
        self.got, self.go = 0, threading.Event()

    def __call__(self, connection, request):
        if request.method != "POST":
            return None
        self.go.wait(30)
        self.got = len(connection.reader.buffer)
        connection.reader.buffer.clear()
        room = bytearray(1 << 20)
        while self.got < SIZE:
            count = connection.socket.recv_into(room, min(len(room), SIZE - self.got))
            if count == 0:
                connection.close()
                return True
            self.got += count
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        return True


def test_upload_to_a_stalled_server():
    upload = Upload()
    with RawServer(on_head=upload) as server, site({"app": server}) as daemon, RawClient(daemon.port, timeout=60 * SLOW) as client:
        watch = Watch(daemon.worker())
        sent = [0]

        def send():
            client.send(head("POST", "/", [("Content-Length", str(SIZE))]))
            view = memoryview(BLOCK)
            while sent[0] < SIZE:
                sent[0] += client.socket.send(view[: min(len(BLOCK), SIZE - sent[0])])

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        time.sleep(0.8)
        stalled = sent[0]
        assert stalled < min(SIZE, IN_FLIGHT), "%d MiB were taken from the client for a server that reads nothing" % (stalled >> 20)
        upload.go.set()
        assert client.response().body == b"done"
        sender.join()
        assert upload.got == SIZE
        watch.check()


@pytest.mark.parametrize("kind", ["download", "upload"])
def test_a_peer_that_leaves_in_the_middle_frees_everything(kind):
    server = RawServer(default=Download()) if kind == "download" else RawServer(on_head=lambda c, r: c.wait_end(20) or True)
    with server, site({"app": server}) as daemon:
        worker = daemon.worker()
        with RawClient(daemon.port) as probe:  # the pool has its first connection
            probe.send(head(target="/"))
            time.sleep(0.1)
        before = proc.descriptors(worker)
        clients = []
        for _ in range(5):
            client = RawClient(daemon.port)
            client.send(head("POST" if kind == "upload" else "GET", "/", [("Content-Length", str(SIZE))] if kind == "upload" else []))
            client.socket.setblocking(False)
            try:
                for _ in range(100):
                    client.socket.send(BLOCK)
            except BlockingIOError:
                pass
            clients.append(client)
        time.sleep(0.2)
        for client in clients:
            client.reset()
        deadline = time.monotonic() + 3 * SLOW
        while proc.descriptors(worker) > before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert proc.descriptors(worker) <= before
