# SPDX-License-Identifier: MIT
"""WebSocket clients that send and want each message back, and the server that returns it; one event loop in a thread.

A socket that ends by a going-away (RFC 6455 section 7.4.1) or at a leave() is no failure; any other end is.
"""
import asyncio

import websockets

from .clients import Clients
from .loop_server import LoopServer
from .tls_world import client_context
from .wait import SLOW

PATIENCE = 20 * SLOW
SIZES = (1, 125, 126, 20_000, 70_000)


class WebSocketServer(LoopServer):
    """A test that wants more than an echo overrides talk()."""

    options = {}  # of websockets.serve

    def listen(self):
        return websockets.serve(self.talk, "127.0.0.1", self.port, ping_interval=None, **self.options)

    async def talk(self, connection):
        try:
            async for message in connection:
                await connection.send(message)
        except websockets.ConnectionClosed:
            pass  # whose fault that is, the client says


class WebSocketLoad(Clients):
    def __init__(self, *ports, clients=4, tls_port=None):
        self.targets = [("ws", ports[n % len(ports)]) for n in range(clients)] + ([("wss", tls_port)] if tls_port else [])
        super().__init__(lambda: asyncio.run(self._all()), [()], PATIENCE)
        self.messages = 0

    async def _all(self):
        await asyncio.gather(*(self._client(*target) for target in self.targets))

    async def _client(self, scheme, port):
        context = client_context() if scheme == "wss" else None
        while not self.ends:
            try:
                async with websockets.connect("%s://127.0.0.1:%d/websocket" % (scheme, port), ssl=context, server_hostname="a.example" if context else None, ping_interval=None) as socket:
                    await self._talk(socket)
            except (OSError, asyncio.TimeoutError, AssertionError, websockets.WebSocketException) as error:
                self.note("websocket: %r" % error)
                await asyncio.sleep(0.05)

    async def _talk(self, socket):
        for turn in range(1000):  # then a new one: the upgrade is part of it
            if self.ends:
                return
            message = b"%d" % turn + b"m" * SIZES[turn % len(SIZES)]
            await socket.send(message)
            assert await asyncio.wait_for(socket.recv(), PATIENCE) == message, "another message came back"
            self.messages += 1
            await asyncio.sleep(0.01)
