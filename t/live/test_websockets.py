# SPDX-License-Identifier: MIT
"""WebSocket as others speak it: the library `websockets` at both ends, and the daemon in between."""
import asyncio
import contextlib
import random

import pytest
import websockets
from websockets.extensions.permessage_deflate import PerMessageDeflate

from lib import proc
from lib.daemon import is_sanitized, site
from lib.tls_world import client_context, tls_site
from lib.wait import SLOW
from lib.websocket_load import WebSocketServer

MIB = 1 << 20
PATIENCE = 60 * SLOW


class Server(WebSocketServer):
    """What became of each connection is in `closed`."""

    options = {"max_size": 64 * MIB, "subprotocols": ["soap", "chat"]}

    def __init__(self):
        super().__init__()
        self.closed, self.requests = [], []

    async def talk(self, connection):
        self.requests.append(connection.request_headers)
        try:
            if connection.path == "/leave":
                return await connection.close(4321, "enough of this")
            async for message in connection:
                if connection.path == "/pieces":  # one frame a piece
                    await connection.send(message[at : at + 1000] for at in range(0, len(message), 1000))
                else:
                    await connection.send(message)
        finally:
            self.closed.append((connection.close_code, connection.close_reason))


@pytest.fixture(scope="module")
def server():
    with Server() as instance:
        yield instance


@pytest.fixture(scope="module")
def daemon(server):
    # Middlewares that look at bodies see none of a tunnel.
    links = {"packs": {"compress": {}}, "holds": {"buffering": {"memResponseBodyBytes": 1000}}, "pages": {"errors": {"status": ["101", "400-599"], "service": "app", "query": "/"}}}
    routers = {
        "bare": {"rule": "PathPrefix(`/`)", "service": "app"},
        "linked": {"rule": "PathPrefix(`/linked`)", "service": "app", "middlewares": list(links)},
    }
    with site({"app": server}, routers=routers, http={"middlewares": links}) as instance:
        yield instance


@contextlib.asynccontextmanager
async def connected(daemon, path="/", **options):
    options = {"max_size": 64 * MIB, "ping_interval": None, "open_timeout": PATIENCE, **options}
    async with websockets.connect("%s://127.0.0.1:%d%s" % ("wss" if "ssl" in options else "ws", daemon.port, path), **options) as client:
        yield client


def run(work):
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def bytes_of(size, seed=1):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("path", ["/", "/linked", "/pieces"])
def test_messages_of_every_kind(daemon, path):
    messages = ["", "grüße", b"", b"\0\xff", "x" * 125, "x" * 126, bytes_of(65535), bytes_of(65536), bytes_of(300001)]

    async def work():
        async with connected(daemon, path) as client:
            for message in messages:
                if path != "/pieces" or message:
                    await client.send(message)
                    assert await client.recv() == message

    run(work())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_fragments_make_one_message(daemon, compression):
    pieces = [bytes_of(size, size) for size in (1, 70000, 1, 2, 30000)]

    async def work():
        async with connected(daemon, compression=compression) as client:
            await client.send(pieces)
            assert await client.recv() == b"".join(pieces)

    run(work())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_large_messages_both_ways_at_once(daemon, compression):
    """Random ones, which no compression makes smaller: each passes as 16 MiB."""
    count = 1 if compression else 4
    messages = [bytes_of(16 * MIB, n) for n in range(count)]

    async def work():
        async with connected(daemon, compression=compression) as client:

            async def say():
                for message in messages:
                    await client.send(message)

            saying = asyncio.ensure_future(say())
            for message in messages:
                assert await client.recv() == message
            await saying

    before = proc.rss(daemon.worker())
    run(work())
    if not is_sanitized():
        assert proc.rss(daemon.worker()) - before < 8 * MIB


def test_compression_is_agreed_on_by_the_ends(daemon, server):
    async def work():
        async with connected(daemon, "/linked", compression="deflate") as client:
            assert any(isinstance(extension, PerMessageDeflate) for extension in client.extensions)
            for size in (10, 1000, 500000):
                await client.send("very much the same " * size)
                assert await client.recv() == "very much the same " * size
            assert "permessage-deflate" in server.requests[-1]["Sec-WebSocket-Extensions"]
        async with connected(daemon, compression=None) as client:
            await client.send("known to the server by now")
            await client.recv()
            assert not client.extensions and "Sec-WebSocket-Extensions" not in server.requests[-1]

    run(work())


def test_a_protocol_is_agreed_on_by_the_ends(daemon):
    async def work():
        async with connected(daemon, subprotocols=["chat"]) as client:
            assert client.subprotocol == "chat"

    run(work())


def test_pings_are_answered_by_the_other_end(daemon):
    async def work():
        async with connected(daemon) as client:
            await (await client.ping(b"are you there"))

    run(work())


def test_the_server_says_why_it_leaves(daemon):
    async def work():
        async with connected(daemon, "/leave") as client:
            with pytest.raises(websockets.ConnectionClosedError):
                await client.recv()
            assert (client.close_code, client.close_reason) == (4321, "enough of this")

    run(work())


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_the_client_says_why_it_leaves(daemon, server, code):
    async def work():
        known = server.closed.count((code, "bye"))
        async with connected(daemon) as client:
            await client.send("hello")
            await client.recv()
            await client.close(code, "bye")
        while server.closed.count((code, "bye")) == known:
            await asyncio.sleep(0.01)

    run(work())


def test_a_client_that_breaks_is_no_close(daemon, server):
    async def work():
        known = server.closed.count((1006, ""))
        async with connected(daemon) as client:
            client.transport.abort()
        while server.closed.count((1006, "")) == known:
            await asyncio.sleep(0.01)

    run(work())


def test_many_talk_at_once(daemon):
    async def talk(number):
        async with connected(daemon) as client:
            for turn in range(20):
                message = "%d %d " % (number, turn) * (1 + number * turn % 3000)
                await client.send(message)
                assert await client.recv() == message

    async def work():
        await asyncio.gather(*(talk(number) for number in range(100)))

    run(work())


def test_under_tls():
    message = bytes_of(5 * MIB)

    async def work(daemon):
        async with connected(daemon, ssl=client_context(), server_hostname="a.example") as client:
            for sent in ("hello", message):
                await client.send(sent)
                assert await client.recv() == sent

    with Server() as own, tls_site(own) as daemon:
        run(work(daemon))
