# SPDX-License-Identifier: MIT
"""Upgraded connections that carry much: every byte, both ends, bounded memory, spliced where that is possible and worth it."""
import contextlib
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from lib import proc
from lib.client import RawClient, head
from lib.daemon import is_sanitized, site
from lib.server import RawServer
from lib.tls_world import TlsClient, tls_site
from lib.wait import SLOW, wait_until

MIB = 1 << 20
SIZE = 64 * MIB  # more than the buffers of four sockets that the kernel has grown
UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "tunnel")]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tunnel\r\n\r\n"
DOWN = random.Random(1).randbytes(MIB)
UP = random.Random(2).randbytes(MIB)
PATIENCE = 60 * SLOW


def digest(block, size):
    """Of the block again and again, each time behind its number, so that no two places look alike."""
    sum_ = hashlib.sha256()
    for data in blocks(block, size):
        sum_.update(data)
    return sum_.hexdigest()


def blocks(block, size):
    for number in range(size // len(block)):
        yield number.to_bytes(8, "big") + block[8:]


def pour(sock, block, size):
    for data in blocks(block, size):
        sock.sendall(data)


class Swallow(threading.Thread):
    """Reads to the end, beside whoever started it: how much came, its digest, how it ended."""

    def __init__(self, sock, before=None):
        super().__init__(daemon=True)
        self.sock, self.count, self.sum, self.ended = sock, 0, before or hashlib.sha256(), None
        self.start()

    def run(self):
        room = bytearray(MIB)
        try:
            while got := self.sock.recv_into(room):
                self.sum.update(memoryview(room)[:got])
                self.count += got
            self.ended = "eof"
        except ConnectionResetError:
            self.ended = "reset"
        except OSError as error:
            self.ended = str(error)

    def result(self):
        self.join(PATIENCE)
        return self.ended, self.count, self.sum.hexdigest()


class Site:
    """A daemon in front of a server whose ends of the tunnels are handed to the test."""

    def __init__(self, front=site, client=RawClient, **options):  # those of front()
        self.arrived, self.over = [], threading.Event()
        self.server = RawServer(default=self.switch)
        self.daemon = front(self.server if front is tls_site else {"app": self.server}, **options)
        self.client = client

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.over.set()
        self.daemon.__exit__(*rest)
        self.server.stop()

    def switch(self, connection, _):
        connection.send(SWITCH)
        self.arrived.append(connection)
        while not connection.closed and not self.over.wait(0.05):
            pass

    def tunnel(self, **options):
        """The client's end, and the server's."""
        known = len(self.arrived)
        client = self.client(self.daemon.port, timeout=PATIENCE, **options)
        client.send(head("GET", "/", UPGRADE))
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        assert wait_until(lambda: len(self.arrived) > known)
        self.arrived[known].socket.settimeout(PATIENCE)
        return client, self.arrived[known]

    def access(self):
        """Of the one tunnel: bytes of the request, of the answer, of the server's answer."""
        lines = []
        assert wait_until(lambda: lines.extend(self.daemon.file("access.log").splitlines()) or lines)
        entry = json.loads(lines[0])
        return entry["RequestContentSize"], entry["DownstreamContentSize"], entry["OriginContentSize"]


LOGGED = {"static": {"accessLog": {"filePath": "access.log", "format": "json", "bufferingSize": 0}}}


@pytest.fixture
def world():
    with Site(**LOGGED) as instance:
        yield instance


def test_much_goes_both_ways_at_once(world):
    client, server = world.tunnel()
    heard = Swallow(client.socket), Swallow(server.socket)

    down = threading.Thread(target=lambda: (pour(server.socket, DOWN, SIZE), server.half_close()), daemon=True)
    down.start()
    pour(client.socket, UP, SIZE)
    client.half_close()
    down.join(PATIENCE)

    assert heard[0].result() == ("eof", SIZE, digest(DOWN, SIZE))
    assert heard[1].result() == ("eof", SIZE, digest(UP, SIZE))
    assert world.access() == (SIZE, SIZE, SIZE)


@pytest.mark.parametrize("ender", ["client", "server"])
def test_half_close_leaves_the_other_way_open(world, ender):
    client, server = world.tunnel()
    first, second = (client, server) if ender == "client" else (server, client)
    heard = Swallow(second.socket)
    pour(first.socket, UP, 8 * MIB)
    first.half_close()
    assert heard.result() == ("eof", 8 * MIB, digest(UP, 8 * MIB))

    heard = Swallow(first.socket)
    pour(second.socket, DOWN, SIZE)
    second.half_close()

    assert heard.result() == ("eof", SIZE, digest(DOWN, SIZE))


@pytest.mark.parametrize("reader", ["client", "server"])
def test_who_does_not_read_stops_the_other_end(world, reader):
    client, server = world.tunnel(receive_buffer=65536)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    to, from_ = (client, server) if reader == "client" else (server, client)
    worker = world.daemon.worker()
    before, sent = proc.rss(worker), [0]

    def send():
        for data in blocks(DOWN, SIZE):
            view = memoryview(data)
            while view:
                count = from_.socket.send(view)
                sent[0] += count
                view = view[count:]
        from_.half_close()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    early, room = hashlib.sha256(), bytearray(65536)
    count = 0
    while count < 8 * MIB:  # the flow is long by then
        got = to.socket.recv_into(room)
        early.update(memoryview(room)[:got])
        count += got
    stalled = [-1]
    assert wait_until(lambda: stalled.append(sent[0]) or stalled[-2] == stalled[-1] or time.sleep(0.2))
    assert sent[0] < SIZE, "all of it is on its way"
    if not is_sanitized():
        assert proc.rss(worker) - before < 4 * MIB

    heard = Swallow(to.socket, early)
    assert heard.result() == ("eof", SIZE - count, digest(DOWN, SIZE))
    sender.join(PATIENCE)


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_reset_in_the_middle_is_a_reset(world, who):
    client, server = world.tunnel()
    breaks, stays = (client, server) if who == "client" else (server, client)
    heard = Swallow(stays.socket)
    pour(breaks.socket, UP, 16 * MIB)
    breaks.reset()

    assert heard.result()[0] == "reset"
    other, end = world.tunnel()  # and nobody else minds
    other.send(b"ping")
    assert end.socket.recv(10) == b"ping"


def test_who_takes_nothing_is_cut_in_time():
    points = {"web": {"transport": {"sendStallTimeout": "1s"}}}
    with Site(entry_points=points, **LOGGED) as world:
        client, server = world.tunnel(receive_buffer=65536)
        with pytest.raises(ConnectionError):
            pour(server.socket, DOWN, SIZE)
        sent, answered, origin = world.access()
        assert 0 < answered <= origin <= SIZE and sent == 0


def test_a_tunnel_without_traffic_stays():
    """No time limit of an entry point is one of tunnels (static-config.md, readTimeout and idleTimeout)."""
    times = {"readTimeout": "400ms", "writeTimeout": "400ms", "idleTimeout": "400ms"}
    points = {"web": {"transport": {"respondingTimeouts": times, "sendStallTimeout": "400ms"}}}
    with Site(entry_points=points) as world:
        client, server = world.tunnel()
        heard = Swallow(client.socket)
        pour(server.socket, DOWN, 8 * MIB)  # long enough to be spliced
        time.sleep(1.2)
        assert heard.ended is None
        server.half_close()
        assert heard.result() == ("eof", 8 * MIB, digest(DOWN, 8 * MIB))


def test_more_tunnels_than_pipes(world):
    """200 clients that have stopped to read in the middle hold every pipe; the others are copied, and all get theirs."""
    size, count = 2 * MIB, 200
    tunnels = [world.tunnel(receive_buffer=65536) for _ in range(count)]
    worker = world.daemon.worker()
    before = proc.rss(worker)
    for _, server in tunnels:
        threading.Thread(target=lambda s=server: (pour(s.socket, DOWN, size), s.half_close()), daemon=True).start()
    time.sleep(1)
    if not is_sanitized():
        assert proc.rss(worker) - before < count * 400 * 1024

    heard = [Swallow(client.socket) for client, _ in tunnels]

    expected = "eof", size, digest(DOWN, size)
    assert all(one.result() == expected for one in heard)
    for client, server in tunnels:
        client.half_close()


# -- what moves the bytes ---------------------------------------------------------------------------------------------------------------
def can_trace():
    return shutil.which("strace") is not None and subprocess.run(["strace", "-o", "/dev/null", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


class Trace:
    """Bytes that the worker moved meanwhile: in and out by splice, and read by copying."""

    def __init__(self, world):
        self.path = os.path.join(world.daemon.folder, "trace")
        self.worker = world.daemon.worker()

    def __enter__(self):
        self.strace = subprocess.Popen(["strace", "-o", self.path, "-e", "trace=splice,recvfrom", "-p", str(self.worker)], stderr=subprocess.DEVNULL)
        assert wait_until(lambda: re.search(r"TracerPid:\t[1-9]", open("/proc/%d/status" % self.worker).read()))
        return self

    def __exit__(self, *_):
        self.strace.terminate()
        self.strace.wait()
        with open(self.path) as f:
            calls = re.findall(r"^(splice|recvfrom)\(.* = (\d+)$", f.read(), re.M)
        self.spliced = sum(int(count) for name, count in calls if name == "splice") // 2
        self.copied = sum(int(count) for name, count in calls if name == "recvfrom")


traced = pytest.mark.skipif(not can_trace(), reason="no strace, or a surrounding sandbox that forbids it")


@traced
@pytest.mark.parametrize("source", ["client", "server"])
def test_a_long_flow_is_spliced(world, source):
    client, server = world.tunnel()
    from_, to = (client, server) if source == "client" else (server, client)
    with Trace(world) as trace:
        heard = Swallow(to.socket)
        pour(from_.socket, DOWN, SIZE)
        from_.half_close()
        assert heard.result() == ("eof", SIZE, digest(DOWN, SIZE))
    assert trace.spliced + trace.copied == SIZE
    assert trace.copied < SIZE / 4


@traced
def test_middlewares_of_bodies_are_passed_by():
    links = {"packs": {"compress": {}}, "holds": {"buffering": {"memResponseBodyBytes": 1000}}}
    routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": list(links)}}
    with Site(routers=routers, http={"middlewares": links}) as world:
        client, server = world.tunnel()
        with Trace(world) as trace:
            heard = Swallow(client.socket)
            pour(server.socket, DOWN, SIZE)
            server.half_close()
            assert heard.result() == ("eof", SIZE, digest(DOWN, SIZE))
        assert trace.spliced > SIZE / 4 * 3


@traced
def test_a_chat_is_copied(world):
    client, server = world.tunnel()
    with Trace(world) as trace:
        for size in [10, 200, 4000, 15000] * 100:
            client.send(UP[:size])
            assert server.reader.take(size) == UP[:size]
            server.send(DOWN[:size])
            assert client.take(size) == DOWN[:size]
    assert trace.spliced == 0


@traced
def test_a_long_flow_and_then_a_chat(world):
    client, server = world.tunnel()
    for data in blocks(DOWN, 16 * MIB):
        server.send(data)
        assert client.take(len(data)) == data
    for _ in range(20):
        server.send(b"ping")
        assert client.take(4) == b"ping"
    with Trace(world) as trace:
        for _ in range(100):
            server.send(b"ping")
            assert client.take(4) == b"ping"
    assert trace.spliced == 0


@traced
def test_a_flow_under_tls_is_copied():
    with Site(front=tls_site, client=TlsClient) as world:
        client, server = world.tunnel()
        with Trace(world) as trace:
            server_heard = Swallow(server.socket)
            pour(client.socket, UP, 8 * MIB)
            assert wait_until(lambda: server_heard.count == 8 * MIB, PATIENCE)
            client_heard = Swallow(client.socket)
            pour(server.socket, DOWN, 8 * MIB)
            server.half_close()
            assert client_heard.result() == ("eof", 8 * MIB, digest(DOWN, 8 * MIB))
        assert trace.spliced == 0
        assert server_heard.sum.hexdigest() == digest(UP, 8 * MIB)


# -- the pipes --------------------------------------------------------------------------------------------------------------------------
def pipes_of(pid):
    """Sizes, by pipe. A worker that has just begun still closes descriptors."""
    sizes = {}
    for fd in os.listdir("/proc/%d/fd" % pid):
        path = "/proc/%d/fd/%s" % (pid, fd)
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(path).startswith("pipe:"):
                with open(path, "rb", opener=lambda p, flags: os.open(p, flags | os.O_NONBLOCK)) as f:
                    sizes[os.readlink(path)] = fcntl.fcntl(f, fcntl.F_GETPIPE_SZ)
    return sorted(sizes.values(), reverse=True)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="others have a quota, and only root may look into a worker")


@as_root
def test_pipes_of_root_are_large_in_each_worker():
    """64 × 256 KiB in four workers are the whole quota of a user (pipe-user-pages-soft); a second generation is not bound by it."""
    with Site(workers=8) as world:
        for worker in world.daemon.workers():
            assert pipes_of(worker)[:64] == [262144] * 64


@as_root
def test_few_descriptors_few_pipes():
    with Site(static={"rlimitNofile": 256, "workerConnections": 100}) as world:
        assert pipes_of(world.daemon.worker()).count(262144) == 8
        client, server = world.tunnel()
        heard = Swallow(client.socket)
        pour(server.socket, DOWN, 8 * MIB)
        server.half_close()
        assert heard.result() == ("eof", 8 * MIB, digest(DOWN, 8 * MIB))
