# SPDX-License-Identifier: MIT
"""10,000 streams at once over 10 connections: none is answered before all have reached the server, then all are."""
import asyncio
import contextlib
import resource

import grpc
import pytest

from lib import proc
from lib.daemon import balancer, is_sanitized, site
from lib.h2wire import H2Client
from lib.loop_server import LoopServer
from lib.wait import SLOW, wait_until

CONNECTIONS, EACH = 10, 1000
STREAMS = CONNECTIONS * EACH
POINTS = {"web": {"http2": {"maxConcurrentStreams": EACH}}}
PATIENCE = 60 * SLOW
KEPT = 16 << 20  # what a worker may keep for the next crowd


@contextlib.contextmanager
def memory_comes_back(daemon):
    worker = daemon.worker()
    before = proc.private(worker)
    yield
    if not is_sanitized():
        assert wait_until(lambda: proc.private(worker) - before < KEPT), "%d KiB more" % ((proc.private(worker) - before) // 1024)


# -- gRPC to a server of h2c ---------------------------------------------------------------------------------------------------------------
class Meeting(grpc.GenericRpcHandler):
    """A service that lets nobody go before all are there."""

    def __init__(self):
        self.here, self.peers, self.complete = 0, set(), asyncio.Event()

    def service(self, call):
        return grpc.unary_unary_rpc_method_handler(self.meet)

    async def meet(self, request, context):
        self.here += 1
        self.peers.add(context.peer())
        if self.here == STREAMS:
            self.complete.set()
        await self.complete.wait()
        return request[::-1]


async def call_all(daemon):
    async with contextlib.AsyncExitStack() as stack:
        options = [("grpc.use_local_subchannel_pool", 1)]  # a connection for each channel
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel("127.0.0.1:%d" % daemon.port, options=options)) for _ in range(CONNECTIONS)]
        calls = [channels[n % CONNECTIONS].unary_unary("/t.T/meet")(b"%d" % n, timeout=PATIENCE) for n in range(STREAMS)]
        assert await asyncio.gather(*calls) == [(b"%d" % n)[::-1] for n in range(STREAMS)]


def test_calls_to_a_server_with_a_limit_of_its_own():
    async def work():
        limit, meeting = 700, Meeting()
        server = grpc.aio.server(handlers=[meeting], options=[("grpc.max_concurrent_streams", limit)])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            with site({"app": balancer("h2c://127.0.0.1:%d" % port)}, entry_points=POINTS) as daemon, memory_comes_back(daemon):
                await call_all(daemon)
                assert len(meeting.peers) >= STREAMS / limit
        finally:
            await server.stop(None)

    asyncio.run(work())


# -- to a server of HTTP/1.1: as many connections ------------------------------------------------------------------------------------------
class Slot(asyncio.Protocol):
    """One connection of a client, which asks for one thing at a time."""

    def __init__(self, server):
        self.server, self.head = server, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.head += data
        if self.head.endswith(b"\r\n\r\n"):
            self.server.waiting.append((self.transport, self.head.split(b" ", 2)[1]))
            self.head = b""


class Slots(LoopServer):
    """`waiting` has whoever asked, with the path, until answer()."""

    def __init__(self):
        super().__init__()
        self.waiting = []

    @contextlib.asynccontextmanager
    async def listen(self):
        async with await self.loop.create_server(lambda: Slot(self), "127.0.0.1", self.port, backlog=STREAMS) as listening:
            yield listening

    def answer(self):
        waiting, self.waiting = self.waiting, []
        for transport, path in waiting:
            transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))


@pytest.fixture
def descriptors():
    """As many as both ends of the connections take: here for the server's, the daemon takes for itself what it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < STREAMS + 1000:
        pytest.skip("no more than %d descriptors" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ask_all(daemon, server):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(H2Client(daemon.port, timeout=PATIENCE)).ready() for _ in range(CONNECTIONS)]
        asked = [(client, client.request(target="/%d" % n), b"/%d" % n) for n, client in enumerate(clients * EACH)]
        assert wait_until(lambda: len(server.waiting) == STREAMS, PATIENCE), "%d have come" % len(server.waiting)
        server.loop.call_soon_threadsafe(server.answer)
        for client, stream, path in asked:
            answer = client.answer(stream)
            assert (answer.status, bytes(answer.body)) == (200, path)
        assert not any(client.goaways for client in clients)


def test_requests_to_a_server_with_a_connection_for_each(descriptors):
    with Slots() as server, site({"app": server}, entry_points=POINTS) as daemon, memory_comes_back(daemon):
        ask_all(daemon, server)
