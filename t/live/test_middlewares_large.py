# SPDX-License-Identifier: MIT
"""Bodies far larger than memory, and many who wait: what middlewares hold stays bounded."""
import asyncio
import resource
import socket
import subprocess
import threading

import pytest

from lib.client import RawClient, head
from lib.daemon import is_sanitized, site
from lib.server import RawServer, reply
from lib.wait import wait_until

MIB = 1 << 20
SIZE = 64 * MIB if is_sanitized() else 1024 * MIB
MOST_MEMORY = 64 * MIB


def peak_memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:"))


class Bulk:
    """A server that keeps nothing: counts what it is sent, or sends zeros."""

    def __init__(self, sends=0):
        self.sends, self.received = sends, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            text = b""
            while b"\r\n\r\n" not in text:
                text += connection.recv(65536)
            top, _, body = text.partition(b"\r\n\r\n")
            lengths = [int(line.split(b":")[1]) for line in top.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            self.received = len(body)
            while lengths and self.received < lengths[0]:
                self.received += len(connection.recv(1 << 20))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % self.sends)
            block = bytes(MIB)
            for _ in range(self.sends // MIB):
                connection.sendall(block)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_large_download_through_compress(encoding):
    http = {"middlewares": {"m": {"compress": {}}}}
    with Bulk(sends=SIZE) as server:
        routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
        with site({"app": server.port}, routers, http=http) as daemon:
            curl = subprocess.Popen(["curl", "-sS", "-H", "Accept-Encoding: " + encoding, "http://127.0.0.1:%d/" % daemon.port], stdout=subprocess.PIPE)
            unpack = {"gzip": ["gzip", "-dc"], "zstd": ["/usr/bin/python3", "-c", "import sys, zstandard as z; z.ZstdDecompressor().copy_stream(sys.stdin.buffer, sys.stdout.buffer)"]}
            plain = subprocess.Popen(unpack[encoding], stdin=curl.stdout, stdout=subprocess.PIPE)
            size = 0
            while data := plain.stdout.read(MIB):
                size += len(data)
            assert (curl.wait(), plain.wait(), size) == (0, 0, SIZE)
            assert is_sanitized() or peak_memory(daemon.worker()) < MOST_MEMORY


def test_a_large_upload_through_buffering():
    http = {"middlewares": {"m": {"buffering": {"memRequestBodyBytes": MIB}}}}
    with Bulk() as server:
        routers = {"all": {"rule": "PathPrefix(`/`)", "service": "app", "middlewares": ["m"]}}
        points = {"web": {"transport": {"respondingTimeouts": {"readTimeout": "300s"}}}}
        with site({"app": server.port}, routers, points, http=http, static={"spillSize": 2 * SIZE}) as daemon:
            with RawClient(daemon.port, timeout=300) as client:
                client.send(head("PUT", "/", [("Content-Length", str(SIZE))]))
                block = bytes(MIB)
                for _ in range(SIZE // MIB):
                    client.send(block)
                assert client.response().status == 200
            assert server.received == SIZE
            assert is_sanitized() or peak_memory(daemon.worker()) < MOST_MEMORY


class SlowAuth:
    """Answers nobody until as many as were expected have asked."""

    def __init__(self, expected):
        self.expected, self.asked = expected, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.everybody = asyncio.Event()
        self.loop.run_until_complete(self._main())

    async def _main(self):
        server = await asyncio.start_server(self._answer, sock=self.listener)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.asked >= self.expected:
            self.everybody.set()
        await self.everybody.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\nX-User: ann\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


def test_a_thousand_wait_for_an_auth_server():
    count = 200 if is_sanitized() else 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    auth = SlowAuth(count)
    options = {"address": "http://127.0.0.1:%d/" % auth.port, "trustForwardHeader": False, "maxResponseBodySize": 100, "authResponseHeaders": ["X-User"]}
    with RawServer(default=reply(200, b"in")) as server:
        routers = {"guarded": {"rule": "Host(`app.test`)", "service": "app", "middlewares": ["m"]}, "free": {"rule": "Host(`free.test`)", "service": "app"}}
        with site({"app": server}, routers, http={"middlewares": {"m": {"forwardAuth": options}}}) as daemon:
            clients = [RawClient(daemon.port) for _ in range(count)]
            for client in clients[:-1]:
                client.send(head())
            assert wait_until(lambda: auth.asked == count - 1)
            with RawClient(daemon.port) as other:
                assert other.ask(host="free.test").body == b"in"
            clients[-1].send(head())
            assert [client.response().body for client in clients] == [b"in"] * count
            for client in clients:
                client.close()
