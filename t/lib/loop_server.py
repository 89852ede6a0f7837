# SPDX-License-Identifier: MIT
"""A server on an asyncio loop, in a thread of its own."""
import asyncio
import threading

from .ports import free_port
from .wait import SLOW


class LoopServer:
    """What serves is a subclass's listen(). `loop` is for call_soon_threadsafe."""

    def __init__(self):
        self.port = free_port()
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self._serve()), daemon=True)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def listen(self):
        """An asynchronous context manager; while it is open, `port` listens."""
        raise NotImplementedError

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(20 * SLOW)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(20 * SLOW)

    async def _serve(self):
        self.over = asyncio.Event()
        async with self.listen():
            self.ready.set()
            await self.over.wait()
