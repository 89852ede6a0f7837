# SPDX-License-Identifier: MIT
"""HTTP/2 clients that go on asking and count each request that fails, as lib.load does for HTTP/1.1.

Each has some streams open all the time. It takes GOAWAY as RFC 9113 section 6.8 says: no new stream, what is open ends, then a
new connection. A stream above the last one that the GOAWAY names was not worked on and is asked again: `again` counts these.
"""
import time

from .clients import Clients
from .h2wire import REFUSED_STREAM, H2Client, ReceivedWrong
from .wait import SLOW

PATIENCE = 20.0 * SLOW


class H2Load(Clients):
    def __init__(self, *ports, clients=4, streams=8, tls=False, target="/", body=None, expected=b"hello world"):
        super().__init__(self._client, [(ports[i % len(ports)],) for i in range(clients)], PATIENCE)
        self.options = (streams, tls, target, body)
        self.expected = expected
        self.requests = self.connections = self.again = 0
        self.goaways = []  # of each connection that ended by GOAWAY: its list of (last stream, code)
        self.slowest = 0.0

    def _client(self, port):
        while not self.ends:
            try:
                with H2Client(port, tls=self.options[1], name="a.example", timeout=PATIENCE) as client:
                    self._talk(client)
            except (OSError, ReceivedWrong, AssertionError) as error:
                self.note("connection: %r" % error)
                time.sleep(0.05)

    def _talk(self, client):
        streams, _, target, body = self.options
        self.connections += 1
        running = {}
        while True:
            while len(running) < streams and not client.goaways and not self.ends and client.ended is None:
                running[client.request("GET" if body is None else "POST", target, body=body)] = time.monotonic()
            if not running:
                break
            if not client.pump(time.monotonic() + PATIENCE) and client.ended is None:
                self.note("no answer in %g s: %r" % (PATIENCE, [client.answer_of(s) for s in running]))
                break
            for stream in [s for s in running if client.answer_of(s).is_over or client.ended is not None]:
                self._judge(client, stream, time.monotonic() - running.pop(stream))
            if client.ended is not None:
                break
        if client.goaways:
            if client.end(PATIENCE) is None:
                self.note("not closed after GOAWAY and the last answer")
            self.goaways.append(list(client.goaways))
        elif client.ended is not None:
            self.note("closed without GOAWAY: %s" % client.ended)

    def _judge(self, client, stream, seconds):
        answer = client.answer_of(stream)
        self.slowest = max(self.slowest, seconds)
        if answer.ended and answer.status == 200 and (self.expected is None or answer.body == self.expected):
            self.requests += 1
        elif answer.status is None and (answer.reset == REFUSED_STREAM or (client.goaways and stream > client.goaways[-1][0])):
            self.again += 1
        else:
            self.note("%r, GOAWAY %r, connection %s" % (answer, client.goaways, client.ended))
