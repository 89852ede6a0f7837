# SPDX-License-Identifier: MIT
"""Connections that take their time beside a load: tunnels that stay open, downloads and uploads of some seconds.

All on one event loop in a thread. Each tunnel says something now and then and wants it back. `faults` names everything that
did not come to its end; tunnels that the far end has closed are counted in `tunnels_closed`, and it depends on the test
whether that is a fault.
"""
import asyncio
import threading

from .server import RawServer, reply

SLOW_STEPS, STEP_SECONDS, STEP_BYTES = 15, 0.1, 40000


def _tunnel(connection, _):
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
    while True:
        data = connection.socket.recv(4096)
        if not data:
            return None
        connection.send(data)


def _download(connection, _):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (SLOW_STEPS * STEP_BYTES))
    connection.send_slowly(b"d" * (SLOW_STEPS * STEP_BYTES), STEP_BYTES, STEP_SECONDS)


class Company:
    def __init__(self, tunnels=200, transfers=4):
        self.tunnels, self.transfers = tunnels, transfers
        self.faults, self.tunnels_closed, self.done = [], 0, 0
        self.server = RawServer()
        self.server.answers["/tunnel"] = _tunnel
        self.server.answers["/download"] = _download
        self.server.answers["/upload"] = self._answer_upload

    def _answer_upload(self, connection, request):
        size = len(request.body)
        request.body = b""
        connection.received.clear()
        self.server.requests.clear()
        return reply(200, b"%d" % size)

    def visit(self, port):
        self.port = port
        self.loop = asyncio.new_event_loop()
        self.ends = asyncio.Event()
        self.open = 0
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._run(),), daemon=True)
        self.thread.start()

    def leave(self):
        self.loop.call_soon_threadsafe(self.ends.set)
        self.thread.join(60)
        self.server.stop()
        # Every byte of the uploads is in here, and a process counts what its parent held at the fork.
        self.server.connections.clear()
        self.server.requests.clear()

    async def _run(self):
        work = [self._tunnel() for _ in range(self.tunnels)]
        work += [self._again(self._download) for _ in range(self.transfers)]
        work += [self._again(self._upload) for _ in range(self.transfers)]
        await asyncio.gather(*work)

    async def _again(self, transfer):
        while not self.ends.is_set():
            try:
                await asyncio.wait_for(transfer(), 60)
                self.done += 1
            except Exception as fault:  # whatever it is, it is what the test wants to know
                self.faults.append("%s: %r" % (transfer.__name__, fault))

    async def _connect(self, head):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(head)
        return reader, writer

    async def _download(self):
        reader, writer = await self._connect(b"GET /download HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(SLOW_STEPS * STEP_BYTES)
        writer.close()
        assert b" 200 " in head and set(body) == {ord("d")}, head

    async def _upload(self):
        size = SLOW_STEPS * STEP_BYTES
        reader, writer = await self._connect(b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(SLOW_STEPS):
            writer.write(b"u" * STEP_BYTES)
            await writer.drain()
            await asyncio.sleep(STEP_SECONDS)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(str(size)))
        writer.close()
        assert b" 200 " in head and int(body) == size, (head, body)

    async def _tunnel(self):
        try:
            reader, writer = await self._connect(b"GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 101 " in head, head
        except Exception as fault:
            self.faults.append("tunnel: %r" % fault)
            return
        self.open += 1
        while not self.ends.is_set():
            try:
                writer.write(b"word")
                if await asyncio.wait_for(reader.readexactly(4), 30) != b"word":
                    self.faults.append("tunnel: another word came back")
            except (OSError, asyncio.IncompleteReadError):
                self.tunnels_closed += 1
                break
            try:
                await asyncio.wait_for(self.ends.wait(), 0.5)
            except asyncio.TimeoutError:
                pass
        writer.close()
