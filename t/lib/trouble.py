# SPDX-License-Identifier: MIT
"""A server that does wrong in every way, and clients who know what must come of each."""
import random
import time

from .client import RawClient, head
from .clients import Clients
from .server import RawServer, reply
from .wait import TIMEOUT
from .wire import Cut, ProtocolError

PATIENCE = 3 * TIMEOUT


class TroubleServer(RawServer):
    """Of what it has seen it keeps nothing: it runs for hours."""

    def __init__(self, stalls):
        self.stalls = stalls
        super().__init__(default=reply(200, b"well"), answers={"/" + name: answer for name, answer in self._ways().items()})

    def _ways(self):
        return {
            "reset": lambda c, _: c.reset(),
            "close": lambda c, _: c.close(),
            "garbage": b"not HTTP at all\r\n\r\n",
            "bad-field": b"HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
            "cut": lambda c, _: (c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nx"), c.close()) and None,
            "stall": lambda c, _: c.wait_end(10 * self.stalls) and None,
        }

    def _serve(self, connection):
        super()._serve(connection)
        self.connections.remove(connection)
        del self.requests[:], self.errors[:]


# Path of a request: status that must be seen, or Cut for an answer that ends too early.
EXPECTED = {"/reset": 502, "/close": 502, "/garbage": 502, "/bad-field": 502, "/cut": Cut, "/stall": 504, "/": 200}


class TroubleLoad(Clients):
    """Clients of /trouble/..., which also leave early, speak nonsense and send half a request."""

    def __init__(self, port, clients=2):
        super().__init__(self._client, [(random.Random(n),) for n in range(clients)], PATIENCE)
        self.port, self.asked = port, 0

    def _client(self, dice):
        while not self.ends:
            try:
                dice.choice((self._expects, self._expects, self._expects, self._leaves, self._speaks_nonsense))(dice)
                self.asked += 1
            except (OSError, Cut, ProtocolError, AssertionError) as error:
                self.note("trouble: %r" % error)
                time.sleep(0.05)

    def _expects(self, dice):
        target, expected = dice.choice(sorted(EXPECTED.items(), key=lambda item: item[0]))
        with RawClient(self.port, timeout=PATIENCE) as client:
            client.send(head(target=target, host="trouble.test"))
            if expected is Cut:
                assert client.rest().startswith(b"HTTP/1.1 200 ") and client.ended, "no answer that is cut"
                return
            got = client.response().status
            assert got == expected, "%s: %s instead of %s" % (target, got, expected)

    def _leaves(self, dice):
        with RawClient(self.port, timeout=PATIENCE) as client:
            client.send(head("POST", dice.choice(("/", "/stall")), [("Content-Length", "9999")], host="trouble.test") + b"part")
            if dice.random() < 0.5:
                client.reset()

    def _speaks_nonsense(self, _):
        with RawClient(self.port, timeout=PATIENCE) as client:
            client.send(b"NONSENSE\r\n\r\n")
            assert client.response().status == 400
